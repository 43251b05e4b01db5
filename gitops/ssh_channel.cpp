#include <utility>

#include "gitops/git_channel.hpp"
#include "gitops/limits.hpp"
#include "gitops/pkt_line.hpp"
#include "gitops/ssh_session.hpp"

namespace titan::gitops {
namespace {

// One word for the other side's shell, which Git's own server takes apart likewise.
std::string shell_word(std::string_view path) {
  std::string made = "'";
  for (const char c : path) {
    if (c == '\'' || c == '!') {
      made.append("'\\").append(1, c).append("'");
    } else {
      made += c;
    }
  }
  return made + "'";
}

class SshChannel final : public GitChannel {
 public:
  SshChannel(RemoteAddress address, const RemoteOptions& options)
      : address_(std::move(address)), options_(options) {}

  Result<std::string> begin(GitService service) override {
    leave();
    const std::string command = std::string(name_of(service)) + " " + shell_word(address_.path);
    TITAN_ASSIGN(session_, SshSession::run(address_, options_, command));
    std::string all;
    bool ended = false;
    PacketReader packets([&](std::optional<std::string_view> content) -> Result<void> {
      ended = ended || !content;
      return {};
    });
    while (!ended) {
      TITAN_ASSIGN(const std::string bytes, session_->read());
      if (bytes.empty()) return went_away();
      TITAN_TRY(packets.feed(bytes));
      all += bytes;
      if (all.size() > kAdvertisementBytesMax) {
        return too_many_references();
      }
    }
    return all;
  }

  Result<void> finish(std::string_view request, const Sink& answer) override {
    TITAN_TRY(session_->write(request));
    TITAN_TRY(session_->end_writing());
    std::size_t received = 0;
    for (;;) {
      TITAN_ASSIGN(const std::string bytes, session_->read());
      if (bytes.empty()) break;
      received += bytes.size();
      if (received > options_.answer_bytes_max) return too_many_bytes(options_.answer_bytes_max);
      TITAN_TRY(answer(bytes));
    }
    session_.reset();
    return {};
  }

  void leave() override {
    if (session_ == nullptr) return;
    // A courtesy: the other side ends without complaining in its log.
    if (session_->write(kFlushPacket)) static_cast<void>(session_->end_writing());
    session_.reset();
  }

 private:
  [[nodiscard]] Error went_away() const {
    const std::string said = session_->complaint();
    return unavailable("no repository answers there" + (said.empty() ? said : ": " + said));
  }

  RemoteAddress address_;
  RemoteOptions options_;
  std::unique_ptr<SshSession> session_;
};

}  // namespace

std::unique_ptr<GitChannel> open_ssh_channel(const RemoteAddress& address,
                                             const RemoteOptions& options) {
  return std::make_unique<SshChannel>(address, options);
}

}  // namespace titan::gitops
