#include "server-lite/front_door/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace titan::front_door {
namespace {

constexpr unsigned char kSessionContext[] = "titan-server";

// The oldest of OpenSSL's errors says most.
Error tls_error(const std::string& what) {
  std::string why = "no reason is known";
  if (const unsigned long code = ERR_get_error(); code != 0) {
    const char* reason = ERR_reason_error_string(code);
    if (reason != nullptr) why = reason;
  }
  ERR_clear_error();
  return invalid(what + ": " + why);
}

Result<void> check_readable(const std::string& file) {
  if (::access(file.c_str(), R_OK) == 0) return {};
  const std::string why = std::strerror(errno);
  return about(file, errno == ENOENT ? not_found(why) : denied(why));
}

}  // namespace

Result<TlsContext> TlsContext::open(const Files& files) {
  TITAN_TRY(check_readable(files.certificate));
  TITAN_TRY(check_readable(files.key));
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (context == nullptr) return exhausted("OpenSSL has no memory");
  SSL_CTX* const made = context.get();
  SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
  SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_id_context(made, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);  // tickets need no memory here
  if (SSL_CTX_set_cipher_list(made, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
    return tls_error("OpenSSL knows none of the cipher suites");
  }
  if (SSL_CTX_use_certificate_chain_file(made, files.certificate.c_str()) != 1) {
    return about(files.certificate, tls_error("it holds no certificate chain that can be used"));
  }
  if (SSL_CTX_use_PrivateKey_file(made, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return about(files.key, tls_error("it holds no key that belongs to the certificate"));
  }
  return TlsContext(std::move(context));
}

}  // namespace titan::front_door
