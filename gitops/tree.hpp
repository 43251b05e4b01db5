#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "gitops/git_handles.hpp"
#include "gitops/host_changes.hpp"
#include "gitops/memory_view.hpp"

// Reading and writing trees in the object store. For gitops/*.cpp alone.
namespace titan::gitops {

constexpr const char* kHostsFolder = "hosts";

// The folder `hosts` of the root tree `root` (none: an empty tree); null when there is none.
// conflict when `hosts` is a file.
Result<GitTree> hosts_tree(git_repository* repository, const git_tree* root);

// The names of the entries in which two trees differ; null stands for an empty one.
std::set<std::string> changed_names(const git_tree* before, const git_tree* after);

// What stands at hosts/<host> of the root tree `root` (none: an empty tree); nullopt when nothing
// does. conflict when `hosts` is a file.
Result<std::optional<TreeItem>> host_item(git_repository* repository, const git_tree* root,
                                          const std::string& host);

// What stands below `item`, two names deep: "default/prod" and "kustomization.yaml". A file in the
// place of the host's folder is listed with an empty path. So a listing differs from any that is
// made for a state where the tree does.
Result<TreeListing> list_host(git_repository* repository, const std::optional<TreeItem>& item);

// What stands below the folder `item`, however deep.
Result<TreeListing> list_files(git_repository* repository, const TreeItem& item);

// Writes the folders of a listing, whose items are in the object store, and returns the id of
// the outermost. REQUIRES: not empty, and no path is the folder of another.
Result<git_oid> write_tree(const MemoryView& objects, const TreeListing& listing);

// Writes a host's folder, whose listing is `after`, likewise. Where nothing differs from `before`,
// the listing of `old` (list_host()), the folders of workspaces are those of `old`.
Result<git_oid> write_host_folder(const MemoryView& objects, const std::optional<TreeItem>& old,
                                  const TreeListing& before, const TreeListing& after);

// What is to stand at hosts/<host>, by host; none: nothing.
using HostItems = std::map<std::string, std::optional<TreeItem>>;
// The root tree `root` (none: an empty tree) with these in it, and all else as it was; without
// `hosts` when nothing is left there. conflict when `hosts` is a file.
Result<git_oid> write_root(git_repository* repository, const git_tree* root,
                           const HostItems& items);

}  // namespace titan::gitops
