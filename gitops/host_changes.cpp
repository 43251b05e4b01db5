#include "gitops/host_changes.hpp"

namespace titan::gitops {
namespace {

// "default/prod" of "default/prod/service.yaml"; empty when the path is less deep.
std::string deployment_of(const std::string& path) {
  const std::size_t first = path.find('/');
  if (first == std::string::npos) return {};
  const std::size_t second = path.find('/', first + 1);
  return second == std::string::npos ? std::string() : path.substr(0, second);
}

std::map<std::string, TreeListing> by_deployment(const TreeListing& listing) {
  std::map<std::string, TreeListing> deployments;
  for (const auto& [path, item] : listing) {
    const std::string deployment = deployment_of(path);
    if (!deployment.empty()) deployments[deployment].emplace(path, item);
  }
  return deployments;
}

}  // namespace

HostChanges compare(const TreeListing& before, const TreeListing& after) {
  const auto old_ones = by_deployment(before);
  const auto new_ones = by_deployment(after);
  HostChanges changes;
  changes.first = before.empty();
  for (const auto& [deployment, files] : new_ones) {
    const auto old_one = old_ones.find(deployment);
    if (old_one == old_ones.end()) {
      changes.deployed.push_back(deployment);
    } else if (old_one->second != files) {
      changes.updated.push_back(deployment);
    }
  }
  for (const auto& [deployment, files] : old_ones) {
    if (!new_ones.contains(deployment)) changes.removed.push_back(deployment);
  }
  return changes;
}

}  // namespace titan::gitops
