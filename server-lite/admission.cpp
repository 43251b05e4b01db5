#include "server-lite/admission.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "gitops/kustomization.hpp"
#include "model/secret_use.hpp"
#include "reconciler/cycle_search.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;
using reconciler::cycle_text;
using reconciler::CycleSearch;

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

bool is_removal(const ProposedChange& change) {
  return change.operation == ProposedChange::Operation::remove;
}

bool is_inside(const Key& key, const Key& container) {
  return container.kind == Kind::workspace && key.organization == container.organization &&
         model::in_workspace(key.kind) && key.workspace == container.name;
}

bool names(const model::Entity& entity, const Key& key) {
  const auto references = model::references_of(entity);
  return std::any_of(references.begin(), references.end(),
                     [&](const model::Reference& reference) { return reference.key == key; });
}

// The values of secrets that the entity refers to; of other kinds: none.
std::vector<model::SecretReference> secrets_of(const model::Entity& entity) {
  const model::Values* values = nullptr;
  if (const auto* workload = std::get_if<model::WorkloadSpec>(&entity.spec)) {
    values = &workload->values;
  } else if (const auto* deployment = std::get_if<model::DeploymentSpec>(&entity.spec)) {
    values = &deployment->values;
  }
  if (values == nullptr) return {};
  auto references = model::secret_references(*values);
  return references ? *std::move(references) : std::vector<model::SecretReference>();
}

bool has_key(const model::Entity& secret, const std::string& key) {
  return std::get<model::SecretSpec>(secret.spec).data.contains(key);
}

// The deployments that the entity names in `dependsOn`; of other kinds: none.
std::vector<Key> dependencies_of(const model::Entity& entity) {
  std::vector<Key> dependencies;
  const auto* spec = std::get_if<model::DeploymentSpec>(&entity.spec);
  if (spec == nullptr) return dependencies;
  for (const std::string& name : spec->depends_on) {
    dependencies.push_back({.organization = entity.organization,
                            .kind = Kind::deployment,
                            .workspace = entity.workspace,
                            .name = name});
  }
  return dependencies;
}

// Users as the fleet knows them. The server clears assignments away by itself; a deployment that
// waits for its hosts is invisible to delivery, and still in its workspace.
std::vector<Key> standing_users(const FleetView& view, const Key& key) {
  std::vector<Key> users = view.fleet.users_of(key);
  std::erase_if(users, [](const Key& user) { return user.kind == Kind::assignment; });
  for (const Key& waiting : view.deleting) {
    if (is_inside(waiting, key)) users.push_back(waiting);
  }
  return users;
}

Result<void> check_delivery(std::string_view organization, const Abilities& abilities) {
  constexpr const char* kField = "spec.delivery";
  if (!abilities.commits_for_hosts) {
    return invalid_field(kField,
                         "this server was not told where to commit for hosts; start it with --git, "
                         "or use \"agent\", whose commits a controller can follow");
  }
  if (organization == model::kDefaultOrganization) return {};
  return invalid_field(kField, "this server commits for hosts of the organization " +
                                   quote(model::kDefaultOrganization) +
                                   " alone, since its repository is of one organization; use "
                                   "\"agent\"");
}

}  // namespace

const ProposedChange* Admission::proposed(const Key& key) const {
  const auto found = std::find_if(proposal_.changes.begin(), proposal_.changes.end(),
                                  [&](const ProposedChange& change) { return change.key == key; });
  return found == proposal_.changes.end() ? nullptr : &*found;
}

bool Admission::will_exist(const Key& key) const {
  const ProposedChange* change = proposed(key);
  return change == nullptr ? view_.fleet.exists(key) : !is_removal(*change);
}

const model::Entity* Admission::find(const Key& key) const {
  if (const ProposedChange* change = proposed(key)) {
    return is_removal(*change) ? nullptr : &change->entity;
  }
  const auto* record = view_.fleet.find(key);
  return record == nullptr || record->now() == nullptr ? nullptr : record->now()->entity.get();
}

std::vector<Key> Admission::users_of(const Key& key) const {
  std::vector<Key> users = standing_users(view_, key);
  std::erase_if(users, [&](const Key& user) {
    const ProposedChange* change = proposed(user);
    return change != nullptr && !(is_inside(user, key) && waits_for_hosts(*change));
  });
  for (const ProposedChange& change : proposal_.changes) {
    if (is_removal(change)) continue;
    if (is_inside(change.key, key) || names(change.entity, key)) users.push_back(change.key);
  }
  return users;
}

std::vector<std::string> Admission::names_beside(const Key& key) const {
  std::vector<std::string> names;
  view_.fleet.for_each(key.kind, [&](const reconciler::EntityRecord& record) {
    if (record.key.workspace == key.workspace) names.push_back(record.key.name);
  });
  return names;
}

// A deployment takes its workload's template when it names none; one of the two must.
Result<void> Admission::check_has_template(const model::Entity& entity) const {
  const auto* spec = std::get_if<model::DeploymentSpec>(&entity.spec);
  if (spec == nullptr || !spec->template_name.empty()) return {};
  const Key key{.organization = entity.organization,
                .kind = Kind::workload,
                .workspace = entity.workspace,
                .name = spec->workload};
  const model::Entity* workload = find(key);
  if (workload != nullptr &&
      !std::get<model::WorkloadSpec>(workload->spec).default_template.empty()) {
    return {};
  }
  return invalid_field("spec.template", "must be given, since the workload " +
                                            quote(spec->workload) + " names none");
}

// That the secrets exist was checked.
Result<void> Admission::check_secret_keys(const model::Entity& entity) const {
  for (const model::SecretReference& reference : secrets_of(entity)) {
    const model::Entity* secret = find({.organization = entity.organization,
                                        .kind = Kind::secret,
                                        .workspace = entity.workspace,
                                        .name = reference.name});
    if (secret == nullptr || has_key(*secret, reference.key)) continue;
    std::vector<std::string> keys;
    for (const auto& [key, entry] : std::get<model::SecretSpec>(secret->spec).data) {
      keys.push_back(key);
    }
    return invalid_field("spec.values", "secret " + quote(reference.name) + " has no key " +
                                            quote(reference.key) +
                                            did_you_mean(reference.key, keys));
  }
  return {};
}

Result<void> Admission::check_keys_unused(const model::Entity& stored, const model::Entity& secret,
                                          std::vector<Key>& users) const {
  const Key key = secret.key();
  std::string missing;
  std::vector<Key> left_without;
  for (const Key& user : users_of(key)) {
    const model::Entity* entity = find(user);
    if (entity == nullptr) continue;
    for (const model::SecretReference& reference : secrets_of(*entity)) {
      const bool is_lost = reference.name == key.name && has_key(stored, reference.key) &&
                           !has_key(secret, reference.key);
      if (!is_lost) continue;
      missing = reference.key;
      left_without.push_back(user);
      break;
    }
  }
  if (left_without.empty()) return {};
  Error in_use = conflict("the key " + quote(missing) + " is used by " + users_text(left_without));
  in_use.field = "spec.data";
  users = std::move(left_without);
  if (users.size() > kUsersListed) users.resize(kUsersListed);
  return in_use;
}

Result<void> Admission::check_references(const model::Entity& entity) const {
  for (const model::Reference& reference : model::references_of(entity)) {
    if (will_exist(reference.key)) continue;
    return invalid_field(reference.field,
                         std::string(singular_of(reference.key.kind)) + " " +
                             quote(reference.key.name) + " does not exist" +
                             did_you_mean(reference.key.name, names_beside(reference.key)));
  }
  TITAN_TRY(check_secret_keys(entity));
  return check_has_template(entity);
}

Result<void> Admission::check_unused(const Key& key, std::vector<Key>& users) const {
  if (key.kind == Kind::workspace && key.name == model::kDefaultWorkspace) {
    return conflict("the workspace \"default\" always exists and cannot be deleted");
  }
  users = users_of(key);
  if (users.empty()) return {};
  const std::string relation = key.kind == Kind::workspace ? "it holds " : "it is used by ";
  Error in_use = conflict(relation + users_text(users));
  if (users.size() > kUsersListed) users.resize(kUsersListed);
  return in_use;
}

Result<void> Admission::check_cycles(std::size_t& at) const {
  std::map<Key, std::size_t> places;
  bool is_concerned = false;
  for (std::size_t i = 0; i < proposal_.changes.size(); ++i) {
    const ProposedChange& change = proposal_.changes[i];
    places[change.key] = i;
    is_concerned = is_concerned || (!is_removal(change) && !dependencies_of(change.entity).empty());
  }
  if (!is_concerned) return {};
  const CycleSearch::Dependencies dependencies = [&](const Key& key) {
    if (const auto place = places.find(key); place != places.end()) {
      const ProposedChange& change = proposal_.changes[place->second];
      return is_removal(change) ? std::vector<Key>() : dependencies_of(change.entity);
    }
    const auto* record = view_.fleet.find(key);
    const bool is_there = record != nullptr && record->now() != nullptr;
    return is_there ? dependencies_of(*record->now()->entity) : std::vector<Key>();
  };
  CycleSearch search(dependencies);
  for (const auto& [key, place] : places) {
    const std::vector<Key> cycle = search.from(key);
    // Whoever closes it is to blame. A cycle that the proposal has no part in cannot be.
    const auto blamed =
        std::ranges::find_if(cycle, [&](const Key& member) { return places.contains(member); });
    if (blamed == cycle.end()) continue;
    at = places.at(*blamed);
    return invalid_field("spec.dependsOn", "makes a cycle: " + cycle_text(cycle, *blamed));
  }
  return {};
}

bool Admission::waits_for_hosts(const ProposedChange& change) const {
  return is_removal(change) && change.key.kind == Kind::deployment && !change.force &&
         !holders_of(view_, change.key).empty();
}

Result<void> check_workspace_name(std::string_view field, std::string_view name) {
  if (!gitops::is_kustomization(name)) return {};
  return invalid_field(std::string(field),
                       "a workspace cannot be named " + quote(name) +
                           ", as each host has a file of this name in Git; expected another name");
}

Result<void> check_abilities(const model::Entity& entity, std::string_view organization,
                             const Abilities& abilities) {
  if (entity.kind() == Kind::workspace) TITAN_TRY(check_workspace_name("name", entity.name));
  if (const auto* deployment = std::get_if<model::DeploymentSpec>(&entity.spec)) {
    if (deployment->suspend) {
      return invalid_field("spec.suspend",
                           "this server cannot suspend deployments yet; leave it out");
    }
  }
  if (const auto* host = std::get_if<model::HostSpec>(&entity.spec)) {
    if (host->delivery == model::Delivery::gitops) {
      TITAN_TRY(check_delivery(organization, abilities));
    }
  }
  return {};
}

}  // namespace titan::server_lite
