#include "client/tls_trust.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

#include "client/limits.hpp"

namespace titan::client {
namespace {

constexpr const char* kDebianBundle = "/etc/ssl/certs/ca-certificates.crt";

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeTrusted {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

Error bad_file(const std::string& file, const std::string& what) {
  Error error = invalid(what + "; --ca-file wants certificates in PEM form");
  error.subject = file;
  return error;
}

Result<std::string> read_file(const std::string& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text(kCaFileBytesMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) {
    return bad_file(file, "cannot be read: " + std::string(std::strerror(errno)));
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kCaFileBytesMax) {
    return bad_file(file, "is longer than " + std::to_string(kCaFileBytesMax) + " bytes");
  }
  return text;
}

Result<void> trust_file(X509_STORE* store, const std::string& file) {
  TITAN_ASSIGN(const std::string text, read_file(file));
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::size_t count = 0;
  while (bio != nullptr) {
    const std::unique_ptr<X509, FreeTrusted> certificate(
        PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    if (X509_STORE_add_cert(store, certificate.get()) != 1) break;
    ++count;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return bad_file(file, "its certificate number " + std::to_string(count + 1) + " is damaged");
  }
  if (count == 0) return bad_file(file, "holds no certificate");
  return {};
}

// OpenSSL's folders belong to a package that a small system may lack, while it has the bundle.
void trust_system(SSL_CTX* context) {
  SSL_CTX_set_default_verify_paths(context);
  const bool is_told = std::getenv(X509_get_default_cert_file_env()) != nullptr ||
                       std::getenv(X509_get_default_cert_dir_env()) != nullptr;
  const bool has_defaults = ::access(X509_get_default_cert_file(), R_OK) == 0 ||
                            ::access(X509_get_default_cert_dir(), R_OK) == 0;
  if (!is_told && !has_defaults) SSL_CTX_load_verify_file(context, kDebianBundle);
  ERR_clear_error();
}

}  // namespace

void TlsTrust::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

TlsTrust::TlsTrust(Context context, std::string ca_file)
    : context_(std::move(context)), ca_file_(std::move(ca_file)) {}

Result<TlsTrust> TlsTrust::open(const Options& options) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return exhausted("OpenSSL has no memory");
  SSL_CTX* const made = context.get();
  SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
  SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(made, SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* const rules = SSL_CTX_get0_param(made);
  if (!options.check_validity_period) {
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME);
  }
  if (options.ca_file.empty()) {
    trust_system(made);
  } else {
    // Whatever stands in the file is trusted, also what is no root.
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    TITAN_TRY(trust_file(SSL_CTX_get_cert_store(made), options.ca_file));
  }
  return TlsTrust(std::move(context), options.ca_file);
}

}  // namespace titan::client
