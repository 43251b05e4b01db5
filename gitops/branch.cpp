#include "gitops/branch.hpp"

namespace titan::gitops {
namespace {

Result<std::optional<git_oid>> read_reference(git_repository* repository) {
  git_oid id;
  const int code = git_reference_name_to_id(&id, repository, kBranchReference);
  if (code == GIT_ENOTFOUND) return std::nullopt;
  if (code < 0) {
    Error error = git_error(code, "reading the branch main");
    error.code = ErrorCode::internal;
    return error;
  }
  return id;
}

std::string name_of_tip(const std::optional<git_oid>& tip) {
  return tip ? "commit " + hex(*tip) : "no commit";
}

}  // namespace

Result<std::optional<git_oid>> branch_tip(git_repository* repository) {
  TITAN_ASSIGN(const std::optional<git_oid> tip, read_reference(repository));
  if (!tip) return tip;
  if (auto commit = read_commit(repository, *tip); !commit) {
    return internal("the branch main is at a commit that cannot be read: " +
                    commit.error().message);
  }
  return tip;
}

Result<void> move_branch(git_repository* repository, const std::optional<git_oid>& expected,
                         const git_oid& target) {
  GitTransaction transaction;
  TITAN_TRY(git_call(transaction, "moving the branch main", git_transaction_new, repository));
  TITAN_TRY(git_check(git_transaction_lock_ref(transaction.get(), kBranchReference),
                      "locking the branch main"));
  TITAN_ASSIGN(const std::optional<git_oid> found, read_reference(repository));
  const bool as_expected =
      found.has_value() == expected.has_value() && (!found || git_oid_equal(&*found, &*expected));
  if (!as_expected) {
    return conflict("the branch main is at " + name_of_tip(found) + "; expected " +
                    name_of_tip(expected));
  }
  TITAN_TRY(git_check(
      git_transaction_set_target(transaction.get(), kBranchReference, &target, nullptr, nullptr),
      "moving the branch main"));
  return git_check(git_transaction_commit(transaction.get()), "moving the branch main");
}

}  // namespace titan::gitops
