#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace titan::client {

// One TCP connection to a server, without delay of small writes (TCP_NODELAY). Never raises
// SIGPIPE. For one thread at a time.
class TcpConnection {
 public:
  struct Options {
    std::string host = {};  // a name or an address, without brackets
    std::uint16_t port = 0;
    std::chrono::milliseconds connect_timeout{};  // for each address of the host
    std::chrono::milliseconds io_timeout{};       // of each wait within a read or a write
  };
  // To the first of the host's addresses that answers. unavailable: the name has no address now,
  // nobody listens there, or the time is over.
  static Result<TcpConnection> open(const Options& options);

  [[nodiscard]] int socket() const { return socket_.get(); }
  // How much was read; 0 once the server has closed, -1 after a timeout or a fault.
  ssize_t read(char* bytes, std::size_t count) const;
  // How much was written, 1 at the least; -1 after a timeout or a fault.
  ssize_t write(const char* bytes, std::size_t count) const;
  // The connection is open, and nothing came that was not asked for. Does not wait.
  [[nodiscard]] bool is_quiet() const;

 private:
  TcpConnection(Descriptor socket, std::chrono::milliseconds io_timeout)
      : socket_(std::move(socket)), io_timeout_(io_timeout) {}
  Descriptor socket_;
  std::chrono::milliseconds io_timeout_;
};

}  // namespace titan::client
