#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "bench/load_options.hpp"
#include "server-lite/front_door/listen_address.hpp"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;
using SSL_SESSION = struct ssl_session_st;

namespace titan::bench {

// The client's side of TLS: one version, and the session that the server gave last, if sessions
// are to be resumed. Certificates are not looked at. For one thread.
class LoadTls {
 public:
  enum class Version { tls1_2, tls1_3 };
  struct Options {
    Version version = Version::tls1_3;
    bool resumes = false;
  };
  explicit LoadTls(const Options& options);
  // "--tls 1.2" or "--tls 1.3", and "--resume"; null without the first. invalid: another version.
  static Result<std::unique_ptr<LoadTls>> from(const LoadOptions& options);
  ~LoadTls();
  LoadTls(const LoadTls&) = delete;
  LoadTls& operator=(const LoadTls&) = delete;

  // A new connection over the socket. null: no memory.
  SSL* connect(int socket);

 private:
  static int keep(SSL* from, SSL_SESSION* session);

  bool resumes_;
  SSL_CTX* context_;
  SSL_SESSION* session_ = nullptr;
};

// A client's connection that never blocks, plain or with TLS. It is reset when it is closed, so
// that no port stays taken. For one thread.
class LoadSocket {
 public:
  enum class State { open, blocked, ended, broken };
  struct Outcome {
    State state = State::broken;
    std::size_t bytes = 0;
  };
  struct Options {
    LoadTls* tls = nullptr;  // none: plain
    int receive_buffer = 0;  // bytes of SO_RCVBUF; 0: as the kernel likes
    const char* from = "";   // our address; empty: any
  };

  // Begins to connect. unavailable: it cannot even begin.
  static Result<std::unique_ptr<LoadSocket>> connect(const front_door::ListenAddress& to,
                                                     const Options& options);
  ~LoadSocket();
  LoadSocket(const LoadSocket&) = delete;
  LoadSocket& operator=(const LoadSocket&) = delete;

  // `open` with the bytes that went; `blocked` also while it connects.
  Outcome write(std::string_view bytes);
  Outcome read(char* to, std::size_t bytes_max);
  [[nodiscard]] int number() const { return descriptor_.get(); }
  // By TLS, once something was read.
  [[nodiscard]] bool was_resumed() const;

 private:
  explicit LoadSocket(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  [[nodiscard]] Outcome tls_outcome(int returned) const;

  Descriptor descriptor_;
  SSL* tls_ = nullptr;
};

}  // namespace titan::bench
