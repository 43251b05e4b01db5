#include "tests/reconciler/brute_force_fleet.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace titan::testing {
namespace {

using model::Entity;
using model::Key;
using model::Kind;
using Entities = BruteForceFleet::Entities;

const Entity* find(const Entities& entities, const Key& key) {
  const auto found = entities.find(key);
  return found == entities.end() || found->second.deleting ? nullptr : &found->second;
}

const Entity* find_beside(const Entities& entities, const Entity& entity, Kind kind,
                          const std::string& name) {
  return find(entities, Key{.kind = kind,
                            .workspace = model::in_workspace(kind) ? entity.workspace : "",
                            .name = name});
}

std::string template_name_of(const Entity& deployment, const Entity* workload) {
  const auto& own = std::get<model::DeploymentSpec>(deployment.spec).template_name;
  if (!own.empty() || workload == nullptr) return own;
  return std::get<model::WorkloadSpec>(workload->spec).default_template;
}

std::string does_not_exist(Kind kind, const std::string& name) {
  return std::string(model::singular_of(kind)) + " \"" + name + "\" does not exist";
}

// Every object with "$secret" in the values, as (name, key).
void add_references(const nlohmann::json& value,
                    std::set<std::pair<std::string, std::string>>& references) {
  if (value.is_object() && value.contains("$secret")) {
    references.emplace(value["$secret"], value["key"]);
  } else if (value.is_structured()) {
    for (const auto& inner : value) add_references(inner, references);
  }
}

// The secrets that the deployment and its workload refer to, each with its digest or with the
// sentence that there is none.
struct Secrets {
  std::string digests = {};
  std::vector<std::string> missing = {};
};
Secrets secrets_of(const Entities& entities, const Entity& deployment, const Entity* workload) {
  std::set<std::pair<std::string, std::string>> references;
  add_references(std::get<model::DeploymentSpec>(deployment.spec).values.json(), references);
  if (workload != nullptr) {
    add_references(std::get<model::WorkloadSpec>(workload->spec).values.json(), references);
  }
  Secrets secrets;
  for (const auto& [name, key] : references) {
    const Entity* secret = find_beside(entities, deployment, Kind::secret, name);
    if (secret == nullptr) {
      const std::string text = does_not_exist(Kind::secret, name);
      const auto& told = secrets.missing;
      if (std::find(told.begin(), told.end(), text) == told.end()) secrets.missing.push_back(text);
      continue;
    }
    const auto& data = std::get<model::SecretSpec>(secret->spec).data;
    if (data.contains(key)) {
      secrets.digests += " " + name + "/" + key + "=" + data.at(key).digest.text();
    } else {
      secrets.missing.push_back("secret \"" + name + "\" has no key \"" + key + "\"");
    }
  }
  return secrets;
}

// The sentences about workload, template and secrets.
std::vector<std::string> missing_parts(const Entities& entities, const Entity& deployment) {
  std::vector<std::string> missing;
  const auto& spec = std::get<model::DeploymentSpec>(deployment.spec);
  const Entity* workload = find_beside(entities, deployment, Kind::workload, spec.workload);
  if (workload == nullptr) missing.push_back(does_not_exist(Kind::workload, spec.workload));
  const std::string name = template_name_of(deployment, workload);
  if (name.empty() && workload != nullptr) {
    missing.push_back("neither the deployment nor its workload \"" + spec.workload +
                      "\" names a template");
  } else if (!name.empty() && !find_beside(entities, deployment, Kind::template_, name)) {
    missing.push_back(does_not_exist(Kind::template_, name));
  }
  const auto secrets = secrets_of(entities, deployment, workload).missing;
  missing.insert(missing.end(), secrets.begin(), secrets.end());
  return missing;
}

bool reaches(const Entities& entities, const Entity& deployment, const Entity& host) {
  const auto& spec = std::get<model::DeploymentSpec>(deployment.spec);
  if (spec.replicas) {
    return std::any_of(entities.begin(), entities.end(), [&](const auto& item) {
      const Entity& entity = item.second;
      const auto* assignment = std::get_if<model::AssignmentSpec>(&entity.spec);
      return assignment != nullptr && !entity.deleting &&
             entity.workspace == deployment.workspace &&
             assignment->deployment == deployment.name && assignment->host == host.name;
    });
  }
  const Entity* target = find_beside(entities, deployment, Kind::target, spec.target);
  return target != nullptr && std::get<model::TargetSpec>(target->spec)
                                  .matches(std::get<model::HostSpec>(host.spec).labels);
}

std::string form_text(const Entities& entities, const Entity& deployment, const Entity& host) {
  const auto& spec = std::get<model::DeploymentSpec>(deployment.spec);
  const auto& host_spec = std::get<model::HostSpec>(host.spec);
  const Entity* workload = find_beside(entities, deployment, Kind::workload, spec.workload);
  const std::string name = template_name_of(deployment, workload);
  std::string text = deployment.key().text() + " version " + std::to_string(deployment.version) +
                     " template " + name;
  const std::vector<std::string> missing = missing_parts(entities, deployment);
  if (!missing.empty()) return text + ": " + join(missing, "; ");
  const auto& workload_spec = std::get<model::WorkloadSpec>(workload->spec);
  const Entity* source = find_beside(entities, deployment, Kind::template_, name);
  text += " = " + model::json_of(source->spec).dump();
  text += " values " + spec.values.json().dump();
  text += " workload " + workload->name + " " + workload_spec.repo;
  text += " " + workload_spec.values.json().dump();
  text += " host " + host.name + " " + model::labels_text(host_spec.labels);
  text += " " + host_spec.values.json().dump();
  text += " secrets" + secrets_of(entities, deployment, workload).digests;
  if (spec.signatures.empty()) return text;
  return text + " signed " + model::json_of(spec.signatures).dump() + " host " +
         model::json_of(host_spec.signatures).dump();
}

}  // namespace

void BruteForceFleet::snapshot(const Entities& entities) {
  Moment moment{.entities = entities};
  for (const auto& [key, entity] : entities) {
    keys_.insert(key);
    for (const auto& reference : model::references_of(entity)) keys_.insert(reference.key);
    if (key.kind != Kind::host) continue;
    hosts_.insert(key.name);
    if (entity.deleting) continue;
    for (const auto& [deployment_key, deployment] : entities) {
      if (deployment_key.kind != Kind::deployment || deployment.deleting) continue;
      if (!reaches(entities, deployment, entity)) continue;
      moment.should_have[key.name][deployment_key] = form_text(entities, deployment, entity);
    }
  }
  moments_.push_back(std::move(moment));
}

const BruteForceFleet::ShouldHave& BruteForceFleet::should_have(const std::string& host,
                                                                std::uint64_t seq) const {
  static const ShouldHave kNothing;
  const auto& by_host = moments_.at(seq).should_have;
  const auto found = by_host.find(host);
  return found == by_host.end() ? kNothing : found->second;
}

std::uint64_t BruteForceFleet::left_at(const std::string& host, const Key& deployment) const {
  std::uint64_t seq = head();
  while (!should_have(host, seq - 1).contains(deployment)) --seq;
  return seq;
}

std::set<std::string> BruteForceFleet::hosts_of(const Key& deployment) const {
  std::set<std::string> hosts;
  for (const auto& [host, deployments] : moments_.back().should_have) {
    if (deployments.contains(deployment)) hosts.insert(host);
  }
  return hosts;
}

bool BruteForceFleet::exists(const Key& key, std::uint64_t seq) const {
  return find(moments_.at(seq).entities, key) != nullptr;
}

std::vector<Key> BruteForceFleet::users_of(const Key& key) const {
  std::vector<Key> users;
  for (const auto& [user, entity] : moments_.back().entities) {
    if (entity.deleting) continue;
    bool uses = key.kind == Kind::workspace && entity.workspace == key.name;
    for (const auto& reference : model::references_of(entity)) uses |= reference.key == key;
    if (uses) users.push_back(user);
  }
  return users;
}

std::vector<Key> BruteForceFleet::of_kind(Kind kind) const {
  std::vector<Key> keys;
  for (const auto& [key, entity] : moments_.back().entities) {
    if (key.kind == kind && !entity.deleting) keys.push_back(key);
  }
  return keys;
}

std::set<std::string> BruteForceFleet::matches(const model::TargetSpec& target) const {
  std::set<std::string> hosts;
  for (const Key& key : of_kind(Kind::host)) {
    const auto& host = std::get<model::HostSpec>(moments_.back().entities.at(key).spec);
    if (target.matches(host.labels)) hosts.insert(key.name);
  }
  return hosts;
}

std::vector<std::string> BruteForceFleet::missing(const Entity& deployment,
                                                  std::uint64_t seq) const {
  const Entities& entities = moments_.at(seq).entities;
  std::vector<std::string> missing = missing_parts(entities, deployment);
  const auto& spec = std::get<model::DeploymentSpec>(deployment.spec);
  if (!find_beside(entities, deployment, Kind::target, spec.target)) {
    missing.push_back(does_not_exist(Kind::target, spec.target));
  }
  for (const std::string& name : spec.depends_on) {
    if (!find_beside(entities, deployment, Kind::deployment, name)) {
      missing.push_back(does_not_exist(Kind::deployment, name));
    }
  }
  std::sort(missing.begin(), missing.end());
  return missing;
}

std::string BruteForceFleet::own_state(const Key& deployment, std::uint64_t seq) const {
  const auto& entities = moments_.at(seq).entities;
  const auto found = entities.find(deployment);
  if (found == entities.end()) return "none";
  const Entity& entity = found->second;
  if (entity.deleting) return entity.id + " deleting";
  return entity.id + model::json_of(entity.spec).dump() + join(missing(entity, seq), "; ");
}

std::set<Key> BruteForceFleet::affected_by(std::uint64_t seq) const {
  std::set<Key> affected;
  for (const Key& key : keys_) {
    if (key.kind != Kind::deployment) continue;
    bool differs = own_state(key, seq - 1) != own_state(key, seq);
    for (const std::string& host : hosts_) {
      const auto& before = should_have(host, seq - 1);
      const auto& after = should_have(host, seq);
      const auto form = [&](const ShouldHave& all) { return all.contains(key) ? all.at(key) : ""; };
      differs |= form(before) != form(after);
    }
    if (differs) affected.insert(key);
  }
  return affected;
}

}  // namespace titan::testing
