#include "tests/reconciler/random_writes.hpp"

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace titan::testing {

void RandomWrites::write(FleetBuilder& builder) {
  const std::uint64_t what = below(12);
  if (what < 2 && !builder.entities().empty()) return remove_one(builder);
  if (what < 4 && !builder.entities().empty()) return touch_one(builder);
  model::Entity written = entity();
  if (model::in_workspace(written.kind()) && chance(4)) written.workspace = "other";
  written.deleting = chance(12);
  builder.put(std::move(written));
}

model::Labels RandomWrites::labels() {
  model::Labels labels;
  for (const char* key : {"site", "tier", "gpu"}) {
    if (chance(3)) continue;
    labels[key] = pick("v");
  }
  return labels;
}

model::Values RandomWrites::values() {
  if (chance(2)) return {};
  return model::Values::from({{"n", below(3)}}).value();
}

// Over few names, so that layers hide each other's references.
model::Values RandomWrites::values_with_secrets() {
  nlohmann::json object = values().json();
  while (chance(2)) {
    const char* place = chance(2) ? "n" : "m";
    object[place] = {{"$secret", pick("secret")}, {"key", chance(2) ? "a" : "b"}};
    if (chance(3)) object[place] = {1, object[place]};
  }
  return model::Values::from(std::move(object)).value();
}

model::Entity RandomWrites::make_random_secret() {
  model::Entity secret = make_secret(pick("secret"), chance(4) ? "b" : "a", pick("value"));
  auto& data = std::get<model::SecretSpec>(secret.spec).data;
  if (!chance(3)) data["b"] = {.digest = Digest::of(pick("value")), .blob = Digest::of("at")};
  return secret;
}

model::AuthorSignatures RandomWrites::signatures() {
  if (!chance(3)) return {};
  return {{PublicKey(), 1 + below(3), Signature()}};
}

std::string RandomWrites::clause() {
  const std::string key = chance(2) ? "site" : "tier";
  switch (below(6)) {
    case 0:
      return key;
    case 1:
      return "!" + key;
    case 2:
      return key + " in (" + pick("v") + "," + pick("v") + ")";
    case 3:
      return key + " notin (" + pick("v") + "," + pick("v") + ")";
    case 4:
      return key + "=" + pick("v");
    default:
      return "gpu!=" + pick("v");
  }
}

model::TargetSpec RandomWrites::target() {
  model::TargetSpec target;
  if (chance(3)) target.labels[chance(2) ? "site" : "gpu"] = pick("v");
  if (target.labels.empty() || chance(3)) {
    std::string text = clause();
    if (chance(2)) text += "," + clause();
    target.selector = model::LabelSelector::parse(text).value();
  }
  return target;
}

model::Entity RandomWrites::make_random_host() {
  model::Entity host = make_host(this->host(), labels());
  auto& spec = std::get<model::HostSpec>(host.spec);
  spec.values = values();
  spec.signatures = signatures();
  return host;
}

model::Entity RandomWrites::make_random_deployment() {
  const std::string own = chance(2) ? "" : pick("template");
  model::Entity deployment =
      make_deployment(pick("deployment"), pick("workload"), own, pick("target"));
  auto& spec = std::get<model::DeploymentSpec>(deployment.spec);
  spec.values = values_with_secrets();
  if (chance(3)) spec.replicas = below(4);
  if (chance(4)) spec.depends_on = {pick("deployment")};
  spec.signatures = signatures();
  return deployment;
}

model::Entity RandomWrites::entity() {
  switch (below(16)) {
    case 0:
      return make_template(pick("template"), pick("content"));
    case 1:
    case 2: {
      model::Entity workload = make_workload(pick("workload"), pick("repo"));
      auto& spec = std::get<model::WorkloadSpec>(workload.spec);
      if (!chance(4)) spec.default_template = pick("template");
      spec.values = values_with_secrets();
      return workload;
    }
    case 3:
    case 4:
      return {.name = pick("target"), .workspace = "default", .spec = target()};
    case 5:
    case 6:
    case 7:
      return make_assignment(pick("assignment"), pick("deployment"), host());
    case 8:
      return {.name = chance(2) ? "default" : "other", .spec = model::WorkspaceSpec{}};
    case 9:
    case 10:
      return make_random_host();
    case 11:
    case 12:
      return make_random_secret();
    default:
      return make_random_deployment();
  }
}

void RandomWrites::remove_one(FleetBuilder& builder) {
  auto entity = builder.entities().begin();
  std::advance(entity, static_cast<long>(below(builder.entities().size())));
  const model::Key key = entity->first;
  builder.remove(key);
}

// A write that alters a flag, a status, or what delivery does not look at.
void RandomWrites::touch_one(FleetBuilder& builder) {
  auto found = builder.entities().begin();
  std::advance(found, static_cast<long>(below(builder.entities().size())));
  model::Entity entity = found->second;
  if (chance(3)) entity.deleting = !entity.deleting;
  entity.status = chance(2) ? model::Status::ready : model::Status::updating;
  if (auto* host = std::get_if<model::HostSpec>(&entity.spec)) host->capacity = below(3);
  builder.put(std::move(entity));
}

}  // namespace titan::testing
