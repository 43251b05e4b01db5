#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gitops/git_channel.hpp"
#include "gitops/limits.hpp"
#include "gitops/pkt_line.hpp"
#include "gitops/remote.hpp"

namespace titan::gitops {

// A remote that speaks Git's own protocol, version 0 (gitprotocol-pack(5)), by SSH or smart HTTP.
// titan speaks it itself: libgit2 1.5 knows no time limits, no shallow histories, and verifies
// dates of certificates that a device without a clock cannot judge.
//
// A push names the commit that the branch has to be at; the other side moves it from there alone,
// under its own lock. For gitops/*.cpp alone.
class WireRemote final : public Remote {
 public:
  // What a remote may send and how long it may take for it.
  struct Limits {
    std::size_t bytes_max = kFetchBytesMax;
    std::chrono::milliseconds time_max = kConversationMax;
  };
  WireRemote(std::string name, std::unique_ptr<GitChannel> channel, const Limits& limits);

  Result<std::optional<git_oid>> tip() override;
  Result<git_oid> find(const std::string& ref) override;
  Result<std::vector<git_oid>> fetch(LocalHistory local, const Wanted& wanted) override;
  Result<void> push(LocalHistory local, const std::optional<git_oid>& expected,
                    const git_oid& target) override;
  Result<void> leave() override;

 private:
  Result<std::optional<git_oid>> read_tip();
  Result<git_oid> find_here(const std::string& ref);
  Result<std::vector<git_oid>> fetch_here(LocalHistory local, const Wanted& wanted);
  Result<void> push_here(LocalHistory local, const std::optional<git_oid>& expected,
                         const git_oid& target);

  std::string name_;  // the subject of errors, without credentials
  std::unique_ptr<GitChannel> channel_;
  Limits limits_;
  bool may_push_ = false;  // a conversation for it has been begun
  std::optional<git_oid> seen_;
};

}  // namespace titan::gitops
