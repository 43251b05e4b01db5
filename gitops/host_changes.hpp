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
// By the path inside the host's folder: "default/prod/service.yaml".
using TreeListing = std::map<std::string, TreeItem>;

// The deployments of one host that differ between two commits, as "<workspace>/<deployment>",
// each list sorted.
struct HostChanges {
  std::vector<std::string> deployed = {};
  std::vector<std::string> updated = {};
  std::vector<std::string> removed = {};
  bool first = false;  // the host had no folder before
  bool operator==(const HostChanges&) const = default;
};

// A deployment is what stands below a folder of two names. Other paths, such as
// kustomization.yaml, belong to none.
HostChanges compare(const TreeListing& before, const TreeListing& after);

}  // namespace titan::gitops
