#include "bench/load_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>

namespace titan::bench {
namespace {

LoadSocket::Outcome plain_outcome(ssize_t returned) {
  using State = LoadSocket::State;
  if (returned > 0) return {State::open, static_cast<std::size_t>(returned)};
  if (returned == 0) return {State::ended};
  return {errno == EAGAIN || errno == EINTR ? State::blocked : State::broken};
}

sockaddr_in name_of(const char* host, std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  inet_pton(AF_INET, host, &name.sin_addr);
  return name;
}

}  // namespace

LoadTls::LoadTls(const Options& options)
    : resumes_(options.resumes), context_(SSL_CTX_new(TLS_client_method())) {
  const int version = options.version == Version::tls1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
  SSL_CTX_set_min_proto_version(context_, version);
  SSL_CTX_set_max_proto_version(context_, version);
  SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context_,
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_set_app_data(context_, this);
  if (resumes_) SSL_CTX_sess_set_new_cb(context_, &LoadTls::keep);
}

Result<std::unique_ptr<LoadTls>> LoadTls::from(const LoadOptions& options) {
  const bool resumes = options.flag("resume");
  const std::string version = options.text("tls", "none");
  if (version == "none") return std::unique_ptr<LoadTls>();
  if (version != "1.2" && version != "1.3") return invalid("--tls: expected 1.2 or 1.3");
  return std::make_unique<LoadTls>(
      Options{.version = version == "1.2" ? Version::tls1_2 : Version::tls1_3, .resumes = resumes});
}

LoadTls::~LoadTls() {
  SSL_SESSION_free(session_);
  SSL_CTX_free(context_);
}

int LoadTls::keep(SSL* from, SSL_SESSION* session) {
  auto& self = *static_cast<LoadTls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(from)));
  SSL_SESSION_free(self.session_);
  self.session_ = session;
  return 1;
}

SSL* LoadTls::connect(int socket) {
  SSL* const made = SSL_new(context_);
  if (made == nullptr) return nullptr;
  SSL_set_fd(made, socket);
  SSL_set_connect_state(made);
  if (session_ != nullptr) SSL_set_session(made, session_);
  return made;
}

Result<std::unique_ptr<LoadSocket>> LoadSocket::connect(const front_door::ListenAddress& to,
                                                        const Options& options) {
  Descriptor descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int socket = descriptor.get();
  const int yes = 1;
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  if (options.receive_buffer > 0) {
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int));
  }
  if (options.from[0] != '\0') {
    const sockaddr_in own = name_of(options.from, 0);
    ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    static_cast<void>(::bind(socket, reinterpret_cast<const sockaddr*>(&own), sizeof own));
  }
  const sockaddr_in name = name_of(to.host.c_str(), to.port);
  const int begun = ::connect(socket, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  if (begun != 0 && errno != EINPROGRESS) return unavailable(std::strerror(errno));
  std::unique_ptr<LoadSocket> made(new LoadSocket(std::move(descriptor)));
  if (options.tls == nullptr) return made;
  made->tls_ = options.tls->connect(socket);
  if (made->tls_ == nullptr) return exhausted("OpenSSL has no memory");
  return made;
}

LoadSocket::~LoadSocket() {
  if (tls_ == nullptr) return;
  // A session whose connection just ended could not be resumed.
  SSL_set_shutdown(tls_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(tls_);
}

LoadSocket::Outcome LoadSocket::write(std::string_view bytes) {
  if (tls_ == nullptr) {
    return plain_outcome(::send(number(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  ERR_clear_error();
  return tls_outcome(SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())));
}

LoadSocket::Outcome LoadSocket::read(char* to, std::size_t bytes_max) {
  if (tls_ == nullptr) return plain_outcome(::recv(number(), to, bytes_max, 0));
  ERR_clear_error();
  return tls_outcome(
      SSL_read(tls_, to, static_cast<int>(std::min<std::size_t>(bytes_max, INT_MAX))));
}

bool LoadSocket::was_resumed() const {
  return tls_ != nullptr && SSL_session_reused(tls_) == 1;
}

LoadSocket::Outcome LoadSocket::tls_outcome(int returned) const {
  if (returned > 0) return {State::open, static_cast<std::size_t>(returned)};
  switch (SSL_get_error(tls_, returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {State::blocked};
    case SSL_ERROR_ZERO_RETURN:
      return {State::ended};
    default:
      return {State::broken};
  }
}

}  // namespace titan::bench
