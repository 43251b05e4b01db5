#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "gitops/git_channel.hpp"
#include "gitops/remote_address.hpp"
#include "gitops/remote_options.hpp"

namespace titan::gitops {

// One command on another machine by SSH, with libssh2. The server's key is looked up in the
// known_hosts file before anything is proven to it or sent, always; which kinds of key the server
// is asked for follows from the file. The user proves who it is by its key, and by nothing else.
//
// Every wait is bounded: by kConnectTimeout, and by silence_max and conversation_max of the
// options.
class SshSession {
 public:
  // Connects, verifies, logs in, and runs `command`, which the other side's shell reads.
  // unavailable: no connection, or it broke. denied: the server's key is not known, another or
  // revoked (the message has its fingerprint and the file); the user is not let in; the key file is
  // readable by others. not_found: the key file or known_hosts is not there. invalid: the server
  // speaks no SSH that can be used.
  static Result<std::unique_ptr<SshSession>> run(const RemoteAddress& address,
                                                 const RemoteOptions& options,
                                                 const std::string& command);
  ~SshSession();
  SshSession(const SshSession&) = delete;
  SshSession& operator=(const SshSession&) = delete;

  // Sends all of it. unavailable: the connection broke, or nothing moved for too long.
  Result<void> write(std::string_view bytes);
  // That nothing more will be sent.
  Result<void> end_writing();
  // What comes next; empty at the end. unavailable likewise.
  Result<std::string> read();
  // What the other side wrote for people, and how the command ended; "" when it said nothing.
  [[nodiscard]] std::string complaint();

 private:
  struct State;
  explicit SshSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace titan::gitops
