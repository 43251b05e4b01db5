#include "tests/simulation/should_have.hpp"

#include <nlohmann/json.hpp>

namespace titan::simulation {
namespace {

using model::Entity;
using model::Key;
using model::Kind;
using State = PlainModel::State;

// What is being deleted counts as gone.
State visible(State state) {
  return state && state->deleting ? nullptr : state;
}

template <class Spec>
const Spec& spec(const State& state) {
  return std::get<Spec>(state->spec);
}

State beside(const PlainModel& plain, const Entity& deployment, Kind kind, const std::string& name,
             std::uint64_t seq) {
  if (name.empty()) return nullptr;
  const std::string workspace = model::in_workspace(kind) ? deployment.workspace : "";
  return visible(plain.at({.kind = kind, .workspace = workspace, .name = name}, seq));
}

bool is_assigned(const std::vector<State>& assignments, const Entity& deployment,
                 const std::string& host) {
  for (const State& assignment : assignments) {
    if (!visible(assignment) || assignment->workspace != deployment.workspace) continue;
    const auto& wanted = spec<model::AssignmentSpec>(assignment);
    if (wanted.deployment == deployment.name && wanted.host == host) return true;
  }
  return false;
}

void overlay(nlohmann::json& below, const nlohmann::json& above) {
  for (const auto& [name, value] : above.items()) {
    if (value.is_object() && below.contains(name) && below[name].is_object()) {
      overlay(below[name], value);
    } else {
      below[name] = value;
    }
  }
}

std::string template_name(const State& deployment, const State& workload) {
  const auto& own = spec<model::DeploymentSpec>(deployment).template_name;
  if (!own.empty() || !workload) return own;
  return spec<model::WorkloadSpec>(workload).default_template;
}

bool same_spec(const State& one, const State& other) {
  return one == other || (one && other && one->name == other->name && one->spec == other->spec);
}

}  // namespace

std::map<Key, Ingredients> should_have(const PlainModel& plain, const std::string& host_name,
                                       std::uint64_t seq) {
  std::map<Key, Ingredients> result;
  const State host = visible(plain.at({.kind = Kind::host, .name = host_name}, seq));
  if (!host) return result;
  const auto assignments = plain.all_at(Kind::assignment, seq);
  for (const State& deployment : plain.all_at(Kind::deployment, seq)) {
    if (deployment->deleting) continue;
    const auto& wanted = spec<model::DeploymentSpec>(deployment);
    if (wanted.replicas) {
      if (!is_assigned(assignments, *deployment, host_name)) continue;
    } else {
      const State target = beside(plain, *deployment, Kind::target, wanted.target, seq);
      if (!target) continue;
      const auto& labels = spec<model::HostSpec>(host).labels;
      if (!spec<model::TargetSpec>(target).matches(labels)) continue;
    }
    Ingredients of{.deployment = deployment, .host = host};
    of.workload = beside(plain, *deployment, Kind::workload, wanted.workload, seq);
    of.source =
        beside(plain, *deployment, Kind::template_, template_name(deployment, of.workload), seq);
    result.emplace(deployment->key(), std::move(of));
  }
  return result;
}

model::DesiredDeployment form_of(const Ingredients& of) {
  model::DesiredDeployment form{.key = of.deployment->key(),
                                .version = of.deployment->version,
                                .template_name = template_name(of.deployment, of.workload)};
  if (!of.workload || !of.source) {
    form.error = "something is missing";
    return form;
  }
  const auto& source = spec<model::TemplateSpec>(of.source);
  const auto& workload = spec<model::WorkloadSpec>(of.workload);
  const auto& host = spec<model::HostSpec>(of.host);
  form.template_digest = source.digest();
  form.driver = source.driver;
  form.files = source.files;
  nlohmann::json values = source.defaults.json();
  overlay(values, workload.values.json());
  overlay(values, spec<model::DeploymentSpec>(of.deployment).values.json());
  overlay(values, host.values.json());
  form.inputs = model::Values::from_trusted(
      {{"values", std::move(values)},
       {"host", {{"name", of.host->name}, {"labels", host.labels}}},
       {"deployment", {{"name", of.deployment->name}}},
       {"workload", {{"name", of.workload->name}, {"repo", workload.repo}}},
       {"workspace", {{"name", of.deployment->workspace}}},
       {"organization", {{"name", of.deployment->organization}}}});
  return form;
}

bool same_specs(const Ingredients& one, const Ingredients& other) {
  return one.deployment->version == other.deployment->version &&
         one.deployment->id == other.deployment->id &&
         same_spec(one.deployment, other.deployment) && same_spec(one.workload, other.workload) &&
         same_spec(one.source, other.source) && same_spec(one.host, other.host);
}

}  // namespace titan::simulation
