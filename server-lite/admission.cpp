#include "server-lite/admission.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;

std::vector<std::string> names_beside(const FleetView& view, const Key& key) {
  std::vector<std::string> names;
  view.fleet.for_each(key.kind, view.fleet.head(), [&](const auto& entity) {
    if (entity->workspace == key.workspace) names.push_back(entity->name);
  });
  return names;
}

// "deployment default/prod, deployment default/test and 3 more"
std::string users_text(const std::vector<Key>& users) {
  std::vector<std::string> subjects;
  for (const Key& user : users) {
    if (subjects.size() == kUsersNamed) break;
    subjects.push_back(user.subject());
  }
  const std::size_t more = users.size() - subjects.size();
  return join(subjects, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

// A deployment takes its workload's template when it names none; one of the two must.
Result<void> check_has_template(const FleetView& view, const model::Entity& entity) {
  const auto* spec = std::get_if<model::DeploymentSpec>(&entity.spec);
  if (spec == nullptr || !spec->template_name.empty()) return {};
  const Key workload{.organization = entity.organization,
                     .kind = Kind::workload,
                     .workspace = entity.workspace,
                     .name = spec->workload};
  const auto found = view.fleet.find(workload, view.fleet.head());
  if (found != nullptr && !std::get<model::WorkloadSpec>(found->spec).default_template.empty()) {
    return {};
  }
  Error error = invalid_field("spec.template", "must be given, since the workload " +
                                                   quote(spec->workload) + " names none");
  error.subject = entity.key().subject();
  return error;
}

bool refers_to(const model::Entity& entity, const Key& key) {
  const auto references = model::references_of(entity);
  return std::any_of(references.begin(), references.end(),
                     [&](const model::Reference& reference) { return reference.key == key; });
}

}  // namespace

Result<void> check_references(const FleetView& view, const model::Entity& entity) {
  for (const model::Reference& reference : model::references_of(entity)) {
    if (view.fleet.find(reference.key, view.fleet.head()) != nullptr) continue;
    Error error = invalid_field(
        reference.field, std::string(singular_of(reference.key.kind)) + " " +
                             quote(reference.key.name) + " does not exist" +
                             did_you_mean(reference.key.name, names_beside(view, reference.key)));
    error.subject = entity.key().subject();
    return error;
  }
  return check_has_template(view, entity);
}

Result<void> check_abilities(const model::Entity& entity) {
  const auto refuse = [&](std::string field, std::string message) {
    Error error = invalid_field(std::move(field), std::move(message));
    error.subject = entity.key().subject();
    return error;
  };
  if (const auto* deployment = std::get_if<model::DeploymentSpec>(&entity.spec)) {
    if (deployment->replicas) {
      return refuse("spec.replicas",
                    "this server cannot limit the number of hosts yet; leave it out to reach "
                    "every matching host");
    }
    if (!deployment->depends_on.empty()) {
      return refuse("spec.dependsOn", "this server cannot order deployments yet; leave it out");
    }
    if (deployment->suspend) {
      return refuse("spec.suspend", "this server cannot suspend deployments yet; leave it out");
    }
  }
  if (const auto* host = std::get_if<model::HostSpec>(&entity.spec)) {
    if (host->delivery == model::Delivery::gitops) {
      return refuse("spec.delivery",
                    "this server cannot commit for hosts yet; use \"agent\", whose commits a "
                    "controller can follow");
    }
  }
  return {};
}

Result<void> check_unused(const FleetView& view, const Key& key) {
  if (key.kind == Kind::workspace && key.name == model::kDefaultWorkspace) {
    return conflict("the workspace \"default\" always exists and cannot be deleted");
  }
  std::vector<Key> users;
  for (const Kind kind : model::kKinds) {
    view.fleet.for_each(kind, view.fleet.head(), [&](const auto& entity) {
      const bool inside = key.kind == Kind::workspace && entity->workspace == key.name;
      if (inside || refers_to(*entity, key)) users.push_back(entity->key());
    });
  }
  if (key.kind == Kind::workspace) {
    for (const Key& waiting : view.deleting) {
      if (waiting.workspace == key.name) users.push_back(waiting);
    }
  }
  if (users.empty()) return {};
  const std::string relation = key.kind == Kind::workspace ? "it holds " : "it is used by ";
  Error error = conflict(relation + users_text(users));
  error.subject = key.subject();
  return error;
}

}  // namespace titan::server_lite
