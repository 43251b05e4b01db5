#include "client/tcp_connection.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace titan::client {
namespace {

using std::chrono::milliseconds;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> addresses_of(const TcpConnection::Options& options) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(options.port);
  const int failure = ::getaddrinfo(options.host.c_str(), port.c_str(), &hints, &found);
  if (failure == 0) return Addresses(found);
  return unavailable("the name " + quote(options.host) +
                     " has no address: " + ::gai_strerror(failure));
}

// False when the time is over before the socket is ready.
bool wait_for(int socket, short events, milliseconds timeout) {
  const SystemClock clock;
  const auto deadline = clock.monotonic() + timeout;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.monotonic());
    if (left <= milliseconds(0)) return false;
    pollfd entry{.fd = socket, .events = events, .revents = 0};
    const auto bounded = std::min<milliseconds::rep>(left.count(), 1'000'000'000);
    const int ready = ::poll(&entry, 1, static_cast<int>(bounded));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Result<Descriptor> connect_to(const addrinfo& address, milliseconds timeout) {
  Descriptor socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                             address.ai_protocol));
  if (!socket.is_open()) return system_error(errno, "making a socket");
  const int on = 1;
  (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno == EINPROGRESS || errno == EINTR) {
    if (!wait_for(socket.get(), POLLOUT, timeout)) {
      return unavailable("no connection within " + std::to_string(timeout.count()) + " ms");
    }
    int failure = 0;
    socklen_t bytes = sizeof failure;
    (void)::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &bytes);
    if (failure == 0) return socket;
  }
  return unavailable("cannot connect");
}

bool may_come_later(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Result<TcpConnection> TcpConnection::open(const Options& options) {
  TITAN_ASSIGN(const Addresses addresses, addresses_of(options));
  Error last = unavailable("the host has no address");
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    auto socket = connect_to(*address, options.connect_timeout);
    if (socket) return TcpConnection(*std::move(socket), options.io_timeout);
    last = socket.error();
  }
  return last;
}

ssize_t TcpConnection::read(char* bytes, std::size_t count) const {
  while (true) {
    const ssize_t got = ::recv(socket_.get(), bytes, count, 0);
    if (got >= 0) return got;
    if (!may_come_later(errno) || !wait_for(socket_.get(), POLLIN, io_timeout_)) return -1;
  }
}

ssize_t TcpConnection::write(const char* bytes, std::size_t count) const {
  while (true) {
    const ssize_t put = ::send(socket_.get(), bytes, count, MSG_NOSIGNAL);
    if (put > 0) return put;
    if (!may_come_later(errno) || !wait_for(socket_.get(), POLLOUT, io_timeout_)) return -1;
  }
}

bool TcpConnection::is_quiet() const {
  char byte = 0;
  const ssize_t got = ::recv(socket_.get(), &byte, 1, MSG_PEEK);
  return got < 0 && may_come_later(errno);
}

}  // namespace titan::client
