#include "agent/prober.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>

#include "agent/limits.hpp"
#include "base/descriptor.hpp"
#include "base/text.hpp"
#include "client/http_transport.hpp"

namespace titan::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint32_t kStatusOkFirst = 200;
constexpr std::uint32_t kStatusOkLast = 299;

std::string seconds_text(seconds time) {
  return std::to_string(time.count()) + " s";
}

void add_output(const Outcome& outcome, OutputTail& output) {
  for (const std::string* text : {&outcome.output, &outcome.errors}) {
    output.add(*text);
    if (!text->empty() && !text->ends_with('\n')) output.add("\n");
  }
}

// The first line of what a program said.
std::string first_line(std::string_view text) {
  const std::string_view trimmed = trim(text);
  return clip(trimmed.substr(0, trimmed.find('\n')), kProbeLineBytesMax);
}

// "http://127.0.0.1:80/health?full" in the two parts that the transport takes.
struct ProbeUrl {
  std::string server = {};
  std::string target = {};
  std::string shown = {};  // without what may be a token
};

Result<ProbeUrl> parse_url(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) {
    return invalid("the URL " + quote(url.substr(0, url.find('?'))) +
                   " does not begin with http:// or https://");
  }
  const std::size_t path = std::min(url.find_first_of("/?#", scheme + 3), url.size());
  ProbeUrl parsed{.server = url.substr(0, path)};
  if (parsed.server.find('@') != std::string::npos) {
    return invalid("the URL of a health check names a user, which is not sent; leave it out");
  }
  const std::string rest = url.substr(path, url.find('#', path) - path);
  parsed.target = rest.starts_with('/') ? rest : "/" + rest;
  parsed.shown = parsed.server + rest.substr(0, rest.find('?'));
  return parsed;
}

bool is_wanted(std::uint32_t status, std::uint32_t wanted) {
  if (wanted != 0) return status == wanted;
  return status >= kStatusOkFirst && status <= kStatusOkLast;
}

std::string wanted_text(std::uint32_t wanted) {
  if (wanted != 0) return std::to_string(wanted);
  return std::to_string(kStatusOkFirst) + " to " + std::to_string(kStatusOkLast);
}

Result<void> probe_http(const model::HealthCheck& check, seconds timeout, OutputTail& output) {
  TITAN_ASSIGN(const ProbeUrl url, parse_url(check.url));
  TITAN_ASSIGN(const auto transport,
               client::HttpTransport::open(url.server, {.connect_timeout = timeout,
                                                        .read_timeout = timeout,
                                                        .answer_timeout = timeout,
                                                        .answer_bytes_max = kProbeAnswerBytesMax,
                                                        .check_validity_period = false,
                                                        .expected_peer = {}}));
  const auto response = transport->send({.method = "GET",
                                         .target = url.target,
                                         .headers = {{"Accept", "*/*"}, {"Connection", "close"}}});
  if (!response) {
    const ErrorCode code =
        response.error().code == ErrorCode::invalid ? ErrorCode::invalid : ErrorCode::unavailable;
    return Error{code, url.shown + ": " + response.error().message};
  }
  const auto status = static_cast<std::uint32_t>(response->status);
  if (is_wanted(status, check.status)) return {};
  output.add(response->body);
  return unavailable(url.shown + ": status " + std::to_string(status) + ", expected " +
                     wanted_text(check.status));
}

struct HostAndPort {
  std::string host = {};  // without brackets
  std::string port = {};
};

Result<HostAndPort> parse_address(const std::string& address) {
  const auto bad = [&] {
    return invalid(
        "the address " + quote(address) +
        " is not HOST:PORT, with an IPv6 address in brackets and a port from 1 to 65535");
  };
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return bad();
  HostAndPort parsed{.host = address.substr(0, colon), .port = address.substr(colon + 1)};
  const bool bracketed = parsed.host.starts_with('[') && parsed.host.ends_with(']');
  if (bracketed) parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
  const bool has_colon = parsed.host.find(':') != std::string::npos;
  if (parsed.host.empty() || has_colon != bracketed) return bad();
  if (parsed.host.find('\0') != std::string::npos) return bad();
  constexpr std::size_t kPortDigitsMax = 5;
  constexpr int kPortMax = 65535;
  const bool is_number = !parsed.port.empty() && parsed.port.size() <= kPortDigitsMax &&
                         parsed.port.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number) return bad();
  const int port = std::stoi(parsed.port);
  if (port == 0 || port > kPortMax) return bad();
  return parsed;
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> resolve(const HostAndPort& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int failure = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
  if (failure == EAI_NONAME) {
    hints.ai_flags = AI_NUMERICSERV;
    failure = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
  }
  if (failure != 0) {
    return unavailable("the name " + quote(address.host) +
                       " leads to no address: " + ::gai_strerror(failure));
  }
  return AddressList(found, &::freeaddrinfo);
}

int milliseconds_left(SteadyClock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now()).count();
  constexpr long long kLongest = 24LL * 3600 * 1000;
  return static_cast<int>(std::clamp<long long>(left, 0, kLongest));
}

// 0 when something accepted; else an errno value, ETIMEDOUT at the deadline.
int try_connect(const addrinfo& address, SteadyClock::time_point deadline) {
  const Descriptor connection(
      ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!connection.is_open()) return errno;
  if (::connect(connection.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  // An interrupted connect goes on by itself.
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  while (true) {
    pollfd watched{connection.get(), POLLOUT, 0};
    const int ready = ::poll(&watched, 1, milliseconds_left(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return errno;
    if (ready == 0) return ETIMEDOUT;
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(connection.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) return errno;
    return failure;
  }
}

std::string connect_failure(int failure) {
  switch (failure) {
    case ECONNREFUSED:
      return "connection refused";
    case ENETUNREACH:
      return "the network cannot be reached";
    case EHOSTUNREACH:
      return "the host cannot be reached";
    default:
      return system_error(failure, "connecting").message;
  }
}

Result<void> probe_tcp(const std::string& text, seconds timeout) {
  TITAN_ASSIGN(const HostAndPort address, parse_address(text));
  TITAN_ASSIGN(const AddressList addresses, resolve(address));
  const auto deadline = SteadyClock::now() + timeout;
  int failure = EADDRNOTAVAIL;
  for (const addrinfo* next = addresses.get(); next != nullptr; next = next->ai_next) {
    failure = try_connect(*next, deadline);
    if (failure == 0) return {};
    if (failure == ETIMEDOUT) break;
  }
  const std::string why =
      failure == ETIMEDOUT ? "no answer within " + seconds_text(timeout) : connect_failure(failure);
  return unavailable("nothing accepts connections at " + text + ": " + why);
}

}  // namespace

Result<void> SystemProber::probe_program(const model::HealthCheck& check, seconds timeout,
                                         const std::string& folder, OutputTail& output) {
  if (check.command.empty()) return invalid("the check names no program");
  const std::string& program = check.command.front();
  const auto outcome = processes_.run(
      {.arguments = check.command, .directory = folder, .timeout = milliseconds(timeout)});
  if (!outcome) {
    return Error{
        outcome.error().code == ErrorCode::invalid ? ErrorCode::invalid : ErrorCode::unavailable,
        outcome.error().text()};
  }
  if (!outcome->timed_out && outcome->exit_code == 0) return {};
  add_output(*outcome, output);
  if (outcome->timed_out) {
    return unavailable(program + " had not ended after " + seconds_text(timeout));
  }
  return unavailable(program + " ended with " + std::to_string(outcome->exit_code));
}

Result<void> SystemProber::probe_unit(const std::string& unit, seconds timeout,
                                      OutputTail& output) {
  const auto run = [&](std::vector<std::string> arguments) {
    return processes_.run({.arguments = std::move(arguments), .timeout = milliseconds(timeout)});
  };
  const auto asked = run({"systemctl", "is-active", "--", unit});
  if (!asked) return unavailable("systemctl cannot be asked: " + asked.error().text());
  if (asked->timed_out) {
    return unavailable("systemctl did not say within " + seconds_text(timeout) + " whether " +
                       unit + " is active");
  }
  if (asked->exit_code == 0) return {};
  const std::string state = first_line(asked->output);
  if (state.empty()) {
    add_output(*asked, output);
    const std::string said = first_line(asked->errors);
    return unavailable("systemctl does not say whether " + unit +
                       " is active: " + (said.empty() ? "it printed nothing" : said));
  }
  if (state == "failed") {
    const auto status = run({"systemctl", "status", "--no-pager", "--lines=20", "--", unit});
    if (status) add_output(*status, output);
  }
  return unavailable(unit + " is " + state + ", expected active");
}

Result<void> SystemProber::probe(const model::HealthCheck& check, seconds timeout,
                                 const std::string& folder, OutputTail& output) {
  switch (check.kind) {
    case model::HealthCheck::Kind::exec:
      return probe_program(check, timeout, folder, output);
    case model::HealthCheck::Kind::http:
      return probe_http(check, timeout, output);
    case model::HealthCheck::Kind::tcp:
      return probe_tcp(check.address, timeout);
    case model::HealthCheck::Kind::systemd:
      return probe_unit(check.unit, timeout, output);
  }
  return invalid("the check is of no kind that this agent knows");
}

}  // namespace titan::agent
