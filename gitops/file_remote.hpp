#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "gitops/git_handles.hpp"

namespace titan::gitops {

// A bare repository on this machine's file system that others push to as well: titan's and plain
// Git's users. For gitops/*.cpp alone.
//
// libgit2's own push to a path is not used: it reads the branch, and later overwrites it. Here
// the branch moves by compare-and-swap under Git's lock of the reference. A push that dies leaves
// half an object, or the lock file, in a repository that is not titan's own: the one would lie
// there for ever, the other stop everyone. So a mark is set before and taken away after:
// "titan.pushing", under the kernel's lock of "titan.lock". Who finds the mark under that lock
// knows that a titan died, and removes what it left; without the mark they are another program's,
// and left alone.
class FileRemote {
 public:
  // unavailable: there is no repository now. invalid: no file remote, or not bare.
  static Result<FileRemote> open(const std::string& remote);

  // The commit its `main` is at; nullopt when it has none.
  [[nodiscard]] Result<std::optional<git_oid>> tip() const;
  // Copies `tip` and its history into `local`.
  Result<void> fetch(git_repository* local, const git_oid& tip) const;
  // Copies `target` and its history from `local`, then moves `main` from `expected` to it.
  // conflict when it is elsewhere, or another push is under way.
  Result<void> push(git_repository* local, const std::optional<git_oid>& expected,
                    const git_oid& target);
  // For who has nothing to push: removes what a push that died has left, the mark as well. Done
  // when there is none, or somebody pushes now, who does it.
  Result<void> clear_dead_push();

 private:
  FileRemote(std::string name, std::unique_ptr<FileSystem> files, GitRepository repository);

  Result<void> push_marked(git_repository* local, const std::optional<git_oid>& expected,
                           const git_oid& target);

  std::string name_;                   // the subject of errors, without credentials
  std::unique_ptr<FileSystem> files_;  // the repository's folder
  GitRepository repository_;
};

}  // namespace titan::gitops
