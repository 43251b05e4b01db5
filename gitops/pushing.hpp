#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "base/signing.hpp"
#include "gitops/history.hpp"
#include "gitops/remote.hpp"

namespace titan::gitops {

// The last commit that this remote is known to have had; nullopt when it had none from here.
Result<std::optional<git_oid>> known_tip(git_repository* repository, const std::string& remote);

// One push of titan's own repository, as Repository::push() says: reads the remote, comes on top of
// it, and moves its branch; again when that was too late. For gitops/*.cpp alone.
// REQUIRES: lock_repository() is held, and the branch has a commit.
class Pushing {
 public:
  struct How {
    std::string remote;
    RemoteOptions access = {};
    const SigningKey* signer = nullptr;
    std::size_t depth = 0;  // of what is fetched for the first time
    bool stop_on_rewrite = false;
  };
  struct Done {
    git_oid tip;
    bool was_rewritten = false;
  };

  // Borrows all three; `boundary` grows when a history is fetched that ends early.
  Pushing(git_repository* repository, FileSystem& files, Boundary& boundary, How how)
      : repository_(repository), files_(files), boundary_(boundary), how_(std::move(how)) {}

  Result<Done> run();

 private:
  [[nodiscard]] LocalHistory history() const { return {repository_, boundary_}; }
  // False when somebody else was quicker.
  Result<bool> attempt(Remote& remote);
  Result<void> fetch(Remote& remote, const git_oid& theirs, const git_oid& local);
  Result<git_oid> bring_on_top(const std::optional<git_oid>& theirs, const git_oid& local);
  Result<git_oid> write_anew(const git_oid& local, const std::optional<git_oid>& onto);
  Result<void> note_rewrite(const std::optional<git_oid>& theirs);

  git_repository* repository_;
  FileSystem& files_;
  Boundary& boundary_;
  How how_;
  std::optional<git_oid> pushed_ = {};  // what the remote has had
  Done done_ = {};
};

}  // namespace titan::gitops
