#pragma once

#include "gitops/git_handles.hpp"

namespace titan::gitops {

// Copies commit `tip` and everything it refers to from one repository into another, as far as it
// is not there yet. For gitops/*.cpp alone.
//
// An object that is there is taken as complete: whatever writes here, writes what an object
// refers to before the object itself. So this may be killed at any moment. Up to kLooseObjectsMax
// objects are written one by one, as git-receive-pack(1) does; more go into one pack.
Result<void> copy_objects(git_repository* from, git_repository* to, const git_oid& tip);

}  // namespace titan::gitops
