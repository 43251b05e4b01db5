#pragma once

#include <optional>
#include <set>
#include <string>

#include "gitops/git_handles.hpp"
#include "gitops/host_changes.hpp"

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

// The files below `item`, by path. What is no folder, or is deeper than a rendered file can be,
// is listed as it is; so a listing differs from any rendered one where the tree does.
Result<TreeListing> list_tree(git_repository* repository, const std::optional<TreeItem>& item);

// Writes the folders of a listing, whose files are in the object store, and returns the id of
// the outermost. REQUIRES: not empty, and no path is the folder of another.
Result<git_oid> write_tree(git_repository* repository, const TreeListing& listing);

// The root tree `root` (none: an empty tree) with `item` at hosts/<host>, or without anything
// there, and all else as it was. conflict when `hosts` is a file.
Result<git_oid> write_root(git_repository* repository, const git_tree* root,
                           const std::string& host, const std::optional<TreeItem>& item);

}  // namespace titan::gitops
