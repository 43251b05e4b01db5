#include "gitops/replay.hpp"

#include <set>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "gitops/commit_message.hpp"
#include "gitops/commit_writer.hpp"
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

// The hosts that a commit of titan's names in its message.
std::set<std::string> named_hosts(const git_commit* commit) {
  const std::string mark = "\n" + std::string(kHostTrailer) + ": ";
  const std::string_view message = git_commit_message_raw(commit);
  std::set<std::string> hosts;
  std::size_t found = message.find(mark);
  while (found != std::string_view::npos) {
    const std::string_view rest = message.substr(found + mark.size());
    hosts.emplace(rest.substr(0, rest.find('\n')));
    found = message.find(mark, found + 1);
  }
  return hosts;
}

// The root tree of `base` with the folders that `commit` changed.
Result<git_oid> merged_tree(LocalHistory history, const git_commit* commit, const git_oid& base) {
  git_repository* const repository = history.repository;
  TITAN_ASSIGN(const GitTree after, read_tree(repository, *git_commit_tree_id(commit)));
  TITAN_ASSIGN(const auto parents, kept_parents(history, *git_commit_id(commit)));
  std::set<std::string> hosts;
  if (parents.empty() && git_commit_parentcount(commit) > 0) {
    hosts = named_hosts(commit);
  } else {
    GitTree before;
    if (!parents.empty()) {
      TITAN_ASSIGN(before, tree_of(repository, parents.front()));
    }
    TITAN_ASSIGN(hosts, changed_hosts(repository, before.get(), after.get()));
  }
  HostItems items;
  for (const std::string& host : hosts) {
    TITAN_ASSIGN(items[host], host_item(repository, after.get(), host));
  }
  TITAN_ASSIGN(const GitTree old, tree_of(repository, base));
  if (items.empty()) return *git_tree_id(old.get());
  return write_root(repository, old.get(), items);
}

Result<git_oid> replay_one(LocalHistory history, const git_oid& id,
                           const std::optional<git_oid>& base, const SigningKey* signer) {
  TITAN_ASSIGN(const GitCommit commit, read_commit(history.repository, id));
  git_oid tree = *git_commit_tree_id(commit.get());
  if (base) {
    auto merged = merged_tree(history, commit.get(), *base);
    if (!merged) return merged.error().context("replaying commit " + hex(id));
    tree = *merged;
    TITAN_ASSIGN(const GitCommit parent, read_commit(history.repository, *base));
    if (git_oid_equal(&tree, git_commit_tree_id(parent.get())) != 0) return *base;
  }
  return write_commit(history.repository,
                      {.author = git_commit_author(commit.get()),
                       .committer = git_commit_committer(commit.get()),
                       .message = git_commit_message_raw(commit.get()),
                       .tree = tree,
                       .parent = base},
                      signer);
}

}  // namespace

Result<git_oid> replay(LocalHistory history, const ReplayRange& range, const SigningKey* signer) {
  std::vector<git_oid> hidden;
  if (range.onto) hidden.push_back(*range.onto);
  if (range.pushed) hidden.push_back(*range.pushed);
  TITAN_ASSIGN(const auto commits, commits_between(history, range.tip, hidden));
  std::optional<git_oid> base = range.onto;
  for (const git_oid& id : commits) {
    TITAN_ASSIGN(base, replay_one(history, id, base, signer));
  }
  TITAN_ASSERT(base.has_value());
  return *base;
}

}  // namespace titan::gitops
