#include "gitops/host_tree.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "gitops/host_layout.hpp"
#include "gitops/kustomization.hpp"
#include "gitops/limits.hpp"
#include "gitops/tree.hpp"

namespace titan::gitops {
namespace {

// REQUIRES: `resources` is sorted.
void list_resources(TreeMemory::Entry& entry, std::vector<std::string> resources) {
  Hasher hasher;
  for (const std::string& path : resources) hasher.add(path);
  entry.resources_digest = hasher.finish();
  entry.resources = std::move(resources);
}

Result<TreeMemory::Entry> write_deployment(const MemoryView& objects,
                                           const model::RenderedDeployment& deployment) {
  TITAN_ASSIGN(DeploymentLayout layout, lay_out(deployment));
  TreeMemory::Entry entry{.files = layout.files.size()};
  TreeListing listing;
  for (const auto& [path, file] : layout.files) {
    TITAN_ASSIGN(const git_oid id, objects.write(GIT_OBJECT_BLOB, file.content));
    listing.emplace_hint(listing.end(), path, TreeItem{file.mode, hex(id)});
  }
  if (!listing.empty()) {
    TITAN_ASSIGN(const git_oid tree, write_tree(objects, listing));
    entry.tree = hex(tree);
  }
  list_resources(entry, std::move(layout.resources));
  return entry;
}

// What a deployment that stays as it is comes to, from what Git holds of it.
Result<TreeMemory::Entry> read_deployment(git_repository* repository, const TreeItem& item) {
  TITAN_ASSIGN(const TreeListing files, list_files(repository, item));
  GitOdb objects;
  TITAN_TRY(git_call(objects, "opening the objects", git_repository_odb, repository));
  TreeMemory::Entry entry{.tree = item.id, .files = files.size()};
  std::vector<std::string> resources;
  for (const auto& [path, file] : files) {
    if (file.mode == kFolderMode) continue;
    const git_oid id = object_id(file.id);
    GitOdbObject blob;
    TITAN_TRY(git_call(blob, "reading " + path, git_odb_read, objects.get(), &id));
    const std::string_view content(static_cast<const char*>(git_odb_object_data(blob.get())),
                                   git_odb_object_size(blob.get()));
    if (is_kubernetes_file(path, content)) resources.push_back(path);
  }
  list_resources(entry, std::move(resources));
  return entry;
}

// Whether the tree that a deployment came to once is still in the repository.
Result<bool> is_there(git_repository* repository, const std::string& tree, const std::string& path,
                      const TreeListing& before) {
  if (tree.empty()) return true;
  const auto found = before.find(path);
  if (found != before.end() && found->second.id == tree) return true;
  GitOdb objects;
  TITAN_TRY(git_call(objects, "opening the objects", git_repository_odb, repository));
  const git_oid id = object_id(tree);
  return git_odb_exists(objects.get(), &id) == 1;
}

using Entries = std::map<std::string, const TreeMemory::Entry*>;  // by "<workspace>/<deployment>"

std::string kustomization_of(const Entries& entries) {
  std::vector<std::string> resources;
  for (const auto& [path, entry] : entries) {
    for (const std::string& resource : entry->resources) {
      resources.push_back(path + "/" + resource);
    }
  }
  std::ranges::sort(resources);
  return kustomization_text(resources);
}

// The kustomization is made anew only when what it lists is not what it listed last.
Result<TreeItem> write_kustomization(const MemoryView& objects, const std::string& host,
                                     const Entries& entries, const TreeListing& before,
                                     TreeMemory& memory) {
  Hasher all;
  for (const auto& [path, entry] : entries) {
    if (!entry->resources.empty()) all.add(path).add(entry->resources_digest.short_form());
  }
  const Digest resources = all.finish();
  const std::string name(kKustomizationFile);
  const auto known = memory.kustomizations.find(host);
  const auto old_one = before.find(name);
  const bool is_same = known != memory.kustomizations.end() &&
                       known->second.resources == resources && old_one != before.end() &&
                       old_one->second == TreeItem{kPlainFileMode, known->second.blob};
  if (is_same) return old_one->second;
  TITAN_ASSIGN(const git_oid id, objects.write(GIT_OBJECT_BLOB, kustomization_of(entries)));
  memory.kustomizations[host] = {resources, hex(id)};
  return TreeItem{kPlainFileMode, hex(id)};
}

}  // namespace

const TreeMemory::Entry* TreeMemory::find(const Digest& rendered) const {
  const auto found = entries_.find(rendered);
  return found == entries_.end() ? nullptr : &found->second;
}

const TreeMemory::Entry& TreeMemory::keep(const Digest& rendered, Entry entry) {
  return entries_[rendered] = std::move(entry);
}

void TreeMemory::make_room(std::size_t entries) {
  if (entries_.size() + entries > kRememberedTreesMax) entries_.clear();
  if (kustomizations.size() >= kRememberedTreesMax) kustomizations.clear();
}

Result<TreeListing> write_host(const MemoryView& objects, const HostState& state,
                               const TreeListing& before, TreeMemory& memory) {
  memory.make_room(state.deployments.size());
  Entries entries;
  std::size_t files = 0;
  for (const model::RenderedDeployment& deployment : state.deployments) {
    const std::string path = deployment.key.short_text();
    const Digest digest =
        deployment.digest.empty() ? model::digest_of(deployment.files) : deployment.digest;
    const TreeMemory::Entry* entry = memory.find(digest);
    bool is_known = entry != nullptr;
    if (is_known) {
      TITAN_ASSIGN(is_known, is_there(objects.get(), entry->tree, path, before));
    }
    if (!is_known) {
      TITAN_ASSIGN(auto written, write_deployment(objects, deployment));
      entry = &memory.keep(digest, std::move(written));
    }
    entries.emplace_hint(entries.end(), path, entry);
    files += entry->files;
    if (files <= kHostFilesMax) continue;
    return Error{.code = ErrorCode::exhausted,
                 .message = "it has more than " + std::to_string(kHostFilesMax) + " files",
                 .subject = "host " + state.host};
  }
  std::deque<TreeMemory::Entry> kept;
  for (const model::Key& key : state.kept) {
    const std::string path = key.short_text();
    const auto found = before.find(path);
    if (found == before.end() || found->second.mode != kFolderMode) continue;
    TITAN_ASSIGN(kept.emplace_back(), read_deployment(objects.get(), found->second));
    entries.emplace(path, &kept.back());
  }
  TreeListing after;
  for (const auto& [path, entry] : entries) {
    if (entry->tree.empty()) continue;
    after.emplace_hint(after.end(), path, TreeItem{kFolderMode, entry->tree});
  }
  TITAN_ASSIGN(after[std::string(kKustomizationFile)],
               write_kustomization(objects, state.host, entries, before, memory));
  return after;
}

}  // namespace titan::gitops
