#pragma once

#include <string>
#include <vector>

#include "gitops/history.hpp"

namespace titan::gitops {

// Copies commit `tip` and everything it refers to from one repository into another, as far as it
// is not there yet; parents that are not kept are left out. For gitops/*.cpp alone.
//
// An object that is there is taken as complete: whatever writes here, writes what an object
// refers to before the object itself. So this may be killed at any moment. Up to kLooseObjectsMax
// objects are written one by one, as git-receive-pack(1) does; more go into one pack.
Result<void> copy_objects(LocalHistory from, git_repository* to, const git_oid& tip);

// Writes objects as one pack, which is whole and flushed when this returns, and gives its name
// without an ending: "pack-<hex>".
Result<std::string> write_pack(git_repository* from, git_repository* to,
                               const std::vector<git_oid>& ids);

}  // namespace titan::gitops
