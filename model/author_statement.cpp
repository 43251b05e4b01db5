#include "model/author_statement.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

// As in TemplateSpec::digest(): a file's size goes with its digest.
Digest digest_of(const std::vector<TemplateFile>& files) {
  Hasher hasher;
  hasher.add(files.size());
  for (const TemplateFile& file : files) {
    hasher.add(file.path).add(file.mode).add(file.digest.text());
  }
  return hasher.finish();
}

}  // namespace

std::string author_proof(const AuthorStatement& statement, std::uint64_t serial) {
  return signable("titan-author-1",
                  {statement.key.organization, statement.key.workspace, statement.key.name,
                   std::to_string(serial), statement.driver, digest_of(statement.files).text(),
                   canonical_json(statement.inputs.json())});
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
