#include "gitops/tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "gitops/limits.hpp"

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
      listing.emplace_hint(listing.end(), path, item_of(entry));
    }
  }
  return {};
}

struct WrittenTree {
  git_oid id;
  bool is_empty = false;
};

// `base` (none: an empty tree) with these entries, or without those that are none.
Result<WrittenTree> replace_entries(git_repository* repository, const git_tree* base,
                                    const HostItems& items) {
  GitTreeBuilder builder;
  TITAN_TRY(git_call(builder, "building a tree", git_treebuilder_new, repository, base));
  for (const auto& [name, item] : items) {
    if (item) {
      const git_oid id = object_id(item->id);
      TITAN_TRY(git_check(git_treebuilder_insert(nullptr, builder.get(), name.c_str(), &id,
                                                 static_cast<git_filemode_t>(item->mode)),
                          "adding " + name + " to a tree"));
    } else if (git_treebuilder_get(builder.get(), name.c_str()) != nullptr) {
      TITAN_TRY(git_check(git_treebuilder_remove(builder.get(), name.c_str()),
                          "removing " + name + " from a tree"));
    }
  }
  WrittenTree written{.is_empty = git_treebuilder_entrycount(builder.get()) == 0};
  TITAN_TRY(git_check(git_treebuilder_write(&written.id, builder.get()), "writing a tree"));
  return written;
}

using Items = std::map<std::string, TreeItem>;  // of one folder, by name

// A tree as Git keeps it: sorted as if the names of folders ended in a slash.
Result<git_oid> write_items(const MemoryView& objects, const Items& items) {
  std::map<std::string, const Items::value_type*> sorted;
  for (const auto& item : items) {
    sorted.emplace(item.first + (item.second.mode == kFolderMode ? "/" : ""), &item);
  }
  std::string bytes;
  for (const auto& [place, item] : sorted) {
    constexpr std::size_t kModeDigits = 8;
    std::array<char, kModeDigits> mode{};
    constexpr int kOctal = 8;
    const auto end =
        std::to_chars(mode.data(), mode.data() + mode.size(), item->second.mode, kOctal);
    const git_oid id = object_id(item->second.id);
    bytes.append(mode.data(), end.ptr).append(" ").append(item->first).append(1, '\0');
    bytes.append(id.id, id.id + GIT_OID_RAWSZ);
  }
  return objects.write(GIT_OBJECT_TREE, bytes);
}

// Writes the folder of the files in [first, last), whose paths agree in their first `prefix`
// bytes. Files of one folder stand side by side, since a listing is sorted by path.
Result<git_oid> write_folder(const MemoryView& objects, TreeListing::const_iterator first,
                             TreeListing::const_iterator last, std::size_t prefix) {
  Items items;
  while (first != last) {
    const std::size_t slash = first->first.find('/', prefix);
    const std::string name = first->first.substr(prefix, slash - prefix);
    auto next = std::next(first);
    if (slash == std::string::npos) {
      items.emplace(name, first->second);
    } else {
      const std::string folder = first->first.substr(0, slash + 1);
      while (next != last && next->first.starts_with(folder)) ++next;
      TITAN_ASSIGN(const git_oid id, write_folder(objects, first, next, slash + 1));
      items.emplace(name, TreeItem{kFolderMode, hex(id)});
    }
    first = next;
  }
  return write_items(objects, items);
}

// What is below a folder.
auto range_of(const TreeListing& listing, const std::string& folder) {
  constexpr char kAfterSlash = '/' + 1;
  return std::pair(listing.lower_bound(folder + "/"), listing.lower_bound(folder + kAfterSlash));
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

Result<TreeListing> list_host(git_repository* repository, const std::optional<TreeItem>& item) {
  TreeListing listing;
  if (!item) return listing;
  if (item->mode != kFolderMode) {
    listing.emplace("", *item);
    return listing;
  }
  constexpr std::size_t kNamesToADeployment = 2;
  TITAN_TRY(list_folder(repository, object_id(item->id), "", kNamesToADeployment - 1, listing));
  return listing;
}

Result<TreeListing> list_files(git_repository* repository, const TreeItem& item) {
  TreeListing listing;
  TITAN_TRY(list_folder(repository, object_id(item.id), "", kFolderDepthMax, listing));
  return listing;
}

Result<git_oid> write_tree(const MemoryView& objects, const TreeListing& listing) {
  return write_folder(objects, listing.begin(), listing.end(), 0);
}

Result<git_oid> write_host_folder(const MemoryView& objects, const std::optional<TreeItem>& old,
                                  const TreeListing& before, const TreeListing& after) {
  GitTree old_tree;
  if (old && old->mode == kFolderMode) {
    TITAN_ASSIGN(old_tree, read_tree(objects.get(), object_id(old->id)));
  }
  Items items;
  for (auto first = after.begin(); first != after.end();) {
    const std::size_t slash = first->first.find('/');
    if (slash == std::string::npos) {
      items.insert(*first++);
      continue;
    }
    const std::string workspace = first->first.substr(0, slash);
    const auto [begin, end] = range_of(after, workspace);
    const auto [old_begin, old_end] = range_of(before, workspace);
    const git_tree_entry* const entry =
        old_tree ? git_tree_entry_byname(old_tree.get(), workspace.c_str()) : nullptr;
    if (entry != nullptr && std::equal(begin, end, old_begin, old_end)) {
      items.emplace(workspace, item_of(entry));
    } else {
      TITAN_ASSIGN(const git_oid id, write_folder(objects, begin, end, slash + 1));
      items.emplace(workspace, TreeItem{kFolderMode, hex(id)});
    }
    first = end;
  }
  return write_items(objects, items);
}

Result<git_oid> write_root(git_repository* repository, const git_tree* root,
                           const HostItems& items) {
  TITAN_ASSIGN(const GitTree hosts, hosts_tree(repository, root));
  TITAN_ASSIGN(const WrittenTree folder, replace_entries(repository, hosts.get(), items));
  std::optional<TreeItem> item;
  if (!folder.is_empty) item = TreeItem{kFolderMode, hex(folder.id)};
  TITAN_ASSIGN(const WrittenTree written,
               replace_entries(repository, root, {{kHostsFolder, item}}));
  return written.id;
}

}  // namespace titan::gitops
