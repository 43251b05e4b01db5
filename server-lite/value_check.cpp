#include "server-lite/value_check.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "model/target.hpp"
#include "reconciler/delivery.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::DeploymentSpec;
using model::Entity;
using model::Key;
using model::Kind;
using model::TemplateSpec;
using model::Values;
using model::ValuesSchema;
using nlohmann::json;

Key key_beside(const Entity& entity, Kind kind, const std::string& name) {
  return {.organization = entity.organization,
          .kind = kind,
          .workspace = model::in_workspace(kind) ? entity.workspace : std::string(),
          .name = name};
}

// Whether something stands there in the values.
bool gives(const Values& values, const std::vector<std::string>& names) {
  const json* at = &values.json();
  for (const std::string& name : names) {
    if (!at->is_object()) return false;
    const auto found = at->find(name);
    if (found == at->end()) return false;
    at = &*found;
  }
  return true;
}

}  // namespace

// Under the lock of the view.
class ValueCheck::Gatherer {
 public:
  Gatherer(const FleetView& view, const Admission& admission, ValueCheck& check)
      : view_(view), admission_(admission), check_(check) {}

  void gather(const Entity& entity, const Entity* stored) {
    if (std::holds_alternative<DeploymentSpec>(entity.spec)) {
      check_.written_ = kDeployment;
      add_deployment(entity);
    } else if (std::holds_alternative<model::WorkloadSpec>(entity.spec)) {
      check_.written_ = kWorkload;
      add_workload(entity);
    } else if (const auto* host = std::get_if<model::HostSpec>(&entity.spec)) {
      check_.written_ = kHost;
      if (!host->values.empty()) add_host(entity, *host);
    } else if (std::holds_alternative<TemplateSpec>(entity.spec)) {
      check_.written_ = kDefaults;
      add_template(entity, stored);
    }
  }

 private:
  [[nodiscard]] const Entity* find(const Entity& beside, Kind kind, const std::string& name) const {
    return name.empty() ? nullptr : admission_.find(key_beside(beside, kind, name));
  }

  // What the layers of a deployment are without a host; none: something is missing, or nothing is
  // asked of its values.
  [[nodiscard]] std::optional<Case> case_of(const Entity& deployment) const {
    const auto& spec = std::get<DeploymentSpec>(deployment.spec);
    const Entity* workload = find(deployment, Kind::workload, spec.workload);
    if (workload == nullptr) return std::nullopt;
    const auto& of_workload = std::get<model::WorkloadSpec>(workload->spec);
    const std::string& name =
        spec.template_name.empty() ? of_workload.default_template : spec.template_name;
    const Entity* source = find(deployment, Kind::template_, name);
    if (source == nullptr) return std::nullopt;
    const auto& of_template = std::get<TemplateSpec>(source->spec);
    if (of_template.values_schema.empty()) return std::nullopt;
    return Case{.deployment = deployment.key(),
                .template_name = name,
                .workload = workload->name,
                .schema = of_template.values_schema,
                .layers = {of_template.defaults, of_workload.values, spec.values, {}}};
  }

  // As each host would get it that the deployment reaches.
  void add_with_hosts(const Entity& deployment, Case base) {
    const auto& spec = std::get<DeploymentSpec>(deployment.spec);
    const Entity* target = find(deployment, Kind::target, spec.target);
    std::vector<std::pair<std::string, Values>> of_hosts;
    bool bare = true;  // one without values is among them, or nobody is
    bool any = false;
    if (target != nullptr && !spec.replicas && hosts_looked_at_ < kValueHostsMax) {
      bare = false;
      view_.fleet.for_each_match(deployment.organization, std::get<model::TargetSpec>(target->spec),
                                 [&](const reconciler::HostRecord& host) {
                                   any = true;
                                   if (hosts_looked_at_++ >= kValueHostsMax) return;
                                   const Values& values = host.now()->values;
                                   if (values.empty()) bare = true;
                                   const auto same = [&](const auto& known) {
                                     return known.second == values;
                                   };
                                   if (values.empty() || std::ranges::any_of(of_hosts, same))
                                     return;
                                   of_hosts.emplace_back(host.key.name, values);
                                 });
    }
    for (auto& [host, values] : of_hosts) {
      Case one = base;
      one.host = host;
      one.layers[kHost] = std::move(values);
      check_.cases_.push_back(std::move(one));
    }
    if (any && !bare) return;
    base.is_open = hosts_looked_at_ >= kValueHostsMax;
    check_.cases_.push_back(std::move(base));
  }

  void add_deployment(const Entity& deployment) {
    if (auto base = case_of(deployment)) add_with_hosts(deployment, *std::move(base));
  }

  // Those that use this and are not written together with it: these are checked themselves.
  [[nodiscard]] std::vector<const Entity*> deployments_of(const Key& key) const {
    std::vector<const Entity*> deployments;
    for (const Key& user : admission_.users_of(key)) {
      if (deployments.size() >= kValueDeploymentsMax) break;
      if (user.kind != Kind::deployment || admission_.writes(user)) continue;
      if (const Entity* deployment = admission_.find(user)) deployments.push_back(deployment);
    }
    return deployments;
  }

  void add_workload(const Entity& workload) {
    const auto& spec = std::get<model::WorkloadSpec>(workload.spec);
    if (const Entity* source = find(workload, Kind::template_, spec.default_template)) {
      const auto& of_template = std::get<TemplateSpec>(source->spec);
      if (!of_template.values_schema.empty()) {
        check_.cases_.push_back({.template_name = source->name,
                                 .workload = workload.name,
                                 .schema = of_template.values_schema,
                                 .layers = {of_template.defaults, spec.values, {}, {}},
                                 .is_open = true});
      }
    }
    for (const Entity* deployment : deployments_of(workload.key())) {
      if (auto base = case_of(*deployment)) check_.cases_.push_back(*std::move(base));
    }
  }

  void add_host(const Entity& host, const model::HostSpec& spec) {
    view_.fleet.for_each(Kind::target, [&](const reconciler::EntityRecord& target) {
      if (target.key.organization != host.organization) return;
      if (!std::get<model::TargetSpec>(target.now()->entity->spec).matches(spec.labels)) return;
      for (const Entity* deployment : deployments_of(target.key)) {
        if (std::get<DeploymentSpec>(deployment->spec).replicas) continue;
        auto base = case_of(*deployment);
        if (!base || check_.cases_.size() >= kValueDeploymentsMax) continue;
        base->host = host.name;
        base->layers[kHost] = spec.values;
        check_.cases_.push_back(*std::move(base));
      }
    });
  }

  void add_template(const Entity& source, const Entity* stored) {
    const auto& spec = std::get<TemplateSpec>(source.spec);
    if (spec.values_schema.empty()) return;
    std::set<Key> seen;
    const auto add = [&](const Entity& deployment) {
      if (seen.size() >= kValueDeploymentsMax || !seen.insert(deployment.key()).second) return;
      if (auto base = case_of(deployment); base && base->template_name == source.name) {
        if (stored != nullptr) {
          const auto& before = std::get<TemplateSpec>(stored->spec);
          base->stored = {before.values_schema, before.defaults};
        }
        add_with_hosts(deployment, *std::move(base));
      }
    };
    for (const Entity* deployment : deployments_of(source.key())) add(*deployment);
    for (const Key& user : admission_.users_of(source.key())) {
      if (user.kind != Kind::workload) continue;
      for (const Entity* deployment : deployments_of(user)) add(*deployment);
    }
  }

  const FleetView& view_;
  const Admission& admission_;
  ValueCheck& check_;
  std::size_t hosts_looked_at_ = 0;
};

namespace {

// Schemas that were compiled for one check. One that does not compile was refused when it was
// written, or is of a later titan: nothing is asked then.
class Schemas {
 public:
  const ValuesSchema* find(const Values& schema) {
    const auto [place, is_new] = compiled_.try_emplace(&schema.json());
    if (is_new) {
      kept_.push_back(schema);
      if (auto compiled = ValuesSchema::compile(schema.json())) place->second = *compiled;
    }
    return place->second ? &*place->second : nullptr;
  }

 private:
  std::map<const json*, std::optional<ValuesSchema>> compiled_;
  std::vector<Values> kept_;  // so that no other takes the place of one in memory
};

std::string number_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " more deployment" : " more deployments");
}

}  // namespace

ValueCheck ValueCheck::gather(const FleetView& view, const Admission& admission,
                              const Entity& entity, const Entity* stored) {
  ValueCheck check;
  Gatherer(view, admission, check).gather(entity, stored);
  return check;
}

Result<void> ValueCheck::check(std::vector<Key>& users) const {
  return written_ == kDefaults ? check_template(users) : check_written_values();
}

Result<void> ValueCheck::check_written_values() const {
  Schemas schemas;
  for (const Case& one : cases_) {
    const ValuesSchema* schema = schemas.find(one.schema);
    if (schema == nullptr) continue;
    const auto problem = problem_of(one, *schema, one.layers[kDefaults]);
    if (!problem) continue;
    TITAN_TRY(judge(one, *problem));
  }
  return {};
}

std::optional<ValuesSchema::Problem> ValueCheck::problem_of(const Case& one,
                                                            const ValuesSchema& schema,
                                                            const Values& defaults) {
  Values merged = defaults;
  for (const Layer layer : {kWorkload, kDeployment, kHost}) {
    merged = merged.overlaid_with(one.layers[layer]);
  }
  return schema.check(merged.json(),
                      one.is_open ? ValuesSchema::Look::part : ValuesSchema::Look::whole);
}

// Who gave what stands there: the strongest layer that has it.
std::optional<ValueCheck::Layer> ValueCheck::giver(const Case& one,
                                                   const ValuesSchema::Problem& problem) {
  if (problem.is_missing) return std::nullopt;
  for (const Layer layer : {kHost, kDeployment, kWorkload, kDefaults}) {
    if (gives(one.layers[layer], problem.names)) return layer;
  }
  return std::nullopt;
}

Result<void> ValueCheck::judge(const Case& one, const ValuesSchema::Problem& problem) const {
  const auto layer = giver(one, problem);
  const bool is_its_own = layer == written_;
  if (!is_its_own && written_ != kDeployment) return {};
  std::string wanted_by = "template " + quote(one.template_name);
  if (written_ == kHost) wanted_by += ", of " + one.deployment.subject();
  if (written_ == kDeployment && !one.host.empty()) wanted_by += ", on host " + quote(one.host);
  std::string message = problem.message;
  if (layer && !is_its_own) {
    const std::string name = *layer == kHost       ? "host " + quote(one.host)
                             : *layer == kWorkload ? "workload " + quote(one.workload)
                                                   : "the template";
    message += ", and is given by " + name;
  }
  const std::string path = problem.path.empty() ? "" : "." + problem.path;
  return invalid_field("spec.values" + path, message + " (" + wanted_by + ")");
}

// A deployment that does not fit now either is no reason to keep its template from changing.
Result<void> ValueCheck::check_template(std::vector<Key>& users) const {
  Schemas schemas;
  std::set<Key> misfits;
  std::string first;
  for (const Case& one : cases_) {
    const ValuesSchema* schema = schemas.find(one.schema);
    if (schema == nullptr) continue;
    const auto problem = problem_of(one, *schema, one.layers[kDefaults]);
    if (!problem) continue;
    const ValuesSchema* before = one.stored ? schemas.find(one.stored->first) : nullptr;
    if (before != nullptr && problem_of(one, *before, one.stored->second)) continue;
    if (misfits.empty()) {
      const std::string path = problem->path.empty() ? "values" : "values." + problem->path;
      first = one.deployment.subject() + (one.host.empty() ? "" : " on host " + quote(one.host)) +
              ": " + path + ": " + problem->message;
    }
    misfits.insert(one.deployment);
  }
  if (misfits.empty()) return {};
  Error error = conflict("does not fit " + first +
                         (misfits.size() > 1 ? "; and " + number_text(misfits.size() - 1) : "") +
                         ". Mend them first, or allow it (--allow-missing): their hosts then keep "
                         "what they have, and they show ERROR");
  error.field = "spec.valuesSchema";
  users.assign(misfits.begin(), misfits.end());
  if (users.size() > kUsersListed) users.resize(kUsersListed);
  return error;
}

}  // namespace titan::server_lite
