#include "gitops/tcp_socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

namespace titan::gitops {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<Addresses> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) return unavailable("the host cannot be found: " + std::string(gai_strerror(code)));
  return Addresses(found, &::freeaddrinfo);
}

Result<Descriptor> connect_one(const addrinfo& address, SteadyClock::time_point deadline) {
  Descriptor socket(
      ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!socket.is_open()) return system_error(errno, "making a socket");
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int begun = ::connect(socket.get(), address.ai_addr, address.ai_addrlen);
  if (begun == 0) return socket;
  if (errno != EINPROGRESS) return unavailable("cannot connect");
  TITAN_ASSIGN(const bool ready, wait_for_socket(socket.get(), false, true, deadline));
  if (!ready) return unavailable("cannot connect in time");
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure != 0) return unavailable("cannot connect");
  return socket;
}

}  // namespace

Result<Descriptor> connect_to(const std::string& host, std::uint16_t port,
                              SteadyClock::time_point deadline) {
  TITAN_ASSIGN(const Addresses addresses, look_up(host, port));
  Result<Descriptor> made = unavailable("the host has no address");
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    made = connect_one(*one, deadline);
    if (made) return made;
  }
  return made;
}

Result<bool> wait_for_socket(int socket, bool for_reading, bool for_writing,
                             SteadyClock::time_point deadline) {
  pollfd waiting{.fd = socket, .events = 0, .revents = 0};
  if (for_reading) waiting.events |= POLLIN;
  if (for_writing) waiting.events |= POLLOUT;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return system_error(errno, "waiting for a socket");
  }
}

}  // namespace titan::gitops
