#include "tests/reconciler/brute_force_fleet.hpp"

#include <nlohmann/json.hpp>

namespace titan::testing {
namespace {

using model::Entity;
using model::Key;
using model::Kind;

const Entity* find(const std::map<Key, Entity>& entities, Kind kind, const std::string& name) {
  const auto found = entities.find(
      Key{.kind = kind, .workspace = model::in_workspace(kind) ? "default" : "", .name = name});
  return found == entities.end() || found->second.deleting ? nullptr : &found->second;
}

bool has_all(const model::Labels& wanted, const model::Labels& labels) {
  for (const auto& [key, value] : wanted) {
    if (!labels.contains(key) || labels.at(key) != value) return false;
  }
  return true;
}

}  // namespace

void BruteForceFleet::snapshot(const std::map<Key, Entity>& entities) {
  snapshots_.push_back(entities);
}

std::map<Key, std::string> BruteForceFleet::should_have(const std::string& host,
                                                        std::uint64_t seq) const {
  std::map<Key, std::string> result;
  const auto& entities = snapshots_.at(seq);
  const Entity* the_host = find(entities, Kind::host, host);
  if (the_host == nullptr) return result;
  const auto& host_spec = std::get<model::HostSpec>(the_host->spec);
  for (const auto& [key, entity] : entities) {
    if (key.kind != Kind::deployment || entity.deleting) continue;
    const auto& spec = std::get<model::DeploymentSpec>(entity.spec);
    const Entity* target = find(entities, Kind::target, spec.target);
    if (target == nullptr) continue;
    if (!has_all(std::get<model::TargetSpec>(target->spec).labels, host_spec.labels)) continue;

    const Entity* workload = find(entities, Kind::workload, spec.workload);
    std::string template_name = spec.template_name;
    if (template_name.empty() && workload != nullptr) {
      template_name = std::get<model::WorkloadSpec>(workload->spec).default_template;
    }
    const Entity* source = find(entities, Kind::template_, template_name);
    std::string text = "version " + std::to_string(entity.version);
    if (workload == nullptr || source == nullptr) {
      text += workload == nullptr ? " no workload " + spec.workload : "";
      text += source == nullptr ? " no template " + template_name : "";
    } else {
      text += " deployment " + model::json_of(entity.spec).dump();
      text += " workload " + model::json_of(workload->spec).dump();
      text += " template " + template_name + model::json_of(source->spec).dump();
      text += " host " + model::json_of(the_host->spec).dump();
    }
    result[key] = text;
  }
  return result;
}

}  // namespace titan::testing
