#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

using SSL_CTX = struct ssl_ctx_st;

namespace titan::front_door {

// The server's side of TLS 1.2 and 1.3: certificate, key, and what is agreed to. Sessions can be
// resumed by tickets. Safe to share between threads.
class TlsContext {
 public:
  struct Files {
    std::string certificate = {};  // PEM: the server's own first, then those up to the root
    std::string key = {};          // PEM
  };
  // invalid: a file holds no usable certificate or key, or they do not belong together; not_found
  // and denied: a file cannot be read. The subject is the file.
  static Result<TlsContext> open(const Files& files);

  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }

 private:
  explicit TlsContext(std::shared_ptr<SSL_CTX> context) : context_(std::move(context)) {}
  std::shared_ptr<SSL_CTX> context_;  // OpenSSL counts its users
};

}  // namespace titan::front_door
