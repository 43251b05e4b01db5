#pragma once

#include <optional>

#include "gitops/git_handles.hpp"

// The one branch that titan writes. For gitops/*.cpp alone.
namespace titan::gitops {

constexpr const char* kBranch = "main";
constexpr const char* kBranchReference = "refs/heads/main";

// The commit that the branch is at; nullopt when there is no branch. internal when the
// reference cannot be read, or names a commit that is not there.
Result<std::optional<git_oid>> branch_tip(git_repository* repository);

// Moves the branch from `expected` (none: it must not exist) to `target`: compare-and-swap, under
// Git's own lock of the reference, flushed to the disk. conflict when the branch is elsewhere or
// another program holds that lock.
Result<void> move_branch(git_repository* repository, const std::optional<git_oid>& expected,
                         const git_oid& target);

}  // namespace titan::gitops
