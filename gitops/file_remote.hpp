#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_system.hpp"
#include "gitops/remote.hpp"

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
class FileRemote final : public Remote {
 public:
  // unavailable: there is no repository now. invalid: no file remote, or not bare.
  static Result<FileRemote> open(const std::string& remote);

  Result<std::optional<git_oid>> tip() override;
  Result<git_oid> find(const std::string& ref) override;
  Result<std::vector<git_oid>> fetch(LocalHistory local, const Wanted& wanted) override;
  Result<void> push(LocalHistory local, const std::optional<git_oid>& expected,
                    const git_oid& target) override;
  // Removes what a push that died has left, the mark as well. Done when there is none, or somebody
  // pushes now, who does it.
  Result<void> leave() override;

 private:
  FileRemote(std::string name, std::unique_ptr<FileSystem> files, GitRepository repository);

  Result<std::vector<git_oid>> fetch_here(LocalHistory local, const Wanted& wanted);
  Result<void> push_marked(LocalHistory local, const std::optional<git_oid>& expected,
                           const git_oid& target);

  std::string name_;                   // the subject of errors, without credentials
  std::unique_ptr<FileSystem> files_;  // the repository's folder
  GitRepository repository_;
};

}  // namespace titan::gitops
