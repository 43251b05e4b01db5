#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/change.hpp"
#include "reconciler/fleet.hpp"

namespace titan::testing {

// Writes entities into a Fleet the way the store and the feed would: revisions, versions, ids and
// sequence numbers come by themselves.
class FleetBuilder {
 public:
  // The change that this write makes; its seq is head().
  model::Change put(model::Entity entity) {
    const model::Key key = entity.key();
    const auto stored = entities_.find(key);
    model::Change change{.key = key, .operation = model::Operation::created};
    entity.revision = entity.version = 1;
    entity.id = "id-" + std::to_string(head() + 1);
    if (stored != entities_.end()) {
      change.operation = model::Operation::updated;
      change.before = stored->second;
      entity.id = stored->second.id;
      entity.revision = stored->second.revision + 1;
      entity.version = stored->second.version + (entity.spec == stored->second.spec ? 0 : 1);
    }
    change.after = entity;
    entities_[key] = std::move(entity);
    return feed(std::move(change));
  }

  model::Change remove(const model::Key& key) {
    model::Change change{
        .key = key, .operation = model::Operation::deleted, .before = entities_.at(key)};
    entities_.erase(key);
    return feed(std::move(change));
  }

  // Of the change with this seq.
  static Timestamp time_of(std::uint64_t seq) {
    return Timestamp::from_micros(static_cast<std::int64_t>(seq) * 1'000'000);
  }

  void forget_before(std::uint64_t horizon) { fleet_.forget_before(horizon); }

  [[nodiscard]] const reconciler::Fleet& fleet() const { return fleet_; }
  [[nodiscard]] std::uint64_t head() const { return fleet_.head(); }
  [[nodiscard]] const std::map<model::Key, model::Entity>& entities() const { return entities_; }
  [[nodiscard]] const model::Entity& at(const model::Key& key) const { return entities_.at(key); }
  // All that was written, in order.
  [[nodiscard]] const std::vector<model::Change>& changes() const { return changes_; }

 private:
  model::Change feed(model::Change change) {
    change.seq = head() + 1;
    change.time = time_of(change.seq);
    fleet_.apply(change);
    changes_.push_back(change);
    return change;
  }

  reconciler::Fleet fleet_;
  std::map<model::Key, model::Entity> entities_;
  std::vector<model::Change> changes_;
};

// Fills `fleet` from what a store keeps when its log begins after `horizon`: the changes that
// altered what hosts should have, and the entities as they are now.
inline void load(reconciler::Fleet& fleet, const FleetBuilder& builder, std::uint64_t horizon) {
  const auto visible = [](const std::optional<model::Entity>& state) {
    return state && !state->deleting ? state : std::nullopt;
  };
  for (const model::Change& change : builder.changes()) {
    const auto before = visible(change.before);
    const auto after = visible(change.after);
    const bool same = before && after ? before->id == after->id && before->version == after->version
                                      : before.has_value() == after.has_value();
    if (change.seq > horizon && !same) {
      fleet.load_history(change.key, change.seq, change.time, before);
    }
  }
  for (const auto& [key, entity] : builder.entities()) fleet.load_entity(entity);
  fleet.finish_loading(builder.head(), horizon);
}

inline model::Entity make_host(const std::string& name, const model::Labels& labels) {
  return {.name = name, .spec = model::HostSpec{.labels = labels}};
}

inline model::Entity make_template(const std::string& name, const std::string& content = "x") {
  model::TemplateSpec spec;
  spec.files = {{.path = "root/etc/" + name, .digest = Digest::of(content), .size = 1}};
  return {.name = name, .spec = std::move(spec)};
}

inline model::Entity make_workload(const std::string& name, const std::string& repo = "repo") {
  return {.name = name, .workspace = "default", .spec = model::WorkloadSpec{.repo = repo}};
}

// `value` stands for what the server made a digest of.
inline model::Entity make_secret(const std::string& name, const std::string& key,
                                 const std::string& value) {
  return {.name = name,
          .workspace = "default",
          .spec = model::SecretSpec{
              .data = {{key, {.digest = Digest::of(value), .blob = Digest::of("at " + value)}}}}};
}

inline model::Values make_reference(const std::string& name, const std::string& key) {
  return model::Values::from({{"password", {{"$secret", name}, {"key", key}}}}).value();
}

inline model::Entity make_target(const std::string& name, const model::Labels& labels) {
  return {.name = name, .workspace = "default", .spec = model::TargetSpec{.labels = labels}};
}

inline model::Entity make_deployment(const std::string& name, const std::string& workload,
                                     const std::string& template_name, const std::string& target) {
  return {.name = name,
          .workspace = "default",
          .spec = model::DeploymentSpec{
              .workload = workload, .template_name = template_name, .target = target}};
}

inline model::Entity make_assignment(const std::string& name, const std::string& deployment,
                                     const std::string& host) {
  return {.name = name,
          .workspace = "default",
          .spec = model::AssignmentSpec{.deployment = deployment, .host = host}};
}

inline model::Key host_key(const std::string& name) {
  return {.kind = model::Kind::host, .name = name};
}

inline model::Key deployment_key(const std::string& name) {
  return {.kind = model::Kind::deployment, .workspace = "default", .name = name};
}

}  // namespace titan::testing
