#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "client/tls_trust.hpp"

using SSL = struct ssl_st;

namespace titan::client {

// One TLS session over a connected TCP socket, which it borrows and makes non-blocking. The server
// has proved that it is `host`, by the subjectAltName of its certificate (RFC 6125; a name in the
// subject, CN, does not count, "*" stands for one whole label at the front) or by an address there.
// Writing to a broken connection raises SIGPIPE. For one thread at a time.
class TlsConnection {
 public:
  struct Options {
    std::string host = {};                          // a name or an address, without brackets
    std::chrono::milliseconds handshake_timeout{};  // of the whole handshake
    std::chrono::milliseconds io_timeout{};         // of each wait within a read or a write
  };
  // denied: the certificate is not to be trusted, or not for this host. unavailable: no handshake
  // in time, the connection broke, or what answers speaks no TLS 1.2 or newer.
  static Result<std::unique_ptr<TlsConnection>> open(const TlsTrust& trust, int socket,
                                                     const Options& options);
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  // How much was read; 0 once the server has said goodbye, -1 after a timeout or a fault, which
  // includes an end without goodbye, as somebody may have cut it off.
  ssize_t read(char* bytes, std::size_t count);
  // How much was written, 1 at the least; -1 after a timeout or a fault.
  ssize_t write(const char* bytes, std::size_t count);
  // The connection is open, and nothing came that was not asked for. Does not wait.
  bool is_quiet();
  // Tells the server that nothing follows (close_notify).
  void say_goodbye();

 private:
  struct Free {
    void operator()(SSL* session) const;
  };
  TlsConnection(std::unique_ptr<SSL, Free> session, int socket, const Options& options);
  Result<void> handshake(const TlsTrust& trust);
  // Waits until the session can go on after `result`; false when it cannot.
  bool can_go_on(int result);

  std::unique_ptr<SSL, Free> session_;
  int socket_;
  Options options_;
};

}  // namespace titan::client
