#pragma once

#include <optional>

#include "gitops/git_handles.hpp"

namespace titan::gitops {

// Which commits to write anew, and where.
struct ReplayRange {
  git_oid tip;                    // the newest commit to replay
  git_oid onto;                   // where to; its history is left out
  std::optional<git_oid> pushed;  // its history is left out too: it was at the remote once
};

// Writes the commits of a range anew on top of `onto`, oldest first, and returns the last one, or
// `onto` when none is left. A commit takes the folders hosts/<host>/ that it changed with it,
// whole: since only titan writes there, there is nothing to merge. It keeps message, author and
// time; one that changes nothing on top of the others is left out. No reference is moved.
// conflict when a commit changes something outside hosts/. For gitops/*.cpp alone.
Result<git_oid> replay(git_repository* repository, const ReplayRange& range);

}  // namespace titan::gitops
