#pragma once

#include <optional>

#include "base/signing.hpp"
#include "gitops/history.hpp"

namespace titan::gitops {

// Which commits to write anew, and where.
struct ReplayRange {
  git_oid tip;                    // the newest commit to replay
  std::optional<git_oid> onto;    // where to; its history is left out. None: a history of its own
  std::optional<git_oid> pushed;  // its history is left out too: it was at the remote once
};

// Writes the commits of a range anew on top of `onto`, oldest first, and returns the last one, or
// `onto` when none is left. A commit takes the folders hosts/<host>/ that it changed with it,
// whole: since only titan writes there, there is nothing to merge. Of a commit whose parents are
// not kept those are the folders of the hosts that it names; of the first one of a history of its
// own, all that there is. It keeps message, author and time, and is signed by `signer` unless that
// is null; one that changes nothing on top of the others is left out. No reference is moved.
// conflict when a commit changes something outside hosts/. For gitops/*.cpp alone. REQUIRES: with
// `onto` none, `pushed` is none.
Result<git_oid> replay(LocalHistory history, const ReplayRange& range, const SigningKey* signer);

}  // namespace titan::gitops
