#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "base/signing.hpp"
#include "gitops/repository.hpp"

namespace titan::gitops {

// Where the rendered state goes in Git: a bare repository in a directory, and a remote that it is
// pushed to when the place given is one. Opened at its first use, since most runs commit nothing.
// For one thread. Errors of all methods as those of Repository.
class Publisher {
 public:
  struct Options {
    Repository::PushOptions push = {};
    std::size_t depth = 0;  // Repository::Options::depth
  };

  // `git`: a directory, which is the repository; or a remote (is_remote_url()), which is pushed to
  // from the repository at `own_directory`; or empty: that repository alone.
  Publisher(const std::string& git, const std::string& own_directory, Options options);
  Publisher(const std::string& git, const std::string& own_directory)
      : Publisher(git, own_directory, Options{}) {}

  // Whose signature commits get from here on; borrowed, null: nobody's. To be said before the first
  // use. What it points to may become another key.
  void sign_with(const SigningKey* signer) { signer_ = signer; }

  struct Commit {
    std::string id = {};  // empty: nothing was ever committed, and nothing had to be
    bool is_new = false;  // else nothing changed, and the branch is where it was
  };

  // The commit that holds these states.
  Result<Commit> commit(std::span<const HostState> hosts, const CommitInfo& info);
  // Done at once when there is no remote. The id of the commit may change (see Repository::push()):
  // gives the one that the branch is at then.
  Result<Repository::Pushed> push();
  // How many commits wait for the remote; 0 when there is none.
  Result<std::size_t> queued();
  // Packs what has come together, when it is time.
  Result<void> tidy();
  [[nodiscard]] bool has_remote() const { return !remote_.empty(); }

 private:
  Result<Repository*> repository();

  std::string directory_;
  std::string remote_;
  Options options_;
  const SigningKey* signer_ = nullptr;
  std::unique_ptr<Repository> repository_;
};

}  // namespace titan::gitops
