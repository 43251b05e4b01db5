#include "tests/client/tls_peer.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>

#include <array>

namespace titan::client {
namespace {

// The client may close while this writes; every peer has a thread of its own.
void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

std::size_t body_bytes(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

}  // namespace

TlsPeer::TlsPeer(int socket, const testing::CertificateFiles& files, int version)
    : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
  block_sigpipe();
  if (version != 0) {
    SSL_CTX_set_security_level(context_.get(), 0);  // or there is no TLS 1.1
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
  }
  SSL_CTX_use_certificate_chain_file(context_.get(), files.certificate.c_str());
  SSL_CTX_use_PrivateKey_file(context_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
  session_ = std::shared_ptr<SSL>(SSL_new(context_.get()), &SSL_free);
  SSL_set_fd(session_.get(), socket);
  is_connected_ = SSL_accept(session_.get()) == 1;
  ERR_clear_error();
}

TlsPeer::~TlsPeer() = default;

std::string TlsPeer::asked_name() const {
  const char* const name = SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

bool TlsPeer::read_more() {
  std::array<char, 16384> part{};
  const int got = SSL_read(session_.get(), part.data(), part.size());
  if (got > 0) buffer_.append(part.data(), static_cast<std::size_t>(got));
  ERR_clear_error();
  return got > 0;
}

std::string TlsPeer::read_request() {
  std::size_t head = 0;
  while ((head = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return {};
  }
  const std::size_t end = head + 4 + body_bytes(buffer_.substr(0, head));
  while (buffer_.size() < end && read_more()) {
  }
  std::string request = buffer_.substr(0, end);
  buffer_.erase(0, end);
  return request;
}

void TlsPeer::write(const std::string& bytes) {
  SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
  ERR_clear_error();
}

void TlsPeer::say_goodbye() {
  SSL_shutdown(session_.get());
  ERR_clear_error();
}

}  // namespace titan::client
