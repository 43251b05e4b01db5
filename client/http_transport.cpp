#include "client/http_transport.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <ctime>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "client/answer_bounds.hpp"
#include "client/answer_parser.hpp"
#include "client/tcp_connection.hpp"
#include "client/tls_connection.hpp"
#include "client/tls_trust.hpp"

namespace titan::client {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

struct ServerAddress {
  bool is_https = false;
  std::string host = {};  // without the brackets of an IPv6 address
  std::uint16_t port = kHttpPort;
  std::string authority = {};  // as it stands in the URL: the Host header
};

Error bad_url(std::string_view url, std::string_view what) {
  return invalid("the server URL " + quote(url) + " " + std::string(what) +
                 "; expected http://HOST:PORT or https://HOST:PORT");
}

Result<std::uint16_t> parse_port(std::string_view url, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc{} || end != text.data() + text.size() || port == 0) {
    return bad_url(url, "has the port " + quote(text) + ", which is not 1 to 65535");
  }
  return port;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool is_address_character(char c) {
  return is_host_character(c) || c == ':' || c == '%';
}

Result<ServerAddress> parse_url(std::string_view url) {
  if (url.size() > kUrlBytesMax) return bad_url(url, "is too long");
  const bool is_https = url.starts_with(kHttps);
  if (!is_https && !url.starts_with(kHttp)) {
    return bad_url(url, "has no http:// or https:// in front");
  }
  std::string_view rest = url.substr(is_https ? kHttps.size() : kHttp.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);

  ServerAddress address{.is_https = is_https,
                        .port = is_https ? kHttpsPort : kHttpPort,
                        .authority = std::string(rest)};
  std::string_view port;
  bool plain = false;
  if (rest.starts_with('[')) {
    const std::size_t close = std::min(rest.find(']'), rest.size());
    address.host = rest.substr(1, close - 1);
    port = rest.substr(std::min(close + 1, rest.size()));
    plain = close < rest.size() && std::ranges::all_of(address.host, is_address_character);
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    address.host = rest.substr(0, colon);
    port = rest.substr(colon);
    plain = std::ranges::all_of(address.host, is_host_character);
  }
  if (address.host.empty() || !plain) return bad_url(url, "names no host that can be read");
  if (port.empty()) return address;
  if (!port.starts_with(':')) return bad_url(url, "has something after the host");
  TITAN_ASSIGN(address.port, parse_port(url, port.substr(1)));
  return address;
}

// A library must not let a broken connection end the program, nor change what the program does
// with signals elsewhere: SIGPIPE is held back on this thread, and taken away if it came.
class SigpipeHeld {
 public:
  SigpipeHeld() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeHeld() {
    const timespec now{};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeHeld(const SigpipeHeld&) = delete;
  SigpipeHeld& operator=(const SigpipeHeld&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// What goes over the wire as it is, where a line break would become a second request.
Result<void> check_sendable(const HttpRequest& request) {
  const auto unsafe_in_line = [](char c) { return is_control(c) || c == ' '; };
  if (!request.target.starts_with('/') || std::ranges::any_of(request.target, unsafe_in_line)) {
    return invalid("the request target " + quote(request.target) +
                   " is not a percent-encoded path");
  }
  for (const auto& [name, value] : request.headers) {
    if (std::ranges::any_of(name, unsafe_in_line) || std::ranges::any_of(value, is_control)) {
      return invalid("the request header " + quote(name) + " holds control characters");
    }
  }
  return {};
}

std::string milliseconds_text(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

// The request as it goes over the wire (RFC 9112). A method with a body says that it has none, too.
std::string text_of(const HttpRequest& request, const std::string& authority) {
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  add("Host", authority);
  for (const auto& [name, value] : request.headers) add(name, value);
  if (!request.headers.contains("Accept")) add("Accept", "*/*");
  if (!request.headers.contains("User-Agent")) add("User-Agent", "titan/" TITAN_VERSION);
  const bool may_have_body =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (may_have_body || !request.body.empty()) {
    add("Content-Length", std::to_string(request.body.size()));
  }
  return text.append("\r\n").append(request.body);
}

}  // namespace

// The way to one server; what is opened is kept for the next request.
struct HttpTransport::Connection {
  Connection(std::string url_, ServerAddress address_, const Options& options_)
      : url(std::move(url_)), address(std::move(address_)), options(options_) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<void> use_tls() {
    TITAN_ASSIGN(trust, TlsTrust::open({.ca_file = options.ca_file,
                                        .check_validity_period = options.check_validity_period}));
    return {};
  }

  Result<HttpResponse> send(const HttpRequest& request) {
    std::optional<SigpipeHeld> held;
    if (trust) held.emplace();  // what writes for TLS raises it
    if (tcp && !is_quiet()) close();
    TITAN_TRY(open());
    auto answer = exchange(request);
    if (!answer) close();
    return answer;
  }

  // With what is expected to listen there, when nothing does.
  [[nodiscard]] Error explained(Error error) const {
    if (error.message == "cannot connect" && !options.expected_peer.empty()) {
      error.message += "; is " + options.expected_peer + " running there?";
    }
    return error;
  }

  Result<void> open() {
    if (tcp) return {};
    auto connected = TcpConnection::open({.host = address.host,
                                          .port = address.port,
                                          .connect_timeout = options.connect_timeout,
                                          .io_timeout = options.read_timeout});
    if (!connected) return explained(connected.error());
    tcp = *std::move(connected);
    if (!trust) return {};
    auto opened = TlsConnection::open(*trust, tcp->socket(),
                                      {.host = address.host,
                                       .handshake_timeout = options.connect_timeout,
                                       .io_timeout = options.read_timeout});
    if (!opened) {
      tcp.reset();
      return opened.error();
    }
    tls = *std::move(opened);
    return {};
  }

  void close() {
    if (tls != nullptr) {
      const SigpipeHeld held;  // the goodbye is written
      tls->say_goodbye();
    }
    tls.reset();
    tcp.reset();
  }

  [[nodiscard]] bool is_quiet() const { return tls != nullptr ? tls->is_quiet() : tcp->is_quiet(); }
  ssize_t read(char* bytes, std::size_t count) const {
    return tls != nullptr ? tls->read(bytes, count) : tcp->read(bytes, count);
  }
  ssize_t write(const char* bytes, std::size_t count) const {
    return tls != nullptr ? tls->write(bytes, count) : tcp->write(bytes, count);
  }

  Result<HttpResponse> exchange(const HttpRequest& request) {
    const std::string text = text_of(request, address.authority);
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t put = write(text.data() + sent, text.size() - sent);
      if (put < 0) return unavailable("the connection broke while the request was sent");
      sent += static_cast<std::size_t>(put);
    }
    AnswerParser parser({.has_no_body = request.method == "HEAD",
                         .head_bytes_max = kHeadBytesMax,
                         .body_bytes_max = options.answer_bytes_max});
    TITAN_TRY(receive(parser));
    if (!parser.keeps_alive()) close();
    return parser.take();
  }

  [[nodiscard]] Error too_long() const {
    return exhausted("the answer is longer than " + std::to_string(options.answer_bytes_max) +
                     " bytes");
  }
  [[nodiscard]] Error out_of_bounds(const AnswerBounds& bounds) const {
    if (bounds.found() == AnswerBounds::Found::too_long) return too_long();
    if (bounds.found() == AnswerBounds::Found::too_slow) {
      return unavailable("the answer came with less than " +
                         std::to_string(options.answer_rate_min) + " bytes a second");
    }
    return unavailable("the answer did not come whole within " +
                       milliseconds_text(options.answer_timeout));
  }
  Result<void> receive(AnswerParser& parser) const {
    using State = AnswerParser::State;
    using Clock = AnswerBounds::Clock;
    AnswerBounds bounds({.time_max = options.answer_timeout,
                         .bytes_max = options.answer_bytes_max + kHeadBytesMax,
                         .rate_min = options.answer_rate_min,
                         .rate_grace = options.answer_rate_grace},
                        Clock::now());
    std::array<char, kReadBytes> bytes{};
    for (State state = State::more; state != State::done;) {
      if (!bounds.allow(Clock::now())) return out_of_bounds(bounds);
      const ssize_t got = read(bytes.data(), std::min(bytes.size(), bounds.bytes_left()));
      if (got > 0) bounds.note(static_cast<std::size_t>(got), Clock::now());
      if (got > 0) state = parser.feed({bytes.data(), static_cast<std::size_t>(got)});
      if (got == 0) state = parser.end();
      if (got < 0 || state == State::broken) {
        return unavailable("the connection broke, or no answer came within " +
                           milliseconds_text(options.read_timeout));
      }
      if (state == State::too_long) return too_long();
    }
    return {};
  }

  std::string url;
  ServerAddress address;
  Options options;
  std::optional<TlsTrust> trust;  // for https:// alone
  std::optional<TcpConnection> tcp;
  std::unique_ptr<TlsConnection> tls;  // over it; null with http://
};

HttpTransport::HttpTransport(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

HttpTransport::~HttpTransport() = default;

Result<std::unique_ptr<HttpTransport>> HttpTransport::open(std::string_view url,
                                                           const Options& options) {
  TITAN_ASSIGN(ServerAddress address, parse_url(url));
  if (!options.ca_file.empty() && !address.is_https) {
    return bad_url(url, "speaks no TLS, for which --ca-file names certificates");
  }
  const bool is_https = address.is_https;
  auto connection = std::make_unique<Connection>(std::string(url), std::move(address), options);
  if (is_https) TITAN_TRY(connection->use_tls());
  return std::unique_ptr<HttpTransport>(new HttpTransport(std::move(connection)));
}

Result<HttpResponse> HttpTransport::send(const HttpRequest& request) {
  TITAN_TRY(check_sendable(request));
  Result<HttpResponse> response = connection_->send(request);
  if (!response) response.error().subject = connection_->url;
  return response;
}

}  // namespace titan::client
