#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace titan::gitops {

// What stands at one path of a Git tree: its mode as Git writes it, and its object's id in hex.
struct TreeItem {
  std::uint32_t mode = 0;
  std::string id = {};
  bool operator==(const TreeItem&) const = default;
};
// By path inside a folder.
using TreeListing = std::map<std::string, TreeItem>;
constexpr std::uint32_t kFolderMode = 0040000;

// The deployments of one host that differ between two commits, as "<workspace>/<deployment>",
// each list sorted.
struct HostChanges {
  std::vector<std::string> deployed = {};
  std::vector<std::string> updated = {};
  std::vector<std::string> removed = {};
  bool first = false;  // the host had no folder before
  bool operator==(const HostChanges&) const = default;
};

// What differs between two listings of a host's folder, two names deep (list_host() in tree.hpp). A
// deployment is a folder at a path of two names: "default/prod". Other paths belong to none.
HostChanges compare(const TreeListing& before, const TreeListing& after);

}  // namespace titan::gitops
