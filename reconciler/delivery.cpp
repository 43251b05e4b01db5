#include "reconciler/delivery.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.hpp"

namespace titan::reconciler {
namespace {

using model::Key;
using model::Kind;
using nlohmann::json;

Key workload_key(const model::Entity& deployment) {
  return {.organization = deployment.organization,
          .kind = Kind::workload,
          .workspace = deployment.workspace,
          .name = std::get<model::DeploymentSpec>(deployment.spec).workload};
}

Key target_key(const model::Entity& deployment) {
  return {.organization = deployment.organization,
          .kind = Kind::target,
          .workspace = deployment.workspace,
          .name = std::get<model::DeploymentSpec>(deployment.spec).target};
}

// The deployment's own template, or its workload's default.
Key template_key(const model::Entity& deployment, const model::Entity* workload) {
  std::string name = std::get<model::DeploymentSpec>(deployment.spec).template_name;
  if (name.empty() && workload != nullptr) {
    name = std::get<model::WorkloadSpec>(workload->spec).default_template;
  }
  return {
      .organization = deployment.organization, .kind = Kind::template_, .name = std::move(name)};
}

bool reaches(const Fleet& fleet, const model::Entity& deployment, const model::Entity& host,
             std::uint64_t seq) {
  if (deployment.organization != host.organization) return false;
  const auto target = fleet.find(target_key(deployment), seq);
  return target != nullptr && std::get<model::TargetSpec>(target->spec)
                                  .matches(std::get<model::HostSpec>(host.spec).labels);
}

// The closed set of names that a template may refer to.
model::Values inputs_of(const model::Entity& deployment, const model::Entity& host,
                        const model::Entity& workload, const model::TemplateSpec& template_spec) {
  const auto& host_spec = std::get<model::HostSpec>(host.spec);
  const auto& workload_spec = std::get<model::WorkloadSpec>(workload.spec);
  const model::Values values =
      template_spec.defaults.overlaid_with(workload_spec.values)
          .overlaid_with(std::get<model::DeploymentSpec>(deployment.spec).values)
          .overlaid_with(host_spec.values);
  json inputs = {{"values", values.json()},
                 {"host", {{"name", host.name}, {"labels", host_spec.labels}}},
                 {"deployment", {{"name", deployment.name}}},
                 {"workload", {{"name", workload.name}, {"repo", workload_spec.repo}}},
                 {"workspace", {{"name", deployment.workspace}}},
                 {"organization", {{"name", deployment.organization}}}};
  return model::Values::from_trusted(std::move(inputs));
}

}  // namespace

model::DesiredDeployment desired_form(const Fleet& fleet, const model::Entity& deployment,
                                      const model::Entity& host, std::uint64_t seq) {
  const auto workload = fleet.find(workload_key(deployment), seq);
  const Key template_name = template_key(deployment, workload.get());
  const auto template_entity = fleet.find(template_name, seq);
  model::DesiredDeployment desired{
      .key = deployment.key(), .version = deployment.version, .template_name = template_name.name};
  if (workload == nullptr || template_entity == nullptr) {
    desired.error = join(missing_references(fleet, deployment, seq), "; ");
    return desired;
  }
  const auto& spec = std::get<model::TemplateSpec>(template_entity->spec);
  desired.template_digest = spec.digest();
  desired.driver = spec.driver;
  desired.files = spec.files;
  desired.inputs = inputs_of(deployment, host, *workload, spec);
  return desired;
}

std::vector<model::DesiredDeployment> desired_set(const Fleet& fleet, const Key& host_key,
                                                  std::uint64_t seq) {
  std::vector<model::DesiredDeployment> desired;
  const auto host = fleet.find(host_key, seq);
  if (host == nullptr) return desired;
  fleet.for_each(Kind::deployment, seq, [&](const Fleet::EntityPtr& deployment) {
    if (reaches(fleet, *deployment, *host, seq)) {
      desired.push_back(desired_form(fleet, *deployment, *host, seq));
    }
  });
  return desired;
}

std::vector<Fleet::EntityPtr> hosts_reached(const Fleet& fleet, const model::Entity& deployment,
                                            std::uint64_t seq) {
  std::vector<Fleet::EntityPtr> hosts;
  fleet.for_each(Kind::host, seq, [&](const Fleet::EntityPtr& host) {
    if (reaches(fleet, deployment, *host, seq)) hosts.push_back(host);
  });
  return hosts;
}

std::vector<Key> deployments_affected(const Fleet& fleet, const model::Change& change) {
  std::set<Key> affected;
  if (change.key.kind == Kind::deployment) affected.insert(change.key);
  for (const std::uint64_t seq : {change.seq - 1, change.seq}) {
    const auto host =
        change.key.kind == Kind::host ? fleet.find(change.key, seq) : Fleet::EntityPtr();
    fleet.for_each(Kind::deployment, seq, [&](const Fleet::EntityPtr& deployment) {
      const auto workload = fleet.find(workload_key(*deployment), seq);
      if (workload_key(*deployment) == change.key || target_key(*deployment) == change.key ||
          template_key(*deployment, workload.get()) == change.key ||
          (host != nullptr && reaches(fleet, *deployment, *host, seq))) {
        affected.insert(deployment->key());
      }
    });
  }
  return {affected.begin(), affected.end()};
}

std::vector<std::string> missing_references(const Fleet& fleet, const model::Entity& deployment,
                                            std::uint64_t seq) {
  std::vector<std::string> missing;
  const auto need = [&](const Key& key) {
    if (fleet.find(key, seq) == nullptr) {
      missing.push_back(std::string(singular_of(key.kind)) + " " + quote(key.name) +
                        " does not exist");
    }
  };
  need(workload_key(deployment));
  need(target_key(deployment));
  const auto workload = fleet.find(workload_key(deployment), seq);
  const Key template_name = template_key(deployment, workload.get());
  if (!template_name.name.empty()) {
    need(template_name);
  } else if (workload != nullptr) {
    missing.push_back("neither the deployment nor its workload " + quote(workload->name) +
                      " names a template");
  }
  return missing;
}

}  // namespace titan::reconciler
