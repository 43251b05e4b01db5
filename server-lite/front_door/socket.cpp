#include "server-lite/front_door/socket.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>

namespace titan::front_door {
namespace {

Socket::Outcome plain_outcome(ssize_t returned, Socket::State when_full) {
  if (returned > 0) return {Socket::State::open, static_cast<std::size_t>(returned)};
  if (returned == 0) return {Socket::State::ended};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {when_full};
  return {Socket::State::broken};
}

}  // namespace

std::unique_ptr<Socket> Socket::with_tls(Descriptor descriptor, const TlsContext& tls) {
  auto socket = std::make_unique<Socket>(std::move(descriptor));
  socket->tls_ = {SSL_new(tls.get()), &SSL_free};
  if (socket->tls_ == nullptr || SSL_set_fd(socket->tls_.get(), socket->number()) != 1) {
    return nullptr;
  }
  SSL_set_accept_state(socket->tls_.get());
  return socket;
}

bool Socket::is_ready() const {
  return tls_ == nullptr || SSL_is_init_finished(tls_.get()) == 1;
}

Socket::Outcome Socket::read(char* to, std::size_t bytes_max) {
  if (tls_ == nullptr) {
    const auto got = retry_interrupted([&] { return ::recv(number(), to, bytes_max, 0); });
    return plain_outcome(got, State::wants_read);
  }
  ERR_clear_error();
  return tls_outcome(
      SSL_read(tls_.get(), to, static_cast<int>(std::min<std::size_t>(bytes_max, INT_MAX))));
}

Socket::Outcome Socket::write(std::string_view bytes) {
  if (tls_ == nullptr) {
    const auto sent = retry_interrupted(
        [&] { return ::send(number(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    return plain_outcome(sent, State::wants_write);
  }
  ERR_clear_error();
  return tls_outcome(SSL_write(tls_.get(), bytes.data(),
                               static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX))));
}

void Socket::say_goodbye() {
  if (tls_ == nullptr) return;
  ERR_clear_error();
  SSL_shutdown(tls_.get());
}

void Socket::end_output() {
  say_goodbye();
  ::shutdown(number(), SHUT_WR);
}

Socket::Outcome Socket::tls_outcome(int returned) {
  if (returned > 0) return {State::open, static_cast<std::size_t>(returned)};
  switch (SSL_get_error(tls_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {State::wants_read};
    case SSL_ERROR_WANT_WRITE:
      return {State::wants_write};
    case SSL_ERROR_ZERO_RETURN:
      return {State::ended};
    default:
      return {State::broken};
  }
}

}  // namespace titan::front_door
