#include "server-lite/front_door/listen_address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/text.hpp"

namespace titan::front_door {
namespace {

constexpr int kUnsentInKernelMax = 128 << 10;  // of one connection
constexpr std::string_view kUnixPrefix = "unix:";
constexpr int kBacklog = 4096;  // the system's own limit is usually this
constexpr int kSocketFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

Error cannot_listen(const ListenAddress& address, const char* why) {
  return unavailable("cannot listen on " + address.text() + ": " + why);
}

Result<ListenAddress> parse_unix(std::string_view path) {
  constexpr std::size_t kPathMax = sizeof(sockaddr_un::sun_path) - 1;
  if (path.starts_with('/') && path.size() <= kPathMax) {
    return ListenAddress{.path = std::string(path)};
  }
  return invalid("the address " + quote("unix:" + std::string(path)) +
                 " is not unix: and an absolute path of at most " + std::to_string(kPathMax) +
                 " bytes, such as unix:/run/titan/server.sock");
}

sockaddr_un unix_name(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  return name;
}

const sockaddr* generic(const auto& name) {
  return reinterpret_cast<const sockaddr*>(&name);  // as the interface of sockets wants it
}

// A socket file that nobody listens at any more; connecting tells.
void remove_if_dead(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
  const Descriptor probe(::socket(AF_UNIX, kSocketFlags, 0));
  const sockaddr_un name = unix_name(path);
  if (::connect(probe.get(), generic(name), sizeof name) != 0 && errno == ECONNREFUSED) {
    ::unlink(path.c_str());
  }
}

Result<Listening> listen_on_unix(const ListenAddress& address) {
  remove_if_dead(address.path);
  Descriptor socket(::socket(AF_UNIX, kSocketFlags, 0));
  const sockaddr_un name = unix_name(address.path);
  if (!socket.is_open() || ::bind(socket.get(), generic(name), sizeof name) != 0 ||
      ::chmod(address.path.c_str(), 0660) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    return cannot_listen(address, std::strerror(errno));
  }
  return Listening{std::move(socket), address};
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> addresses_of(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  const int code = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found);
  if (code != 0) return cannot_listen(address, ::gai_strerror(code));
  return AddressList(found, &::freeaddrinfo);
}

Result<std::uint16_t> port_of(int socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return unavailable(std::strerror(errno));
  }
  const auto port = name.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(name).sin6_port
                                               : reinterpret_cast<sockaddr_in&>(name).sin_port;
  return ntohs(port);
}

// The connections that are accepted inherit the last two.
void prepare(int socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentInKernelMax,
               sizeof kUnsentInKernelMax);
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  if (text.starts_with(kUnixPrefix)) return parse_unix(text.substr(kUnixPrefix.size()));
  const auto refuse = [&](const std::string& why) {
    return invalid("the address " + quote(text) + " " + why + ", such as 127.0.0.1:7480");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return refuse("is not HOST:PORT");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string_view digits = text.substr(colon + 1);
  ListenAddress address{.host = std::string(host)};
  const char* end = digits.data() + digits.size();
  const auto [parsed, error] = std::from_chars(digits.data(), end, address.port);
  if (error != std::errc() || parsed != end) return refuse("has no port from 0 to 65535");
  return address;
}

std::string ListenAddress::text() const {
  if (is_unix()) return std::string(kUnixPrefix) + path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool ListenAddress::is_local() const {
  return is_unix() || is_loopback(host);
}

bool is_loopback(std::string_view host) {
  std::array<char, INET_ADDRSTRLEN> text{};
  if (host.size() < text.size()) host.copy(text.data(), host.size());
  in_addr v4{};
  if (inet_pton(AF_INET, text.data(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  return host == "::1" || host == "localhost";
}

Result<Listening> listen_on(const ListenAddress& address) {
  if (address.is_unix()) return listen_on_unix(address);
  TITAN_ASSIGN(const AddressList found, addresses_of(address));
  int failure = EADDRNOTAVAIL;
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    Descriptor socket(::socket(one->ai_family, kSocketFlags, 0));
    prepare(socket.get());
    if (socket.is_open() && ::bind(socket.get(), one->ai_addr, one->ai_addrlen) == 0 &&
        ::listen(socket.get(), kBacklog) == 0) {
      Listening listening{std::move(socket), address};
      TITAN_ASSIGN(listening.address.port, port_of(listening.socket.get()));
      return listening;
    }
    failure = errno;
  }
  return cannot_listen(address, std::strerror(failure));
}

}  // namespace titan::front_door
