#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "gitops/remote_address.hpp"
#include "gitops/remote_options.hpp"

namespace titan::gitops {

// The programs at the other end of a remote: git-upload-pack(1) and git-receive-pack(1).
enum class GitService { upload_pack, receive_pack };
std::string_view name_of(GitService service);

// A way to the two programs of one remote, one conversation at a time. All that it does is bounded
// in time and in bytes (limits.hpp). Errors as those of Remote, without a subject.
class GitChannel {
 public:
  using Sink = std::function<Result<void>(std::string_view bytes)>;
  virtual ~GitChannel() = default;

  // Begins a conversation, and returns what the repository says of itself: packets with the flush
  // at their end. A conversation that was begun before is over.
  virtual Result<std::string> begin(GitService service) = 0;
  // Sends what ends the conversation that was begun, and passes the answer on, in pieces.
  virtual Result<void> finish(std::string_view request, const Sink& answer) = 0;
  // Ends a conversation in which there is nothing to ask.
  virtual void leave() = 0;
};

// Smart HTTP (gitprotocol-http(5)). invalid: `options` has no way to web servers, or the address is
// http:// on another machine without leave.
Result<std::unique_ptr<GitChannel>> open_http_channel(const RemoteAddress& address,
                                                      const RemoteOptions& options);
// SSH. Connects to nothing yet.
std::unique_ptr<GitChannel> open_ssh_channel(const RemoteAddress& address,
                                             const RemoteOptions& options);

}  // namespace titan::gitops
