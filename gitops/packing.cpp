#include "gitops/packing.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gitops/branch.hpp"
#include "gitops/limits.hpp"
#include "gitops/object_copy.hpp"
#include "gitops/repository_folder.hpp"

namespace titan::gitops {
namespace {

constexpr const char* kPackFolder = "objects/pack";
constexpr std::string_view kPackEnding = ".pack";
constexpr std::string_view kIndexEnding = ".idx";

using Names = std::vector<std::string>;

Result<Names> names_in(FileSystem& files, const std::string& folder) {
  auto entries = files.list(folder);
  Names names;
  if (!entries && entries.error().code == ErrorCode::not_found) return names;
  if (!entries) return std::move(entries).error();
  for (FileSystem::Entry& entry : *entries) names.push_back(std::move(entry.name));
  return names;
}

bool is_pack(const std::string& name) {
  return name.starts_with("pack-") && name.ends_with(kPackEnding);
}

// The stems of the packs: "pack-<hex>".
Result<Names> packs(FileSystem& files) {
  TITAN_ASSIGN(const Names names, names_in(files, kPackFolder));
  Names stems;
  for (const std::string& name : names) {
    if (is_pack(name)) stems.push_back(name.substr(0, name.size() - kPackEnding.size()));
  }
  return stems;
}

struct Loose {
  git_oid id;
  std::string path;
};

Result<std::vector<Loose>> loose_objects(FileSystem& files) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<Loose> found;
  for (const char high : kDigits) {
    for (const char low : kDigits) {
      const std::string start = {high, low};
      TITAN_ASSIGN(const Names names, names_in(files, "objects/" + start));
      for (const std::string& name : names) {
        git_oid id;
        const std::string hex = start + name;
        if (hex.size() != GIT_OID_HEXSZ || git_oid_fromstr(&id, hex.c_str()) < 0) continue;
        found.push_back({id, "objects/" + start + "/" + name});
      }
    }
  }
  return found;
}

Result<void> remove_file(FileSystem& files, const std::string& path) {
  const auto removed = files.remove_file(path);
  if (removed || removed.error().code == ErrorCode::not_found) return {};
  return removed;
}

// The index first: without it nobody looks for the rest.
Result<void> remove_pack(FileSystem& files, const std::string& stem, const Names& names) {
  const std::string place = std::string(kPackFolder) + "/";
  if (std::ranges::find(names, stem + ".keep") != names.end()) return {};
  TITAN_TRY(remove_file(files, place + stem + std::string(kIndexEnding)));
  for (const std::string& name : names) {
    if (name.starts_with(stem + ".")) TITAN_TRY(remove_file(files, place + name));
  }
  return {};
}

Result<void> remove_loose(FileSystem& files, const std::vector<Loose>& objects) {
  for (const Loose& object : objects) TITAN_TRY(remove_file(files, object.path));
  return {};
}

// Without those that a broken disk left: they stay, and hold up no others.
Result<std::vector<Loose>> readable_ones(git_repository* repository,
                                         const std::vector<Loose>& objects) {
  GitOdb store;
  TITAN_TRY(git_call(store, "opening the objects", git_repository_odb, repository));
  std::vector<Loose> readable;
  for (const Loose& object : objects) {
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_odb_read_header(&size, &type, store.get(), &object.id) == 0) readable.push_back(object);
  }
  return readable;
}

struct GitReferenceIterator {
  git_reference_iterator* handle = nullptr;
  ~GitReferenceIterator() { git_reference_iterator_free(handle); }
};

// The commits that references lead to, the branch's own as the first.
Result<std::vector<git_oid>> reference_tips(git_repository* repository) {
  std::vector<git_oid> tips;
  TITAN_ASSIGN(const auto branch, branch_tip(repository));
  if (branch) tips.push_back(*branch);
  GitReferenceIterator iterator;
  TITAN_TRY(git_check(git_reference_iterator_new(&iterator.handle, repository),
                      "listing the references"));
  git_reference* reference = nullptr;
  int code = 0;
  while ((code = git_reference_next(&reference, iterator.handle)) == 0) {
    const git_oid* const id = git_reference_target(reference);
    if (id != nullptr) tips.push_back(*id);
    git_reference_free(reference);
  }
  if (code != GIT_ITEROVER) return git_error(code, "listing the references");
  return tips;
}

// What stays, and where its history ends.
struct Kept {
  std::vector<git_oid> commits = {};
  Boundary boundary = {};
};

Result<bool> may_cut(LocalHistory history, const Packing& how) {
  if (how.depth == 0) return false;
  if (!how.has_remote) return true;
  if (!how.pushed) return false;
  TITAN_ASSIGN(const auto branch, branch_tip(history.repository));
  if (!branch) return false;
  return descends_from(history, *branch, *how.pushed);
}

Result<Kept> choose(LocalHistory history, const Packing& how) {
  Kept kept;
  kept.boundary = history.boundary;
  TITAN_ASSIGN(const auto tips, reference_tips(history.repository));
  TITAN_ASSIGN(const bool cuts, may_cut(history, how));
  if (cuts && !tips.empty()) {
    TITAN_ASSIGN(NewestCommits newest, newest_commits(history, tips.front(), how.depth,
                                                      how.has_remote ? how.pushed : std::nullopt));
    kept.commits = std::move(newest.commits);
    kept.boundary = std::move(newest.boundary);
    // What other references lead to stays as well, without its history.
    for (const git_oid& tip : tips) {
      const auto is_tip = [&](const git_oid& id) { return git_oid_equal(&id, &tip) != 0; };
      if (std::ranges::any_of(kept.commits, is_tip)) continue;
      TITAN_ASSIGN(const GitCommit commit, read_commit(history.repository, tip));
      if (git_commit_parentcount(commit.get()) > 0) kept.boundary.insert(tip);
      kept.commits.push_back(tip);
    }
    std::ranges::reverse(kept.commits);
    return kept;
  }
  std::vector<git_oid> done;
  for (const git_oid& tip : tips) {
    TITAN_ASSIGN(const auto commits, commits_between(history, tip, done));
    kept.commits.insert(kept.commits.end(), commits.begin(), commits.end());
    done.push_back(tip);
  }
  return kept;
}

Result<void> pack_all(LocalHistory history, FileSystem& files, const Packing& how,
                      const std::vector<Loose>& loose) {
  TITAN_ASSIGN(const Names old_packs, packs(files));
  TITAN_ASSIGN(const Kept kept, choose(history, how));
  TITAN_ASSIGN(const auto objects, objects_of({history.repository, kept.boundary}, kept.commits));
  if (objects.empty()) return {};
  TITAN_ASSIGN(const std::string made, write_pack(history.repository, history.repository, objects));
  Names ends;
  for (const git_oid& id : kept.boundary) ends.push_back(hex(id));
  TITAN_ASSIGN(const Names ends_before, read_shallow(files));
  if (ends != ends_before) TITAN_TRY(write_shallow(files, ends));
  TITAN_ASSIGN(const Names names, names_in(files, kPackFolder));
  for (const std::string& stem : old_packs) {
    if (stem != made) TITAN_TRY(remove_pack(files, stem, names));
  }
  return remove_loose(files, loose);
}

// What a kill left of a pack that was being removed.
Result<void> remove_packs_without_index(FileSystem& files) {
  TITAN_ASSIGN(const Names names, names_in(files, kPackFolder));
  TITAN_ASSIGN(const Names stems, packs(files));
  for (const std::string& stem : stems) {
    const bool is_whole = std::ranges::find(names, stem + std::string(kIndexEnding)) != names.end();
    if (!is_whole) TITAN_TRY(remove_pack(files, stem, names));
  }
  return {};
}

}  // namespace

Result<bool> wants_packing(FileSystem& files) {
  TITAN_ASSIGN(const Names sample, names_in(files, "objects/17"));
  if (sample.size() > kLooseFoldersMax) return true;
  TITAN_ASSIGN(const Names stems, packs(files));
  return stems.size() > kPacksMax;
}

Result<void> pack(LocalHistory history, FileSystem& files, const Packing& how) {
  TITAN_TRY(remove_packs_without_index(files));
  TITAN_ASSIGN(const auto loose, loose_objects(files));
  TITAN_ASSIGN(const Names old_packs, packs(files));
  if (how.depth > 0 || old_packs.size() >= kPacksMax) return pack_all(history, files, how, loose);
  TITAN_ASSIGN(const auto readable, readable_ones(history.repository, loose));
  if (readable.empty()) return {};
  std::vector<git_oid> ids;
  for (const Loose& object : readable) ids.push_back(object.id);
  TITAN_TRY(write_pack(history.repository, history.repository, ids));
  return remove_loose(files, readable);
}

}  // namespace titan::gitops
