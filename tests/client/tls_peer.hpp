#pragma once

#include <memory>
#include <string>

#include "tests/support/certificates.hpp"

using SSL_CTX = struct ssl_ctx_st;
using SSL = struct ssl_st;

namespace titan::client {

// The server's side of one TLS connection, over a socket that it borrows. For the test's thread
// that plays the server; all of it waits, without a bound but for the client's end.
class TlsPeer {
 public:
  // The handshake. `version`: the only one that is spoken, TLS1_1_VERSION and so on; 0: any.
  TlsPeer(int socket, const testing::CertificateFiles& files, int version = 0);
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  [[nodiscard]] bool is_connected() const { return is_connected_; }
  // The name that the client asked for (SNI); "" when it named none.
  [[nodiscard]] std::string asked_name() const;
  // What came up to the end of the next head and the body that it announces; "" at the end.
  std::string read_request();
  void write(const std::string& bytes);
  void say_goodbye();

 private:
  bool read_more();

  std::shared_ptr<SSL_CTX> context_;  // with their own way to be freed
  std::shared_ptr<SSL> session_;
  bool is_connected_ = false;
  std::string buffer_;
};

}  // namespace titan::client
