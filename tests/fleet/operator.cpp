#include "tests/fleet/operator.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace titan::fleet {
namespace {

using model::Kind;

constexpr std::uint64_t kTemplates = 3;
constexpr std::uint64_t kWorkloads = 2;
constexpr std::uint64_t kTargets = 3;
constexpr std::uint64_t kDeployments = 4;
constexpr const char* kWorkspace = "default";

const std::vector<std::string> kSelectors = {
    "site in (lab,field)", "site=lab", "!gpu", "gpu", "tier!=b", "site"};

}  // namespace

void Operator::put(const model::Entity& entity, const std::string& what) {
  const auto written = server_.client().put(entity);
  tell("put " + what + (written ? "" : " REFUSED " + written.error().text()));
}

void Operator::put_template(const std::string& name) {
  const Version& version = versions_.make(name, dice_);
  for (const auto& [path, content] : Versions::contents_of(version)) {
    (void)server_.client().put_blob(content);
  }
  const model::TemplateSpec spec = Versions::spec_of(version);
  versions_.note_digest(version, spec.digest());
  put({.name = name, .spec = spec}, "template " + name + " version " +
                                        std::to_string(version.number) + " " +
                                        text_of(version.fate) + " " + version.driver);
}

// A level is never used twice, so a stale one is seen.
model::Values Operator::some_values(std::uint64_t percent) {
  nlohmann::json object = nlohmann::json::object();
  if (dice_.percent(percent)) {
    versions_.note_level(++levels_);
    object["level"] = levels_;
  }
  return model::Values::from(std::move(object)).value();
}

void Operator::put_deployment(const std::string& name) {
  model::DeploymentSpec spec{.workload = dice_.name("w", kWorkloads),
                             .template_name = dice_.name("t", kTemplates),
                             .target = dice_.name("g", kTargets),
                             .values = some_values(30)};
  for (std::uint64_t i = 0; i < kDeployments; ++i) {
    const std::string other = "d" + std::to_string(i);
    if (other != name && dice_.percent(12)) spec.depends_on.push_back(other);
  }
  if (dice_.percent(20)) spec.replicas = 1 + dice_.below(2);
  if (dice_.percent(25)) spec.drift_policy = model::DriftPolicy::report;
  put({.name = name, .workspace = kWorkspace, .spec = spec},
      "deployment " + name + " of " + spec.template_name + " to " + spec.target +
          (spec.depends_on.empty() ? "" : " after " + join(spec.depends_on, ",")));
}

void Operator::put_host(const std::string& name) {
  model::HostSpec spec{.values = some_values(30)};
  if (dice_.percent(85)) spec.labels["site"] = dice_.one_of<std::string>({"lab", "field", "sea"});
  if (dice_.percent(50)) spec.labels["tier"] = dice_.one_of<std::string>({"a", "b"});
  if (dice_.percent(20)) spec.labels["gpu"] = "";
  put({.name = name, .spec = spec}, "host " + name);
}

void Operator::put_target(const std::string& name) {
  model::TargetSpec spec;
  spec.selector = model::LabelSelector::parse(dice_.one_of(kSelectors)).value();
  put({.name = name, .workspace = kWorkspace, .spec = spec}, "target " + name);
}

void Operator::put_workload(const std::string& name) {
  model::WorkloadSpec spec{.repo = "repo", .values = some_values(100)};
  put({.name = name, .workspace = kWorkspace, .spec = spec}, "workload " + name);
}

void Operator::remove(const model::Key& key) {
  const auto removed = server_.client().remove(key, {.force = dice_.percent(15)});
  tell("remove " + key.subject() + (removed ? "" : " REFUSED " + removed.error().text()));
}

void Operator::begin(const std::vector<std::string>& hosts) {
  hosts_ = hosts;
  for (std::uint64_t i = 0; i < kTemplates; ++i) put_template("t" + std::to_string(i));
  for (std::uint64_t i = 0; i < kWorkloads; ++i) put_workload("w" + std::to_string(i));
  for (std::uint64_t i = 0; i < kTargets; ++i) put_target("g" + std::to_string(i));
  for (const std::string& host : hosts_) put_host(host);
  put_deployment("d0");
}

void Operator::act() {
  const std::uint64_t lot = dice_.below(100);
  if (lot < 35) return put_template(dice_.name("t", kTemplates));
  if (lot < 65) return put_deployment(dice_.name("d", kDeployments));
  if (lot < 77) {
    return remove(
        {.kind = Kind::deployment, .workspace = kWorkspace, .name = dice_.name("d", kDeployments)});
  }
  if (lot < 88) return put_host(dice_.one_of(hosts_));
  if (lot < 94) return put_target(dice_.name("g", kTargets));
  put_workload(dice_.name("w", kWorkloads));
}

void Operator::want_healing() {
  for (std::uint64_t i = 0; i < kDeployments; ++i) {
    auto entity = server_.client().get(
        {.kind = Kind::deployment, .workspace = kWorkspace, .name = "d" + std::to_string(i)});
    if (!entity || entity->deleting) continue;
    auto& spec = std::get<model::DeploymentSpec>(entity->spec);
    if (spec.drift_policy == model::DriftPolicy::heal) continue;
    spec.drift_policy = model::DriftPolicy::heal;
    put({.name = entity->name, .workspace = kWorkspace, .spec = spec},
        "deployment " + entity->name + " driftPolicy heal");
  }
}

}  // namespace titan::fleet
