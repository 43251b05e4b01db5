#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/descriptor.hpp"
#include "server-lite/front_door/tls.hpp"

using SSL = struct ssl_st;

namespace titan::front_door {

// A connected, non-blocking socket, plain or with TLS at the server's side. It shakes hands by
// itself with the first reads. Not thread-safe.
class Socket {
 public:
  enum class State {
    open,         // `bytes` were read or written, at least one
    wants_read,   // nothing can be done before the peer has sent more
    wants_write,  // nothing can be done before the peer has taken what was sent
    ended,        // the peer sends nothing more
    broken,       // the connection is of no use any more
  };
  struct Outcome {
    State state = State::open;
    std::size_t bytes = 0;
  };

  explicit Socket(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  // nullptr when OpenSSL has no memory.
  static std::unique_ptr<Socket> with_tls(Descriptor descriptor, const TlsContext& tls);

  [[nodiscard]] int number() const { return descriptor_.get(); }
  [[nodiscard]] bool is_encrypted() const { return tls_ != nullptr; }
  // Whether TLS was agreed upon; always, without TLS.
  [[nodiscard]] bool is_ready() const;
  // Whether bytes may lie here that the descriptor does not tell of.
  [[nodiscard]] bool may_hold_input() const { return tls_ != nullptr; }

  Outcome read(char* to, std::size_t bytes_max);
  Outcome write(std::string_view bytes);
  // With TLS, says that nothing more will be sent (RFC 8446, section 6.1): whoever closes after a
  // whole answer says so, lest the client takes it for cut off.
  void say_goodbye();
  // Says that nothing more will be sent.
  void end_output();

 private:
  Outcome tls_outcome(int returned);

  Descriptor descriptor_;
  std::unique_ptr<SSL, void (*)(SSL*)> tls_{nullptr, [](SSL*) {}};
};

}  // namespace titan::front_door
