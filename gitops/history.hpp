#pragma once

#include <optional>
#include <set>
#include <vector>

#include "gitops/git_handles.hpp"

// Walks through commits. Where a repository keeps only the newest part of its history, as Git's
// file `shallow` (gitrepository-layout(5)) says, they end there. libgit2's own walks are not used:
// they know nothing of that file, and go by the times of commits, which are of many clocks: where a
// parent is newer than its child, they leave out what is hidden, or do not. For gitops/*.cpp alone.
namespace titan::gitops {

struct OidLess {
  bool operator()(const git_oid& left, const git_oid& right) const {
    return git_oid_cmp(&left, &right) < 0;
  }
};
// Commits whose parents are not kept.
using Boundary = std::set<git_oid, OidLess>;

// A repository, and where its history ends. Borrows both.
struct LocalHistory {
  git_repository* repository;
  const Boundary& boundary;
};

// The parents that are kept.
Result<std::vector<git_oid>> kept_parents(LocalHistory history, const git_oid& id);

// Whether `ancestor` is `commit`, or in its history. `older`, if there is one, is known to be in
// the history of `ancestor`, or `ancestor` itself: there the search ends, which spares walking on
// to the first commit of all.
Result<bool> descends_from(LocalHistory history, const git_oid& commit, const git_oid& ancestor,
                           const std::optional<git_oid>& older = std::nullopt);

// The commits of the history of `tip` that are in the history of none of `hidden`, each behind its
// parents. What is hidden need not be there. Costs what was found, and the way from what is hidden
// to it; where merges are on that way, the whole history.
Result<std::vector<git_oid>> commits_between(LocalHistory history, const git_oid& tip,
                                             const std::vector<git_oid>& hidden);

// The newest commits of the history of `tip`, by their times: `count`, and as many more as it takes
// until `at_least` (may be none) is among them, if that is in the history.
struct NewestCommits {
  std::vector<git_oid> commits = {};
  Boundary boundary = {};  // of them, those with parents that are not among them
};
Result<NewestCommits> newest_commits(LocalHistory history, const git_oid& tip, std::size_t count,
                                     const std::optional<git_oid>& at_least);

// The trees and blobs of commits (in the order of commits_between()) that the tree of the first
// parent has not, and the commits themselves; those of a commit without kept parents, all.
Result<std::vector<git_oid>> objects_of(LocalHistory history, const std::vector<git_oid>& commits);

}  // namespace titan::gitops
