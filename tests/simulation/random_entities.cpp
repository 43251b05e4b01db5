#include "tests/simulation/random_entities.hpp"

#include <nlohmann/json.hpp>

namespace titan::simulation {
namespace {

using model::Entity;
using model::Key;
using model::Kind;

constexpr std::uint64_t kTemplates = 3;
constexpr std::uint64_t kWorkloads = 2;
constexpr std::uint64_t kTargets = 4;
constexpr std::uint64_t kDeployments = 5;

const std::vector<std::string> kWorkspaces = {"default", "default", "team"};
const std::vector<std::string> kSelectors = {
    "tier in (a,b)",    "tier notin (a)",          "gpu", "!gpu",
    "site!=lab,tier=b", "site in (lab,field),gpu", "site"};

model::Values values(Dice& dice) {
  nlohmann::json object = nlohmann::json::object();
  if (dice.percent(40)) object["n"] = dice.below(3);
  if (dice.percent(30)) object["deep"][dice.name("k", 2)] = dice.below(3);
  if (dice.percent(20)) object["list"] = {dice.below(2), "x"};
  return model::Values::from(std::move(object)).value();
}

model::Labels labels(Dice& dice) {
  model::Labels labels;
  if (dice.percent(80)) labels["site"] = dice.one_of<std::string>({"lab", "field", "sea"});
  if (dice.percent(60)) labels["tier"] = dice.one_of<std::string>({"a", "b", "c"});
  if (dice.percent(30)) labels["gpu"] = "";
  return labels;
}

model::HostSpec host(Dice& dice) {
  model::HostSpec spec{.labels = labels(dice)};
  if (dice.percent(40)) spec.values = values(dice);
  if (dice.percent(30)) spec.capacity = 1 + dice.below(6);
  return spec;
}

model::TargetSpec target(Dice& dice) {
  model::TargetSpec spec;
  if (dice.percent(50)) spec.labels["site"] = dice.one_of<std::string>({"lab", "field"});
  if (dice.percent(20)) spec.labels["tier"] = "a";
  if (spec.labels.empty() || dice.percent(30)) {
    spec.selector = model::LabelSelector::parse(dice.one_of(kSelectors)).value();
  }
  return spec;
}

model::TemplateSpec source(const std::vector<Digest>& blobs, Dice& dice) {
  model::TemplateSpec spec;
  if (dice.percent(50)) spec.defaults = values(dice);
  for (const char* path : {"root/etc/{{deployment.name}}.conf", "root/srv/{{deployment.name}}"}) {
    if (!spec.files.empty() && dice.percent(50)) break;
    spec.files.push_back({.path = path, .digest = dice.one_of(blobs), .size = 1});
  }
  return spec;
}

model::DeploymentSpec deployment(Dice& dice) {
  model::DeploymentSpec spec{.workload = dice.name("w", kWorkloads),
                             .target = dice.name("g", kTargets)};
  if (dice.percent(50)) spec.template_name = dice.name("t", kTemplates);
  if (dice.percent(40)) spec.values = values(dice);
  if (dice.percent(30)) spec.replicas = 1 + dice.below(3);
  if (spec.replicas && dice.percent(20)) spec.spread_by = "site";
  return spec;
}

model::Spec spec_of(const Key& key, const std::vector<Digest>& blobs, Dice& dice) {
  switch (key.kind) {
    case Kind::workspace:
      return model::WorkspaceSpec{.description = dice.name("description ", 4)};
    case Kind::host:
      return host(dice);
    case Kind::template_:
      return source(blobs, dice);
    case Kind::workload:
      return model::WorkloadSpec{
          .repo = dice.name("repo", 2),
          .default_template = dice.percent(80) ? dice.name("t", kTemplates) : "",
          .values = values(dice)};
    case Kind::target:
      return target(dice);
    case Kind::deployment:
      return deployment(dice);
    default:
      break;
  }
  const std::size_t dot = key.name.find('.');
  return model::AssignmentSpec{.deployment = key.name.substr(0, dot),
                               .host = key.name.substr(dot + 1)};
}

}  // namespace

Key assignment_key(const std::string& workspace, const std::string& deployment,
                   const std::string& host) {
  return {.kind = Kind::assignment, .workspace = workspace, .name = deployment + "." + host};
}

Key random_key(Dice& dice, bool assignments) {
  const std::string& workspace = dice.one_of(kWorkspaces);
  const std::uint64_t choice = dice.below(assignments ? 100 : 80);
  if (choice < 25) return {.kind = Kind::host, .name = dice.name("h", kHosts)};
  if (choice < 33) return {.kind = Kind::template_, .name = dice.name("t", kTemplates)};
  if (choice < 36) return {.kind = Kind::workspace, .name = dice.name("team", 2)};
  if (choice < 44) {
    return {.kind = Kind::workload, .workspace = workspace, .name = dice.name("w", kWorkloads)};
  }
  if (choice < 56) {
    return {.kind = Kind::target, .workspace = workspace, .name = dice.name("g", kTargets)};
  }
  const std::string deployment = dice.name("d", kDeployments);
  if (choice < 80) return {.kind = Kind::deployment, .workspace = workspace, .name = deployment};
  return assignment_key(workspace, deployment, dice.name("h", kHosts));
}

Entity random_entity(const Key& key, const std::vector<Digest>& blobs, Dice& dice) {
  Entity entity{.name = key.name, .workspace = key.workspace, .spec = spec_of(key, blobs, dice)};
  if (dice.percent(20)) entity.tags = {{"note", dice.name("n", 3)}};
  if (key.kind == Kind::deployment && dice.percent(20)) {
    entity.stages = {{.name = dice.name("stage", 3), .version = 1 + dice.below(3)}};
  }
  return entity;
}

}  // namespace titan::simulation
