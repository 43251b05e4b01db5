#include "gitops/replay.hpp"

#include <set>
#include <string>

#include "gitops/tree.hpp"

namespace titan::gitops {
namespace {

Result<GitTree> tree_of(git_repository* repository, const git_oid& commit_id) {
  TITAN_ASSIGN(const GitCommit commit, read_commit(repository, commit_id));
  return read_tree(repository, *git_commit_tree_id(commit.get()));
}

// The hosts whose folders differ between two root trees; `before` may be null.
Result<std::set<std::string>> changed_hosts(git_repository* repository, const git_tree* before,
                                            const git_tree* after) {
  for (const std::string& name : changed_names(before, after)) {
    if (name == kHostsFolder) continue;
    return conflict("it changes \"" + name + "\", which is outside hosts/");
  }
  TITAN_ASSIGN(const GitTree hosts_before, hosts_tree(repository, before));
  TITAN_ASSIGN(const GitTree hosts_after, hosts_tree(repository, after));
  return changed_names(hosts_before.get(), hosts_after.get());
}

// The root tree of `base` with the folders that `commit` changed.
Result<git_oid> merged_tree(git_repository* repository, const git_commit* commit,
                            const git_oid& base) {
  TITAN_ASSIGN(const GitTree after, read_tree(repository, *git_commit_tree_id(commit)));
  GitTree before;
  if (git_commit_parentcount(commit) > 0) {
    TITAN_ASSIGN(before, tree_of(repository, *git_commit_parent_id(commit, 0)));
  }
  TITAN_ASSIGN(const auto hosts, changed_hosts(repository, before.get(), after.get()));
  TITAN_ASSIGN(GitTree merged, tree_of(repository, base));
  for (const std::string& host : hosts) {
    TITAN_ASSIGN(const auto item, host_item(repository, after.get(), host));
    TITAN_ASSIGN(const git_oid id, write_root(repository, merged.get(), host, item));
    TITAN_ASSIGN(merged, read_tree(repository, id));
  }
  return *git_tree_id(merged.get());
}

Result<git_oid> replay_one(git_repository* repository, const git_oid& id, const git_oid& base) {
  TITAN_ASSIGN(const GitCommit commit, read_commit(repository, id));
  auto merged = merged_tree(repository, commit.get(), base);
  if (!merged) return merged.error().context("replaying commit " + hex(id));
  TITAN_ASSIGN(const GitCommit parent, read_commit(repository, base));
  if (git_oid_equal(&*merged, git_commit_tree_id(parent.get()))) return base;

  TITAN_ASSIGN(const GitTree tree, read_tree(repository, *merged));
  const git_commit* parents[] = {parent.get()};
  git_oid replayed;
  TITAN_TRY(
      git_check(git_commit_create(&replayed, repository, nullptr, git_commit_author(commit.get()),
                                  git_commit_committer(commit.get()),
                                  git_commit_message_encoding(commit.get()),
                                  git_commit_message_raw(commit.get()), tree.get(), 1, parents),
                "writing a commit"));
  return replayed;
}

}  // namespace

Result<git_oid> replay(git_repository* repository, const ReplayRange& range) {
  GitRevwalk walk;
  TITAN_TRY(git_call(walk, "walking the history", git_revwalk_new, repository));
  TITAN_TRY(git_check(git_revwalk_sorting(walk.get(), GIT_SORT_TOPOLOGICAL | GIT_SORT_REVERSE),
                      "walking the history"));
  TITAN_TRY(git_check(git_revwalk_push(walk.get(), &range.tip), "walking the history"));
  TITAN_TRY(git_check(git_revwalk_hide(walk.get(), &range.onto), "walking the history"));
  if (range.pushed) {
    TITAN_TRY(git_check(git_revwalk_hide(walk.get(), &*range.pushed), "walking the history"));
  }
  git_oid base = range.onto;
  git_oid id;
  int code = 0;
  while ((code = git_revwalk_next(&id, walk.get())) == 0) {
    TITAN_ASSIGN(base, replay_one(repository, id, base));
  }
  if (code != GIT_ITEROVER) return git_error(code, "walking the history");
  return base;
}

}  // namespace titan::gitops
