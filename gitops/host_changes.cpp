#include "gitops/host_changes.hpp"

namespace titan::gitops {
namespace {

bool is_deployment(const std::string& path, const TreeItem& item) {
  return item.mode == kFolderMode && path.find('/') != std::string::npos;
}

}  // namespace

HostChanges compare(const TreeListing& before, const TreeListing& after) {
  HostChanges changes;
  changes.first = before.empty();
  const auto old_one = [&](const std::string& path) {
    const auto found = before.find(path);
    return found != before.end() && is_deployment(path, found->second) ? found : before.end();
  };
  for (const auto& [path, item] : after) {
    if (!is_deployment(path, item)) continue;
    const auto found = old_one(path);
    if (found == before.end()) {
      changes.deployed.push_back(path);
    } else if (found->second != item) {
      changes.updated.push_back(path);
    }
  }
  for (const auto& [path, item] : before) {
    const auto found = after.find(path);
    const bool stays = found != after.end() && is_deployment(path, found->second);
    if (is_deployment(path, item) && !stays) changes.removed.push_back(path);
  }
  return changes;
}

}  // namespace titan::gitops
