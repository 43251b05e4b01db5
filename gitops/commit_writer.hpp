#pragma once

#include <optional>
#include <string>

#include "base/signing.hpp"
#include "gitops/git_handles.hpp"

namespace titan::gitops {

// A commit to be written. For gitops/*.cpp alone.
struct NewCommit {
  const git_signature* author;  // with the time
  const git_signature* committer;
  std::string message;
  git_oid tree;
  std::optional<git_oid> parent;  // none: it is the first one
};

// Writes it, signed (ssh_signature.hpp) unless `signer` is null, and returns its id. The same
// commit gives the same id each time. No reference is moved.
Result<git_oid> write_commit(git_repository* repository, const NewCommit& commit,
                             const SigningKey* signer);

}  // namespace titan::gitops
