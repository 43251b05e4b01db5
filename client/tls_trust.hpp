#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

using SSL_CTX = struct ssl_ctx_st;

namespace titan::client {

// Which servers a client of TLS believes: TLS 1.2 or 1.3, and a certificate that one of the trusted
// certificates has signed (RFC 5280), or that is one of them itself. There is no way to go without.
// Safe to share between threads.
class TlsTrust {
 public:
  struct Options {
    // PEM: exactly its certificates are trusted. Empty: those of the system, which are OpenSSL's
    // (SSL_CERT_FILE, SSL_CERT_DIR, or where it was built to look), else Debian's
    // /etc/ssl/certs/ca-certificates.crt.
    std::string ca_file = {};
    bool check_validity_period = true;  // see HttpTransport::Options
  };
  // invalid, with the file as subject: it cannot be read, is longer than kCaFileBytesMax, or holds
  // no certificate or a damaged one.
  static Result<TlsTrust> open(const Options& options);

  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };
  using Context = std::unique_ptr<SSL_CTX, Free>;
  TlsTrust(Context context, std::string ca_file);

  Context context_;
  std::string ca_file_;
};

}  // namespace titan::client
