#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "gitops/repository.hpp"

namespace titan::agent {

// Where the rendered state goes in Git: a bare repository in a directory, and a remote that it is
// pushed to when the place given is a URL. Opened at its first use, since most runs commit
// nothing.
class Publisher {
 public:
  // `git`: a directory, which is the repository; or a URL ("://" in it), which is pushed to from
  // the repository at `<state directory>/git`; or empty: that repository alone.
  Publisher(const std::string& git, const std::string& state_directory);

  struct Commit {
    std::string id = {};
    bool is_new = false;  // else nothing changed, and the branch is where it was
  };

  // The commit that holds `state`.
  Result<Commit> commit(const gitops::HostState& state, const gitops::CommitInfo& info);
  // Done at once when there is no remote. The id of the commit may change (see
  // gitops::Repository::push): returns the one that the branch is at then.
  Result<std::string> push();
  [[nodiscard]] bool has_remote() const { return !remote_.empty(); }

 private:
  Result<gitops::Repository*> repository();

  std::string directory_;
  std::string remote_;
  std::unique_ptr<gitops::Repository> repository_;
};

}  // namespace titan::agent
