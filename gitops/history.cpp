#include "gitops/history.hpp"

#include <algorithm>
#include <map>
#include <queue>

namespace titan::gitops {
namespace {

using OidSet = std::set<git_oid, OidLess>;

Result<bool> is_there(git_repository* repository, const git_oid& id) {
  GitOdb objects;
  TITAN_TRY(git_call(objects, "opening the objects", git_repository_odb, repository));
  return git_odb_exists(objects.get(), &id) == 1;
}

// `ids` and all commits that their kept history has. Those that are not there are left out.
Result<OidSet> ancestors_of(LocalHistory history, std::vector<git_oid> ids) {
  OidSet seen;
  while (!ids.empty()) {
    const git_oid id = ids.back();
    ids.pop_back();
    TITAN_ASSIGN(const bool there, is_there(history.repository, id));
    if (!there || !seen.insert(id).second) continue;
    TITAN_ASSIGN(const auto parents, kept_parents(history, id));
    ids.insert(ids.end(), parents.begin(), parents.end());
  }
  return seen;
}

// Any history, at the price of walking through all that is hidden.
Result<std::vector<git_oid>> walk_all(LocalHistory history, const git_oid& tip,
                                      const std::vector<git_oid>& hidden) {
  TITAN_ASSIGN(OidSet done, ancestors_of(history, hidden));
  struct Step {
    git_oid id;
    bool parents_done;
  };
  std::vector<git_oid> found;
  std::vector<Step> steps = {{tip, false}};
  while (!steps.empty()) {
    const Step step = steps.back();
    steps.pop_back();
    if (step.parents_done) {
      found.push_back(step.id);
      continue;
    }
    if (!done.insert(step.id).second) continue;
    TITAN_ASSIGN(const auto parents, kept_parents(history, step.id));
    steps.push_back({step.id, true});
    for (const git_oid& parent : parents) steps.push_back({parent, false});
  }
  return found;
}

// A commit and those before it, one parent each, without what is hidden itself.
struct Chain {
  std::vector<git_oid> commits = {};  // the newest first
  std::map<git_oid, std::size_t, OidLess> places = {};
  std::optional<git_oid> base = {};  // the hidden commit that it stands on
  bool has_merge = false;            // and is not followed further
};

Result<Chain> follow(LocalHistory history, const git_oid& tip, const OidSet& hidden) {
  Chain chain;
  git_oid id = tip;
  for (;;) {
    if (hidden.contains(id)) {
      chain.base = id;
      return chain;
    }
    chain.places.emplace(id, chain.commits.size());
    chain.commits.push_back(id);
    TITAN_ASSIGN(const auto parents, kept_parents(history, id));
    chain.has_merge = parents.size() > 1;
    if (parents.size() != 1) return chain;
    id = parents.front();
  }
}

// How many of the chain's commits are in the history of nothing that is hidden. What its base
// leads to need not be looked at: all of the chain came after it.
Result<std::size_t> visible_part(LocalHistory history, const Chain& chain,
                                 std::vector<git_oid> hidden) {
  std::size_t visible = chain.commits.size();
  OidSet seen;
  while (!hidden.empty()) {
    const git_oid id = hidden.back();
    hidden.pop_back();
    if (chain.base && git_oid_equal(&id, &*chain.base) != 0) continue;
    const auto place = chain.places.find(id);
    if (place != chain.places.end()) {
      visible = std::min(visible, place->second);
      continue;
    }
    TITAN_ASSIGN(const bool there, is_there(history.repository, id));
    if (!there || !seen.insert(id).second) continue;
    TITAN_ASSIGN(const auto parents, kept_parents(history, id));
    hidden.insert(hidden.end(), parents.begin(), parents.end());
  }
  return visible;
}

// Adds what `after` has and `before` (may be null) has not, without looking into what both have.
Result<void> add_tree(git_repository* repository, const git_tree* before, const git_oid& after,
                      OidSet& seen, std::vector<git_oid>& found) {
  if (!seen.insert(after).second) return {};
  found.push_back(after);
  TITAN_ASSIGN(const GitTree tree, read_tree(repository, after));
  for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
    const git_tree_entry* const entry = git_tree_entry_byindex(tree.get(), i);
    const git_oid& id = *git_tree_entry_id(entry);
    const git_object_t type = git_tree_entry_type(entry);
    const git_tree_entry* const old_one =
        before == nullptr ? nullptr : git_tree_entry_byname(before, git_tree_entry_name(entry));
    if (type == GIT_OBJECT_COMMIT) continue;  // a submodule, which is no part of a repository
    if (old_one != nullptr && git_oid_equal(git_tree_entry_id(old_one), &id) != 0) continue;
    if (type != GIT_OBJECT_TREE) {
      if (seen.insert(id).second) found.push_back(id);
      continue;
    }
    GitTree old_tree;
    if (old_one != nullptr && git_tree_entry_type(old_one) == GIT_OBJECT_TREE) {
      TITAN_ASSIGN(old_tree, read_tree(repository, *git_tree_entry_id(old_one)));
    }
    TITAN_TRY(add_tree(repository, old_tree.get(), id, seen, found));
  }
  return {};
}

}  // namespace

Result<std::vector<git_oid>> kept_parents(LocalHistory history, const git_oid& id) {
  std::vector<git_oid> parents;
  if (history.boundary.contains(id)) return parents;
  TITAN_ASSIGN(const GitCommit commit, read_commit(history.repository, id));
  for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) {
    parents.push_back(*git_commit_parent_id(commit.get(), i));
  }
  return parents;
}

Result<bool> descends_from(LocalHistory history, const git_oid& commit, const git_oid& ancestor,
                           const std::optional<git_oid>& older) {
  OidSet seen;
  std::vector<git_oid> waiting = {commit};
  while (!waiting.empty()) {
    const git_oid id = waiting.back();
    waiting.pop_back();
    if (git_oid_equal(&id, &ancestor) != 0) return true;
    if (older && git_oid_equal(&id, &*older) != 0) continue;
    if (!seen.insert(id).second) continue;
    TITAN_ASSIGN(const auto parents, kept_parents(history, id));
    waiting.insert(waiting.end(), parents.begin(), parents.end());
  }
  return false;
}

Result<std::vector<git_oid>> commits_between(LocalHistory history, const git_oid& tip,
                                             const std::vector<git_oid>& hidden) {
  TITAN_ASSIGN(Chain chain, follow(history, tip, {hidden.begin(), hidden.end()}));
  if (chain.has_merge) return walk_all(history, tip, hidden);
  TITAN_ASSIGN(const std::size_t visible, visible_part(history, chain, hidden));
  chain.commits.resize(visible);
  std::reverse(chain.commits.begin(), chain.commits.end());
  return std::move(chain.commits);
}

Result<NewestCommits> newest_commits(LocalHistory history, const git_oid& tip, std::size_t count,
                                     const std::optional<git_oid>& at_least) {
  struct Waiting {
    git_time_t time;
    git_oid id;
    bool operator<(const Waiting& other) const { return time < other.time; }
  };
  std::priority_queue<Waiting> waiting;
  OidSet seen;
  const auto add = [&](const git_oid& id) -> Result<void> {
    if (!seen.insert(id).second) return {};
    TITAN_ASSIGN(const GitCommit commit, read_commit(history.repository, id));
    waiting.push({git_commit_time(commit.get()), id});
    return {};
  };
  bool is_enough = !at_least;
  if (at_least) {
    TITAN_ASSIGN(const bool in_history, descends_from(history, tip, *at_least));
    is_enough = !in_history;
  }
  NewestCommits found;
  TITAN_TRY(add(tip));
  while (!waiting.empty() && (found.commits.size() < count || !is_enough)) {
    const git_oid id = waiting.top().id;
    waiting.pop();
    found.commits.push_back(id);
    is_enough = is_enough || git_oid_equal(&id, &*at_least) != 0;
    TITAN_ASSIGN(const auto parents, kept_parents(history, id));
    for (const git_oid& parent : parents) TITAN_TRY(add(parent));
  }
  const OidSet kept(found.commits.begin(), found.commits.end());
  for (const git_oid& id : found.commits) {
    TITAN_ASSIGN(const GitCommit commit, read_commit(history.repository, id));
    for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) {
      if (!kept.contains(*git_commit_parent_id(commit.get(), i))) found.boundary.insert(id);
    }
  }
  return found;
}

Result<std::vector<git_oid>> objects_of(LocalHistory history, const std::vector<git_oid>& commits) {
  OidSet seen;
  std::vector<git_oid> found;
  for (const git_oid& id : commits) {
    if (!seen.insert(id).second) continue;
    found.push_back(id);
    TITAN_ASSIGN(const GitCommit commit, read_commit(history.repository, id));
    TITAN_ASSIGN(const auto parents, kept_parents(history, id));
    GitTree before;
    if (!parents.empty()) {
      TITAN_ASSIGN(const GitCommit parent, read_commit(history.repository, parents.front()));
      TITAN_ASSIGN(before, read_tree(history.repository, *git_commit_tree_id(parent.get())));
    }
    TITAN_TRY(
        add_tree(history.repository, before.get(), *git_commit_tree_id(commit.get()), seen, found));
  }
  return found;
}

}  // namespace titan::gitops
