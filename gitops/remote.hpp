#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gitops/git_handles.hpp"
#include "gitops/history.hpp"
#include "gitops/remote_options.hpp"

namespace titan::gitops {

// A repository that others push to as well; of what is pushed, its branch `main` alone is looked
// at. For gitops/*.cpp alone; for one thread at a time.
//
// Errors of all methods: unavailable (it is not there now, or a network does not work), denied (it
// lets nobody in, or cannot prove who it is), exhausted (more came than the limits allow), invalid
// (it speaks another language). Their subject is the remote without credentials.
class Remote {
 public:
  virtual ~Remote() = default;

  // For who pushes: the commit its `main` is at; nullopt when it has none.
  virtual Result<std::optional<git_oid>> tip() = 0;
  // For who reads: the commit that a branch or a tag is at; of an empty name its HEAD
  // (reference_choice.hpp). not_found: there is none. Fetches nothing.
  virtual Result<git_oid> find(const std::string& ref) = 0;

  struct Wanted {
    git_oid tip;  // a commit that tip() or find() gave
    // Commits that are there, the best ones first: what they lead to need not be sent.
    std::vector<git_oid> have = {};
    // How many commits of the history to get; 0: all of it. What a remote cannot cut comes whole.
    std::size_t depth = 0;
  };
  // Brings `wanted.tip` and its history into `local`; invalid, too: it is no commit. Returns the
  // commits whose parents were left out for the sake of the depth; the caller notes them before it
  // uses the history.
  virtual Result<std::vector<git_oid>> fetch(LocalHistory local, const Wanted& wanted) = 0;

  // Moves `main` from `expected`, which is there and an ancestor of `target` (none: there is no
  // main), to `target`, whose history is in `local`: compare-and-swap. conflict when it is
  // elsewhere by now, or another push is under way.
  virtual Result<void> push(LocalHistory local, const std::optional<git_oid>& expected,
                            const git_oid& target) = 0;

  // For who has nothing to push: ends what tip() began, and clears away what a push that died has
  // left, where that can be.
  virtual Result<void> leave() = 0;
};

// Looks at the text alone, and for a file remote whether it is there. invalid: it is none of the
// forms of remote_address.hpp, or http:// to another machine without leave, or no bare repository.
Result<std::unique_ptr<Remote>> open_remote(const std::string& remote,
                                            const RemoteOptions& options);

}  // namespace titan::gitops
