#include "model/author_statement.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

Digest digest_of(const std::vector<TemplateFile>& files) {
  Hasher hasher;
  add(hasher, files);
  return hasher.finish();
}

// What a statement says beyond the files and their inputs; empty: nothing.
json rules_of(const AuthorStatement& statement) {
  json rules = json::object();
  if (!statement.depends_on.empty()) rules["dependsOn"] = statement.depends_on;
  if (statement.drift_policy != DriftPolicy::heal) {
    rules["driftPolicy"] = text_of(statement.drift_policy);
  }
  if (statement.health != Health()) rules["health"] = json_of(statement.health);
  if (statement.hooks != Hooks()) rules["hooks"] = json_of(statement.hooks);
  return rules;
}

}  // namespace

std::string author_proof(const AuthorStatement& statement, std::uint64_t serial) {
  const Key& key = statement.key;
  const std::string number = std::to_string(serial);
  const std::string files = digest_of(statement.files).text();
  const std::string inputs = canonical_json(statement.inputs.json());
  const json rules = rules_of(statement);
  // Words that were given when there were no rules yet still hold.
  if (rules.empty()) {
    return signable("titan-author-1", {key.organization, key.workspace, key.name, number,
                                       statement.driver, files, inputs});
  }
  return signable("titan-author-1", {key.organization, key.workspace, key.name, number,
                                     statement.driver, files, inputs, canonical_json(rules)});
}

std::string author_proof(const HostStatement& statement, std::uint64_t serial) {
  const json labels_and_values = {{"labels", statement.labels},
                                  {"values", statement.values.json()}};
  return signable("titan-author-host-1",
                  {statement.key.organization, statement.key.name, std::to_string(serial),
                   canonical_json(labels_and_values)});
}

Values author_values(const Entity& template_, const Entity& workload, const Entity& deployment) {
  return std::get<TemplateSpec>(template_.spec)
      .defaults.overlaid_with(std::get<WorkloadSpec>(workload.spec).values)
      .overlaid_with(std::get<DeploymentSpec>(deployment.spec).values);
}

Values author_inputs(const Entity& template_, const Entity& workload, const Entity& deployment) {
  // One by one: what is written as a list of pairs is built as one first.
  json inputs;
  inputs["values"] = author_values(template_, workload, deployment).json();
  inputs["deployment"]["name"] = deployment.name;
  inputs["workload"]["name"] = workload.name;
  inputs["workload"]["repo"] = std::get<WorkloadSpec>(workload.spec).repo;
  inputs["workspace"]["name"] = deployment.workspace;
  inputs["organization"]["name"] = deployment.organization;
  return Values::from_trusted(std::move(inputs));
}

Values author_inputs(const Values& inputs, const Values& author_values) {
  json object = inputs.json();
  object.erase("host");
  object["values"] = author_values.json();
  return Values::from_trusted(std::move(object));
}

}  // namespace titan::model
