#include "server-lite/writer.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "reconciler/delivery.hpp"
#include "reconciler/roll_up.hpp"
#include "server-lite/admission.hpp"
#include "server-lite/limits.hpp"
#include "store/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Change;
using model::Entity;
using model::Key;
using model::Kind;
using model::Status;

constexpr std::string_view kServerActor = "titan";
constexpr std::string_view kLocalActor = "local";  // whoever reaches the loopback address

Status first_status(Kind kind) {
  return kind == Kind::host || kind == Kind::deployment ? Status::initialized : Status::ready;
}

Key workspace_key(const Key& key) {
  return {.organization = key.organization, .kind = Kind::workspace, .name = key.workspace};
}

Key host_key(const store::StoredReport& stored) {
  return {.organization = stored.organization, .kind = Kind::host, .name = stored.host};
}

Error with_subject(Error error, const Key& key) {
  if (error.subject.empty()) error.subject = key.subject();
  return error;
}

// What is wanted of an entity, upon what is stored of it.
Entity merged(const Entity& wanted, const std::optional<Entity>& stored) {
  Entity entity = stored.value_or(wanted);
  entity.spec = wanted.spec;
  entity.tags = wanted.tags;
  if (!stored) {
    entity.status = first_status(wanted.kind());
    entity.reason.clear();
    entity.deleting = false;
  }
  return entity;
}

std::set<Key> deployments_in(const model::HostReport& report) {
  std::set<Key> keys;
  for (const auto& deployment : report.deployments) keys.insert(deployment.key);
  return keys;
}

void set_member(std::set<Key>& keys, const Key& key, bool member) {
  if (member) {
    keys.insert(key);
  } else {
    keys.erase(key);
  }
}

void apply_to(FleetView& view, const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    view.fleet.apply(change);
    if (change.key.kind == Kind::host) {
      const bool heard_of = change.after && change.after->status != Status::initialized;
      set_member(view.heard_of, change.key, heard_of);
      if (!change.after) forget_report(view, change.key);
    }
    if (change.key.kind == Kind::deployment) {
      set_member(view.deleting, change.key, change.after && change.after->deleting);
    }
  }
}

const model::DeploymentReport* find_report(const FleetView& view, const Key& host,
                                           const Key& deployment) {
  const auto stored = view.reports.find(host);
  if (stored == view.reports.end()) return nullptr;
  const auto& listed = stored->second.report.deployments;
  const auto found = std::find_if(listed.begin(), listed.end(),
                                  [&](const auto& report) { return report.key == deployment; });
  return found == listed.end() ? nullptr : &*found;
}

std::vector<reconciler::Standing> standings_of(const FleetView& view, const Entity& deployment) {
  std::vector<reconciler::Standing> standings;
  const std::uint64_t now = view.fleet.head();
  for (const auto& host : reconciler::hosts_reached(view.fleet, deployment, now)) {
    reconciler::Standing standing{
        .host = host->name,
        .desired = reconciler::desired_form(view.fleet, deployment, *host, now)};
    const auto* report = find_report(view, host->key(), deployment.key());
    if (report != nullptr) standing.report = *report;
    standings.push_back(std::move(standing));
  }
  return standings;
}

}  // namespace

std::string_view name_of(WriteOutcome outcome) {
  // In the order of enum WriteOutcome.
  constexpr std::array<std::string_view, 5> kNames = {"created", "updated", "unchanged", "deleting",
                                                      "deleted"};
  return kNames[static_cast<std::size_t>(outcome)];
}

Result<void> Writer::open() {
  const std::lock_guard lock(mutex_);
  std::uint64_t seq = 0;
  while (true) {
    TITAN_ASSIGN(const std::vector<Change> page, store_.changes(seq, kPageItemsMax));
    if (page.empty()) break;
    seq = page.back().seq;
    state_.update([&](FleetView& view) { apply_to(view, page); });
  }
  TITAN_ASSIGN(const std::vector<store::StoredReport> reports, store_.reports());
  state_.update([&](FleetView& view) {
    for (const store::StoredReport& stored : reports) put_report(view, host_key(stored), stored);
  });

  const Entity workspace{.name = std::string(model::kDefaultWorkspace),
                         .spec = model::WorkspaceSpec{},
                         .status = Status::ready};
  TITAN_ASSIGN(const auto existing, find(workspace.key()));
  if (!existing) {
    TITAN_TRY(commit(
        {.mutations = {{workspace.key(), 0, workspace}}, .actor = std::string(kServerActor)}));
  }
  const std::set<Key> all = state_.read([](const FleetView& view) {
    std::set<Key> keys = view.deleting;
    for (const Kind kind : {Kind::workload, Kind::deployment}) {
      view.fleet.for_each(kind, view.fleet.head(),
                          [&](const auto& entity) { keys.insert(entity->key()); });
    }
    return keys;
  });
  return roll_up(all, "");
}

Result<std::optional<Entity>> Writer::find(const Key& key) {
  auto found = store_.get(key);
  if (found) return std::optional<Entity>(*std::move(found));
  if (found.error().code == ErrorCode::not_found) return std::optional<Entity>();
  return found.error();
}

Result<std::vector<Change>> Writer::commit(const store::Batch& batch) {
  TITAN_ASSIGN(std::vector<Change> changes, store_.commit(batch));
  state_.update([&](FleetView& view) { apply_to(view, changes); });
  return changes;
}

Result<void> Writer::commit_in_parts(store::Batch batch) {
  const std::vector<store::Mutation> mutations = std::exchange(batch.mutations, {});
  std::span<const store::Mutation> left = mutations;
  while (!left.empty()) {
    const auto part = left.first(std::min(left.size(), store::kBatchMutationsMax));
    batch.mutations.assign(part.begin(), part.end());
    TITAN_TRY(commit(batch));
    left = left.subspan(part.size());
  }
  return {};
}

Result<void> Writer::admit(const PutRequest& request, bool workspace_exists) {
  const Entity& entity = request.entity;
  if (!workspace_exists && !request.create_workspace) {
    Error error =
        invalid_field("workspace", "workspace " + quote(entity.workspace) + " does not exist");
    error.subject = entity.key().subject();
    return error;
  }
  TITAN_TRY(check_abilities(entity));
  if (!request.allow_missing) {
    TITAN_TRY(state_.read([&](const FleetView& view) { return check_references(view, entity); }));
  }
  if (const auto* spec = std::get_if<model::TemplateSpec>(&entity.spec)) {
    if (const auto checked = renderer_.check(*spec); !checked) {
      return with_subject(checked.error(), entity.key());
    }
  }
  return {};
}

Result<Written> Writer::put(const PutRequest& request) {
  const std::lock_guard lock(mutex_);
  const Key key = request.entity.key();
  TITAN_ASSIGN(const std::optional<Entity> stored, find(key));
  if (stored && request.must_create) return with_subject(conflict("it exists already"), key);
  if (stored && stored->deleting) return with_subject(conflict("it is being deleted"), key);

  bool workspace_exists = true;
  if (model::in_workspace(key.kind)) {
    TITAN_ASSIGN(const std::optional<Entity> workspace, find(workspace_key(key)));
    workspace_exists = workspace.has_value();
  }
  TITAN_TRY(admit(request, workspace_exists));

  store::Batch batch{.actor = std::string(kLocalActor), .request_id = request.request_id};
  if (!workspace_exists) {
    const Entity workspace{.name = key.workspace,
                           .organization = key.organization,
                           .spec = model::WorkspaceSpec{},
                           .status = Status::ready};
    batch.mutations.push_back({workspace.key(), 0, workspace});
  }
  const auto expected = request.must_create ? std::optional<std::uint64_t>(0) : request.if_match;
  batch.mutations.push_back({key, expected, merged(request.entity, stored)});
  auto changes = commit(batch);
  if (!changes) return with_subject(changes.error(), key);
  follow_up(*changes, request.request_id);

  Written written{.workspace_created = !workspace_exists};
  TITAN_ASSIGN(written.entity, store_.get(key));
  if (!changes->empty()) {
    written.outcome = stored ? WriteOutcome::updated : WriteOutcome::created;
  }
  return written;
}

Result<Written> Writer::remove(const RemoveRequest& request) {
  const std::lock_guard lock(mutex_);
  TITAN_ASSIGN(Entity entity, store_.get(request.key));
  TITAN_TRY(state_.read([&](const FleetView& view) { return check_unused(view, request.key); }));
  const bool wait =
      request.key.kind == Kind::deployment && !request.force &&
      state_.read([&](const FleetView& view) { return !holders_of(view, request.key).empty(); });

  store::Mutation mutation{.key = request.key, .expected_revision = request.if_match};
  if (wait) {
    entity.deleting = true;
    mutation.entity = entity;
  }
  store::Batch batch{.mutations = {std::move(mutation)},
                     .actor = std::string(kLocalActor),
                     .request_id = request.request_id};
  if (request.key.kind == Kind::host) {
    batch.observations.push_back(
        {.organization = request.key.organization, .host = request.key.name});
  }
  auto changes = commit(batch);
  if (!changes) return with_subject(changes.error(), request.key);
  follow_up(*changes, request.request_id);

  if (wait) {
    TITAN_ASSIGN(entity, store_.get(request.key));
    return Written{.entity = std::move(entity), .outcome = WriteOutcome::deleting};
  }
  entity.status = Status::deleted;
  return Written{.entity = std::move(entity), .outcome = WriteOutcome::deleted};
}

Result<void> Writer::observe(const Key& host, const model::SyncRequest& sync,
                             const std::string& request_id) {
  const std::lock_guard lock(mutex_);
  TITAN_ASSIGN(Entity entity, store_.get(host));
  store::Batch batch{.actor = "host/" + host.name, .request_id = request_id};
  if (entity.status == Status::initialized) {
    entity.status = Status::ready;
    batch.mutations.push_back({host, entity.revision, entity});
  }
  std::set<Key> touched;
  if (sync.report) {
    touched = deployments_in(*sync.report);
    state_.read([&](const FleetView& view) {
      const auto before = view.reports.find(host);
      if (before != view.reports.end()) touched.merge(deployments_in(before->second.report));
      return true;
    });
    batch.observations.push_back({.organization = host.organization,
                                  .host = host.name,
                                  .report = sync.report,
                                  .bookmark = sync.bookmark.value_or(model::Bookmark())});
  }
  if (batch.mutations.empty() && batch.observations.empty()) return {};
  TITAN_TRY(commit(batch));
  if (!sync.report) return {};
  TITAN_ASSIGN(store::StoredReport stored, store_.report(host.organization, host.name));
  state_.update([&](FleetView& view) { put_report(view, host, std::move(stored)); });
  roll_up_or_warn(touched, request_id);
  return {};
}

Result<void> Writer::note_delivered(const std::vector<Key>& deployments,
                                    const std::string& request_id) {
  const std::lock_guard lock(mutex_);
  store::Batch batch{.actor = std::string(kServerActor), .request_id = request_id};
  for (const Key& key : deployments) {
    TITAN_ASSIGN(std::optional<Entity> entity, find(key));
    if (!entity || entity->status != Status::initialized) continue;
    entity->status = Status::creating;
    batch.mutations.push_back({key, entity->revision, *entity});
  }
  return commit_in_parts(std::move(batch));
}

void Writer::follow_up(const std::vector<Change>& changes, const std::string& request_id) {
  const std::set<Key> affected = state_.read([&](const FleetView& view) {
    std::set<Key> keys;
    for (const Change& change : changes) {
      for (const Key& key : reconciler::deployments_affected(view.fleet, change)) keys.insert(key);
      if (change.key.kind == Kind::workload) keys.insert(change.key);
      if (change.key.kind == Kind::host) keys.insert(view.deleting.begin(), view.deleting.end());
      if (change.key.kind == Kind::template_) {
        view.fleet.for_each(Kind::workload, view.fleet.head(),
                            [&](const auto& workload) { keys.insert(workload->key()); });
      }
    }
    return keys;
  });
  roll_up_or_warn(affected, request_id);
}

// The write itself is done: what a status lags behind now, the next change or start makes up for.
void Writer::roll_up_or_warn(const std::set<Key>& keys, const std::string& request_id) {
  const auto done = roll_up(keys, request_id);
  if (!done)
    log_.warning("a status could not be brought up to date", {{"error", done.error().text()}});
}

Result<void> Writer::roll_up(const std::set<Key>& keys, const std::string& request_id) {
  store::Batch batch{.actor = std::string(kServerActor), .request_id = request_id};
  for (const Key& key : keys) {
    TITAN_ASSIGN(std::optional<store::Mutation> mutation, status_write(key));
    if (mutation) batch.mutations.push_back(*std::move(mutation));
  }
  return commit_in_parts(std::move(batch));
}

Result<std::optional<store::Mutation>> Writer::status_write(const Key& key) {
  TITAN_ASSIGN(std::optional<Entity> entity, find(key));
  if (!entity) return std::optional<store::Mutation>();
  if (key.kind == Kind::deployment) return deployment_status_write(*entity);

  const auto checked =
      state_.read([&](const FleetView& view) { return check_references(view, *entity); });
  const std::uint64_t revision = entity->revision;
  entity->status = checked ? Status::ready : Status::missing;
  entity->reason = checked ? std::vector<std::string>() : std::vector{checked.error().message};
  return std::optional(store::Mutation{key, revision, std::move(entity)});
}

Result<std::optional<store::Mutation>> Writer::deployment_status_write(const Entity& entity) {
  struct Facts {
    std::vector<std::string> missing, holders;
    std::vector<reconciler::Standing> standings;
  };
  Facts facts = state_.read([&](const FleetView& view) {
    Facts seen{.missing = reconciler::missing_references(view.fleet, entity, view.fleet.head())};
    if (entity.deleting) seen.holders = holders_of(view, entity.key());
    if (!entity.deleting) seen.standings = standings_of(view, entity);
    return seen;
  });
  if (entity.deleting && facts.holders.empty()) {
    log_.info("every host confirmed the removal", {{"deployment", entity.key().short_text()}});
    return std::optional(store::Mutation{.key = entity.key()});
  }
  for (reconciler::Standing& standing : facts.standings) {
    renderer_.fill_digest(standing.desired);
  }
  reconciler::RolledUp rolled =
      reconciler::roll_up(entity, facts.missing, facts.standings, facts.holders);
  Entity updated = entity;
  updated.status = rolled.status;
  updated.reason = std::move(rolled.reason);
  return std::optional(store::Mutation{entity.key(), entity.revision, std::move(updated)});
}

}  // namespace titan::server_lite
