#pragma once

#include <cstddef>
#include <optional>

#include "base/file_system.hpp"
#include "gitops/history.hpp"

namespace titan::gitops {

// Keeps the object store of titan's own repository small: few loose objects, few packs, and, with a
// depth, only the newest part of the history. For gitops/*.cpp alone.
//
// What is old goes only after the new pack, and the file `shallow` where the history gets shorter,
// are flushed to the disk. So whenever it is cut off nothing is missing, and the next time carries
// on.

// Whether it is time: there are more loose objects or packs than limits.hpp allows. Looks into two
// folders. The errors of FileSystem.
Result<bool> wants_packing(FileSystem& files);

struct Packing {
  std::size_t depth = 0;  // of the branch: so many of its newest commits are kept; 0: all
  // Of these commits none is dropped, nor of those on top of it; none: nothing is dropped.
  std::optional<git_oid> pushed = {};
  bool has_remote = false;  // else `pushed` is not looked at
};

// Packs the loose objects into one more pack; or, when there are too many packs, or a history that
// is to be cut, everything that a reference leads to into a single one, and drops all else.
// REQUIRES: lock_repository() is held. The repository has to be opened anew afterwards.
Result<void> pack(LocalHistory history, FileSystem& files, const Packing& how);

}  // namespace titan::gitops
