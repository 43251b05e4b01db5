#include "gitops/object_copy.hpp"

#include <set>
#include <vector>

#include "base/file_system.hpp"
#include "gitops/limits.hpp"
#include "gitops/pack_file.hpp"

namespace titan::gitops {
namespace {

struct Object {
  git_oid id;
  git_object_t type;
};

Result<GitOdb> object_store(git_repository* repository) {
  GitOdb store;
  TITAN_TRY(git_call(store, "opening the objects", git_repository_odb, repository));
  return store;
}

// What the object refers to. Commits in trees (submodules) are not part of a repository.
Result<std::vector<Object>> references_of(LocalHistory history, const Object& object) {
  git_repository* const repository = history.repository;
  std::vector<Object> references;
  if (object.type == GIT_OBJECT_COMMIT) {
    TITAN_ASSIGN(const GitCommit commit, read_commit(repository, object.id));
    TITAN_ASSIGN(const auto parents, kept_parents(history, object.id));
    for (const git_oid& parent : parents) references.push_back({parent, GIT_OBJECT_COMMIT});
    references.push_back({*git_commit_tree_id(commit.get()), GIT_OBJECT_TREE});
  } else if (object.type == GIT_OBJECT_TREE) {
    TITAN_ASSIGN(const GitTree tree, read_tree(repository, object.id));
    for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      const git_object_t type = git_tree_entry_type(entry);
      if (type != GIT_OBJECT_COMMIT) references.push_back({*git_tree_entry_id(entry), type});
    }
  }
  return references;
}

// The objects that `to` lacks, each after all that it refers to.
Result<std::vector<git_oid>> missing_objects(LocalHistory from, git_odb* to, const git_oid& tip) {
  struct Step {
    Object object;
    bool references_done;
  };
  std::vector<git_oid> missing;
  std::set<git_oid, OidLess> seen;
  std::vector<Step> steps = {{{tip, GIT_OBJECT_COMMIT}, false}};
  while (!steps.empty()) {
    const Step step = steps.back();
    steps.pop_back();
    if (step.references_done) {
      missing.push_back(step.object.id);
      continue;
    }
    if (git_odb_exists_ext(to, &step.object.id, GIT_ODB_LOOKUP_NO_REFRESH) != 0) continue;
    if (!seen.insert(step.object.id).second) continue;
    TITAN_ASSIGN(const auto references, references_of(from, step.object));
    steps.push_back({step.object, true});
    for (const Object& reference : references) steps.push_back({reference, false});
  }
  return missing;
}

Result<void> write_loose(git_repository* from, git_odb* to, const std::vector<git_oid>& ids) {
  TITAN_ASSIGN(const GitOdb source, object_store(from));
  for (const git_oid& id : ids) {
    GitOdbObject object;
    TITAN_TRY(git_call(object, "reading object " + hex(id), git_odb_read, source.get(), &id));
    git_oid written;
    TITAN_TRY(git_check(
        git_odb_write(&written, to, git_odb_object_data(object.get()),
                      git_odb_object_size(object.get()), git_odb_object_type(object.get())),
        "writing object " + hex(id)));
  }
  return {};
}

}  // namespace

Result<std::string> write_pack(git_repository* from, git_repository* to,
                               const std::vector<git_oid>& ids) {
  GitPackBuilder pack;
  TITAN_TRY(git_call(pack, "packing objects", git_packbuilder_new, from));
  for (const git_oid& id : ids) {
    TITAN_TRY(
        git_check(git_packbuilder_insert(pack.get(), &id, nullptr), "packing object " + hex(id)));
  }
  const std::string folder = std::string(git_repository_path(to)) + "objects/pack";
  constexpr unsigned kUsualMode = 0;
  TITAN_TRY(
      git_check(git_packbuilder_write(pack.get(), folder.c_str(), kUsualMode, nullptr, nullptr),
                "writing a pack"));
  return "pack-" + std::string(git_packbuilder_name(pack.get()));
}

Result<void> copy_objects(LocalHistory from, git_repository* to, const git_oid& tip) {
  TITAN_ASSIGN(const GitOdb target, object_store(to));
  TITAN_TRY(git_check(git_odb_refresh(target.get()), "reading the objects"));
  TITAN_ASSIGN(const std::vector<git_oid> missing, missing_objects(from, target.get(), tip));
  if (missing.size() <= kLooseObjectsMax) {
    return write_loose(from.repository, target.get(), missing);
  }
  TITAN_ASSIGN(const auto files, DiskFileSystem::open(git_repository_path(to)));
  TITAN_TRY(write_plain_pack(from.repository, *files, missing));
  return git_check(git_odb_refresh(target.get()), "reading the objects");
}

}  // namespace titan::gitops
