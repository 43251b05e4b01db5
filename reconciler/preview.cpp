#include "reconciler/preview.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "reconciler/delivery.hpp"
#include "reconciler/limits.hpp"
#include "reconciler/placement.hpp"

namespace titan::reconciler {
namespace {

using model::Entity;
using model::Key;
using model::Kind;
using EntityPtr = std::shared_ptr<const Entity>;

constexpr std::uint64_t kHead = 1;  // of the small fleets

// The fleet as it is, or with what would be written in its place.
class View {
 public:
  View(const Fleet& fleet, const std::map<Key, EntityPtr>& written)
      : fleet_(fleet), written_(written) {}

  // null: it is not there. Not of hosts.
  [[nodiscard]] EntityPtr find(const Key& key) const {
    if (const auto found = written_.find(key); found != written_.end()) return found->second;
    const EntityRecord* record = fleet_.find(key);
    return record == nullptr || record->now() == nullptr ? nullptr : record->now()->entity;
  }
  [[nodiscard]] EntityPtr find_host(const Key& key) const {
    if (const auto found = written_.find(key); found != written_.end()) return found->second;
    const HostRecord* host = fleet_.find_host(key);
    if (host == nullptr || host->now() == nullptr) return nullptr;
    const HostVersion& now = *host->now();
    return std::make_shared<const Entity>(
        Entity{.name = key.name,
               .organization = key.organization,
               .spec = model::HostSpec{.labels = fleet_.labels_of(now),
                                       .values = now.values,
                                       .capacity = host->capacity,
                                       .signatures = now.signatures},
               .status = host->status});
  }

  // null: there is no such deployment, or it names no target that there is.
  [[nodiscard]] const model::TargetSpec* target_of(const Key& deployment) const {
    const EntityPtr entity = find(deployment);
    if (entity == nullptr) return nullptr;
    const EntityPtr target = find({.organization = deployment.organization,
                                   .kind = Kind::target,
                                   .workspace = deployment.workspace,
                                   .name = std::get<model::DeploymentSpec>(entity->spec).target});
    // What it belongs to stays: the fleet keeps it, or the writes do.
    return target == nullptr ? nullptr : &std::get<model::TargetSpec>(target->spec);
  }

 private:
  const Fleet& fleet_;
  const std::map<Key, EntityPtr>& written_;
};

const model::DeploymentSpec* spec_of(const EntityPtr& deployment) {
  return deployment == nullptr ? nullptr : &std::get<model::DeploymentSpec>(deployment->spec);
}

// Makes one preview. Its parts are called in the order in which they stand.
class Previewer {
 public:
  Previewer(const Fleet& fleet, const std::vector<ProposedState>& writes)
      : fleet_(fleet), before_(fleet, none_), after_(fleet, written_) {
    for (const ProposedState& write : writes) {
      organization_ = write.key.organization;
      const bool stays = write.after && !write.after->deleting;
      written_[write.key] = stays ? std::make_shared<const Entity>(*write.after) : nullptr;
    }
  }

  Preview make() {
    find_deployments();
    for (const Key& deployment : deployments_) find_hosts(deployment);
    choose_hosts();
    result_.before = fleet_of(before_, {});
    result_.after = fleet_of(after_, assigned_);
    find_places();
    return std::move(result_);
  }

 private:
  // ---- which deployments

  void add_everywhere(const Key& deployment) {
    deployments_.insert(deployment);
    everywhere_.insert(deployment);
  }

  void add_users(const Key& key) {
    for (const Key& user : fleet_.users_of(key)) {
      if (user.kind == Kind::deployment) add_everywhere(user);
      if (user.kind != Kind::workload) continue;
      for (const Key& theirs : fleet_.users_of(user)) {
        if (theirs.kind == Kind::deployment) add_everywhere(theirs);
      }
    }
  }

  void add_of_host(const Key& key) {
    if (const HostRecord* host = fleet_.find_host(key)) {
      for (const Delivery& delivery : deliveries_to(fleet_, *host, fleet_.head())) {
        deployments_.insert(delivery.deployment->key);
      }
    }
    const EntityPtr after = after_.find_host(key);
    if (after == nullptr) return;
    const model::Labels& labels = std::get<model::HostSpec>(after->spec).labels;
    fleet_.for_each(Kind::deployment, [&](const EntityRecord& record) {
      if (record.key.organization != key.organization) return;
      const model::TargetSpec* target = after_.target_of(record.key);
      if (target != nullptr && target->matches(labels)) deployments_.insert(record.key);
    });
  }

  void find_deployments() {
    for (const auto& [key, after] : written_) {
      if (key.kind == Kind::deployment) add_everywhere(key);
      if (key.kind == Kind::host) add_of_host(key);
      if (key.kind == Kind::workload || key.kind == Kind::template_ || key.kind == Kind::target ||
          key.kind == Kind::secret) {
        add_users(key);
      }
    }
    while (deployments_.size() > kPreviewDeploymentsMax) {
      deployments_.erase(std::prev(deployments_.end()));
      ++result_.more_deployments;
    }
  }

  // ---- which hosts

  // All that one target matches, as hosts are now; those that are written come besides.
  void add_matches(const Key& deployment, const model::TargetSpec& target) {
    const auto [known, is_new] = targets_.emplace(&target, deployment.organization);
    if (!is_new) return;
    fleet_.for_each_match(deployment.organization, target,
                          [&](const HostRecord& host) { hosts_.push_back(host.key.name); });
  }

  // One that only written hosts are about stays as it is on the others, but for replicas.
  void find_hosts(const Key& deployment) {
    const EntityPtr before = before_.find(deployment);
    const EntityPtr after = after_.find(deployment);
    const bool is_everywhere = everywhere_.contains(deployment);
    if (const auto* spec = spec_of(before)) {
      const model::TargetSpec* target = before_.target_of(deployment);
      if (is_everywhere && !spec->replicas && target != nullptr) add_matches(deployment, *target);
    }
    for (const std::string& host : holders_of(deployment)) hosts_.push_back(host);
    if (const auto* spec = spec_of(after)) {
      const model::TargetSpec* target = after_.target_of(deployment);
      if (is_everywhere && !spec->replicas && target != nullptr) add_matches(deployment, *target);
      if (spec->replicas) place_replicas(deployment, *spec, target);
    }
  }

  [[nodiscard]] std::set<std::string> holders_of(const Key& deployment) const {
    std::set<std::string> holders;
    for (const Key& user : fleet_.users_of(deployment)) {
      if (user.kind != Kind::assignment) continue;
      holders.insert(std::get<model::AssignmentSpec>(before_.find(user)->spec).host);
    }
    return holders;
  }

  // As PlacementProcessor does when the write has come.
  void place_replicas(const Key& deployment, const model::DeploymentSpec& spec,
                      const model::TargetSpec* target) {
    PlacementRequest request{.deployment = deployment.short_text(), .replicas = *spec.replicas};
    const std::set<std::string> holders = holders_of(deployment);
    std::set<std::string> names = holders;
    // Most often nothing moves; then the other hosts need not be looked at.
    const bool is_settled =
        holders.size() == *spec.replicas && std::ranges::all_of(holders, [&](const auto& name) {
          return candidate_of(deployment, name, spec, target).matches;
        });
    if (target != nullptr && !is_settled) {
      fleet_.for_each_match(deployment.organization, *target,
                            [&](const HostRecord& host) { names.insert(host.key.name); });
    }
    for (const auto& [key, written] : written_) {
      if (key.kind == Kind::host) names.insert(key.name);
    }
    for (const std::string& name : names) {
      auto candidate = candidate_of(deployment, name, spec, target);
      candidate.holds = holders.contains(name);
      if (candidate.holds || candidate.matches) request.candidates.push_back(std::move(candidate));
    }
    const Placement placement = place(request);
    auto& hosts = assigned_[deployment];
    for (const auto* list : {&placement.keep, &placement.stranded, &placement.add}) {
      hosts.insert(hosts.end(), list->begin(), list->end());
      hosts_.insert(hosts_.end(), list->begin(), list->end());
    }
  }

  [[nodiscard]] Candidate candidate_of(const Key& deployment, const std::string& name,
                                       const model::DeploymentSpec& spec,
                                       const model::TargetSpec* target) const {
    Candidate candidate{.host = name};
    const Key key{.organization = deployment.organization, .kind = Kind::host, .name = name};
    const HostRecord* record = fleet_.find_host(key);
    if (record != nullptr) {
      for (const Delivery& delivery : deliveries_to(fleet_, *record, fleet_.head())) {
        candidate.load += delivery.deployment->key == deployment ? 0 : 1;
      }
      if (record->status == model::Status::missing) candidate.presence = Presence::missing;
    }
    const EntityPtr host = after_.find_host(key);
    if (host == nullptr) return candidate;
    const auto& theirs = std::get<model::HostSpec>(host->spec);
    candidate.matches = target != nullptr && target->matches(theirs.labels);
    candidate.capacity = theirs.capacity;
    const auto value = theirs.labels.find(spec.spread_by);
    if (!spec.spread_by.empty() && value != theirs.labels.end()) {
      candidate.spread_value = value->second;
    }
    return candidate;
  }

  // Those that are written, and then others by name.
  void choose_hosts() {
    std::set<std::string> chosen;
    for (const auto& [key, written] : written_) {
      if (key.kind == Kind::host) chosen.insert(key.name);
    }
    std::ranges::sort(hosts_);
    hosts_.erase(std::unique(hosts_.begin(), hosts_.end()), hosts_.end());
    for (const std::string& host : hosts_) {
      if (chosen.contains(host)) continue;
      if (chosen.size() < kPreviewHostsMax) {
        chosen.insert(host);
      } else {
        ++result_.more_hosts;
      }
    }
    hosts_.assign(chosen.begin(), chosen.end());
  }

  // ---- the small fleets

  // `assigned`: where the replicas of deployments are; of others as it is now.
  [[nodiscard]] std::unique_ptr<const Fleet> fleet_of(
      const View& view, const std::map<Key, std::vector<std::string>>& assigned) const {
    auto made = std::make_unique<Fleet>();
    std::set<Key> loaded;
    const std::function<void(const Key&)> load = [&](const Key& key) {
      if (!loaded.insert(key).second) return;
      const EntityPtr entity = view.find(key);
      if (entity == nullptr) return;
      made->load_entity(*entity);
      for (const model::Reference& reference : model::references_of(*entity)) {
        if (reference.key.kind != Kind::deployment) load(reference.key);
      }
    };
    for (const Key& deployment : deployments_) {
      load(deployment);
      const auto placed = assigned.find(deployment);
      if (placed == assigned.end()) {
        for (const Key& user : fleet_.users_of(deployment)) {
          if (user.kind == Kind::assignment) made->load_entity(*view.find(user));
        }
        continue;
      }
      for (const std::string& host : placed->second) {
        made->load_entity(
            {.name = assignment_name(deployment.name, host),
             .organization = deployment.organization,
             .workspace = deployment.workspace,
             .spec = model::AssignmentSpec{.deployment = deployment.name, .host = host}});
      }
    }
    for (const std::string& name : hosts_) {
      const EntityPtr host = view.find_host(host_key(name));
      if (host != nullptr) made->load_entity(*host);
    }
    made->finish_loading(kHead, 0);
    return made;
  }

  [[nodiscard]] Key host_key(const std::string& name) const {
    return {.organization = organization_, .kind = Kind::host, .name = name};
  }

  static bool is_there(const Fleet& fleet, const Key& deployment, const Key& host) {
    const EntityRecord* record = fleet.find(deployment);
    const HostRecord* its_host = fleet.find_host(host);
    return record != nullptr && its_host != nullptr && reaches(fleet, *record, *its_host, kHead);
  }

  void find_places() {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (result_.places.size() >= kPreviewFormsMax) {
        result_.more_hosts += hosts_.size() - i;
        return;
      }
      const Key host = host_key(hosts_[i]);
      ++result_.hosts;
      for (const Key& deployment : deployments_) {
        if (is_there(*result_.before, deployment, host) ||
            is_there(*result_.after, deployment, host)) {
          result_.places.push_back({deployment, host});
        }
      }
    }
  }

  const Fleet& fleet_;
  const std::map<Key, EntityPtr> none_ = {};
  std::map<Key, EntityPtr> written_ = {};  // null: gone
  const View before_;
  const View after_;
  std::string organization_ = std::string(model::kDefaultOrganization);

  std::set<Key> deployments_ = {};
  std::set<Key> everywhere_ = {};  // those that may change on any of their hosts
  std::vector<std::string> hosts_ = {};
  // Whose matches are in `hosts_`.
  std::set<std::pair<const model::TargetSpec*, std::string>> targets_ = {};
  std::map<Key, std::vector<std::string>> assigned_ = {};  // by deployment, after
  Preview result_ = {};
};

}  // namespace

Preview preview(const Fleet& fleet, const std::vector<ProposedState>& writes) {
  return Previewer(fleet, writes).make();
}

std::optional<model::DesiredDeployment> form_at(const Fleet& fleet, const Key& deployment,
                                                const Key& host, std::uint64_t seq) {
  const HostRecord* record = fleet.find_host(host);
  if (record == nullptr) return std::nullopt;
  for (const Delivery& delivery : deliveries_to(fleet, *record, seq)) {
    if (delivery.deployment->key != deployment) continue;
    return desired_form(fleet, delivery, desired_digest(delivery));
  }
  return std::nullopt;
}

}  // namespace titan::reconciler
