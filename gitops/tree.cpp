#include "gitops/tree.hpp"

#include "gitops/limits.hpp"
#include "model/limits.hpp"

namespace titan::gitops {
namespace {

TreeItem item_of(const git_tree_entry* entry) {
  return {static_cast<std::uint32_t>(git_tree_entry_filemode_raw(entry)),
          hex(*git_tree_entry_id(entry))};
}

TreeListing entries_of(const git_tree* tree) {
  TreeListing entries;
  if (tree == nullptr) return entries;
  for (std::size_t i = 0; i < git_tree_entrycount(tree); ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree, i);
    entries.emplace(git_tree_entry_name(entry), item_of(entry));
  }
  return entries;
}

Result<void> list_folder(git_repository* repository, const git_oid& id, const std::string& prefix,
                         std::size_t depth, TreeListing& listing) {
  TITAN_ASSIGN(const GitTree tree, read_tree(repository, id));
  for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
    const std::string path = prefix + git_tree_entry_name(entry);
    if (git_tree_entry_type(entry) == GIT_OBJECT_TREE && depth > 0) {
      TITAN_TRY(list_folder(repository, *git_tree_entry_id(entry), path + "/", depth - 1, listing));
    } else {
      listing.emplace(path, item_of(entry));
    }
  }
  return {};
}

// `base` (none: an empty tree) with `item` as `name`, or without it.
Result<git_oid> replace_entry(git_repository* repository, const git_tree* base,
                              const std::string& name, const std::optional<TreeItem>& item) {
  GitTreeBuilder builder;
  TITAN_TRY(git_call(builder, "building a tree", git_treebuilder_new, repository, base));
  if (item) {
    const git_oid id = object_id(item->id);
    TITAN_TRY(git_check(git_treebuilder_insert(nullptr, builder.get(), name.c_str(), &id,
                                               static_cast<git_filemode_t>(item->mode)),
                        "adding " + name + " to a tree"));
  } else if (git_treebuilder_get(builder.get(), name.c_str()) != nullptr) {
    TITAN_TRY(git_check(git_treebuilder_remove(builder.get(), name.c_str()),
                        "removing " + name + " from a tree"));
  }
  git_oid id;
  TITAN_TRY(git_check(git_treebuilder_write(&id, builder.get()), "writing a tree"));
  return id;
}

// Writes the folder of the files in [first, last), whose paths agree in their first `prefix`
// bytes. Files of one folder stand side by side, since a listing is sorted by path.
Result<git_oid> write_folder(git_repository* repository, TreeListing::const_iterator first,
                             TreeListing::const_iterator last, std::size_t prefix) {
  GitTreeBuilder builder;
  TITAN_TRY(git_call(builder, "building a tree", git_treebuilder_new, repository, nullptr));
  while (first != last) {
    const std::size_t slash = first->first.find('/', prefix);
    const std::string name = first->first.substr(prefix, slash - prefix);
    TreeItem item = first->second;
    auto next = std::next(first);
    if (slash != std::string::npos) {
      const std::string folder = first->first.substr(0, slash + 1);
      while (next != last && next->first.starts_with(folder)) ++next;
      TITAN_ASSIGN(const git_oid id, write_folder(repository, first, next, slash + 1));
      item = {GIT_FILEMODE_TREE, hex(id)};
    }
    const git_oid id = object_id(item.id);
    TITAN_TRY(git_check(git_treebuilder_insert(nullptr, builder.get(), name.c_str(), &id,
                                               static_cast<git_filemode_t>(item.mode)),
                        "adding " + first->first + " to a tree"));
    first = next;
  }
  git_oid id;
  TITAN_TRY(git_check(git_treebuilder_write(&id, builder.get()), "writing a tree"));
  return id;
}

}  // namespace

Result<GitTree> hosts_tree(git_repository* repository, const git_tree* root) {
  if (root == nullptr) return GitTree();
  const git_tree_entry* entry = git_tree_entry_byname(root, kHostsFolder);
  if (entry == nullptr) return GitTree();
  if (git_tree_entry_type(entry) != GIT_OBJECT_TREE) {
    return conflict("\"hosts\" is a file on the branch; expected a folder");
  }
  return read_tree(repository, *git_tree_entry_id(entry));
}

std::set<std::string> changed_names(const git_tree* before, const git_tree* after) {
  const auto old_entries = entries_of(before);
  const auto new_entries = entries_of(after);
  std::set<std::string> names;
  for (const auto& [name, item] : old_entries) {
    const auto found = new_entries.find(name);
    if (found == new_entries.end() || found->second != item) names.insert(name);
  }
  for (const auto& [name, item] : new_entries) {
    if (!old_entries.contains(name)) names.insert(name);
  }
  return names;
}

Result<std::optional<TreeItem>> host_item(git_repository* repository, const git_tree* root,
                                          const std::string& host) {
  TITAN_ASSIGN(const GitTree hosts, hosts_tree(repository, root));
  if (hosts == nullptr) return std::nullopt;
  const git_tree_entry* entry = git_tree_entry_byname(hosts.get(), host.c_str());
  if (entry == nullptr) return std::nullopt;
  return item_of(entry);
}

Result<TreeListing> list_tree(git_repository* repository, const std::optional<TreeItem>& item) {
  TreeListing listing;
  if (!item) return listing;
  if (item->mode != GIT_FILEMODE_TREE) {
    listing.emplace("", *item);
    return listing;
  }
  // Two names lead to a deployment's own files.
  TITAN_TRY(
      list_folder(repository, object_id(item->id), "", model::kRenderedPathDepthMax + 2, listing));
  return listing;
}

Result<git_oid> write_tree(git_repository* repository, const TreeListing& listing) {
  return write_folder(repository, listing.begin(), listing.end(), 0);
}

Result<git_oid> write_root(git_repository* repository, const git_tree* root,
                           const std::string& host, const std::optional<TreeItem>& item) {
  TITAN_ASSIGN(const GitTree hosts, hosts_tree(repository, root));
  TITAN_ASSIGN(const git_oid id, replace_entry(repository, hosts.get(), host, item));
  return replace_entry(repository, root, kHostsFolder, TreeItem{GIT_FILEMODE_TREE, hex(id)});
}

}  // namespace titan::gitops
