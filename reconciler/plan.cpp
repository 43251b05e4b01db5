#include "reconciler/plan.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace titan::reconciler {
namespace {

using model::Key;

const DeploymentFiles* find(const std::vector<DeploymentFiles>& list, const Key& key) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const DeploymentFiles& item) { return item.key == key; });
  return found == list.end() ? nullptr : &*found;
}

// Who may write where.
class Claims {
 public:
  // Claims all paths of the deployment, or none: then it says what stands in the way.
  std::optional<std::string> claim(const DeploymentFiles& deployment) {
    for (const FileState& file : deployment.files) {
      if (auto obstacle = obstacle_to(file.path, deployment.key)) return obstacle;
    }
    for (const FileState& file : deployment.files) owners_.emplace(file.path, deployment.key);
    return std::nullopt;
  }
  // Claims those of its files that it has already, unless somebody did before.
  void keep(const DeploymentFiles& wanted, const DeploymentFiles& there) {
    std::set<std::string_view> has;
    for (const FileState& file : there.files) has.insert(file.path);
    for (const FileState& file : wanted.files) {
      if (has.contains(file.path)) owners_.emplace(file.path, wanted.key);
    }
  }
  [[nodiscard]] bool claimed(const std::string& path) const { return owners_.contains(path); }

 private:
  [[nodiscard]] std::optional<std::string> obstacle_to(const std::string& path,
                                                       const Key& key) const {
    if (const auto owner = owners_.find(path); owner != owners_.end() && owner->second != key) {
      return quote(path) + " belongs to " + owner->second.subject();
    }
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      const auto owner = owners_.find(path.substr(0, slash));
      if (owner != owners_.end() && owner->second != key) {
        return quote(path) + " needs a folder where " + owner->second.subject() + " has the file " +
               quote(owner->first);
      }
    }
    const std::string folder = path + "/";
    const auto below = owners_.lower_bound(folder);
    if (below != owners_.end() && below->first.starts_with(folder) && below->second != key) {
      return quote(path) + " is a folder that holds files of " + below->second.subject();
    }
    return std::nullopt;
  }

  std::map<std::string, Key> owners_;
};

bool contains(const std::vector<Key>& keys, const Key& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// Gives out the paths, in order of right: what held and refused deployments have; then what others
// have and still want; then what those want that are there already, so that a newcomer never takes
// over their paths; then the rest.
// Adds to `refused` whoever finds something in the way.
Claims claims_of(const std::vector<DeploymentFiles>& desired, const std::vector<Key>& held,
                 const std::vector<DeploymentFiles>& actual, std::map<Key, std::string>& refused) {
  Claims claims;
  for (const DeploymentFiles& there : actual) {
    if (contains(held, there.key) || refused.contains(there.key)) claims.claim(there);
  }
  for (const DeploymentFiles& wanted : desired) {
    const DeploymentFiles* const there = find(actual, wanted.key);
    if (there != nullptr && !refused.contains(wanted.key)) claims.keep(wanted, *there);
  }
  for (const bool already_there : {true, false}) {
    for (const DeploymentFiles& wanted : desired) {
      const bool there = find(actual, wanted.key) != nullptr;
      if (there != already_there || refused.contains(wanted.key)) continue;
      if (auto obstacle = claims.claim(wanted)) refused.emplace(wanted.key, *std::move(obstacle));
    }
  }
  return claims;
}

// Everything in `actual` that nobody claims, and everything in `desired` that is not there yet.
Step step_for(const Key& key, const DeploymentFiles* desired, const DeploymentFiles* actual,
              const Claims& claims) {
  Step step{.key = key, .leaves = desired == nullptr};
  if (actual != nullptr) {
    for (const FileState& file : actual->files) {
      if (!claims.claimed(file.path)) step.removals.push_back(file.path);
    }
  }
  if (desired != nullptr) {
    for (const FileState& file : desired->files) {
      const bool there = actual != nullptr && std::find(actual->files.begin(), actual->files.end(),
                                                        file) != actual->files.end();
      if (!there) step.writes.push_back(file);
    }
  }
  return step;
}

}  // namespace

Plan plan(const std::vector<DeploymentFiles>& desired, const std::vector<Key>& held,
          const std::vector<DeploymentFiles>& actual) {
  std::map<Key, std::string> refused;
  Claims claims = claims_of(desired, held, actual, refused);
  // A refused deployment keeps its files, which may be in the way of one accepted before.
  for (std::size_t before = 0; before != refused.size();) {
    before = refused.size();
    claims = claims_of(desired, held, actual, refused);
  }

  Plan plan;
  for (const auto& [key, reason] : refused) plan.refusals.push_back({key, reason});
  for (const DeploymentFiles& there : actual) {
    if (contains(held, there.key) || find(desired, there.key) != nullptr) continue;
    plan.steps.push_back(step_for(there.key, nullptr, &there, claims));
  }
  for (const DeploymentFiles& wanted : desired) {
    if (refused.contains(wanted.key)) continue;
    const DeploymentFiles* there = find(actual, wanted.key);
    Step step = step_for(wanted.key, &wanted, there, claims);
    if (there == nullptr || !step.removals.empty() || !step.writes.empty()) {
      plan.steps.push_back(std::move(step));
    }
  }
  return plan;
}

}  // namespace titan::reconciler
