#include "server-lite/writer.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "server-lite/admission.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/value_check.hpp"

namespace titan::server_lite {
namespace {

using model::Change;
using model::Entity;
using model::Key;
using model::Kind;
using model::Status;
using Operation = ProposedChange::Operation;

Key workspace_key(const Key& key) {
  return {.organization = key.organization, .kind = Kind::workspace, .name = key.workspace};
}

Error about(const Key& key, Error error) {
  if (error.subject.empty()) error.subject = key.subject();
  return error;
}

// The error says which change of a batch is to blame, and where in it.
Error placed(std::size_t change, Error error) {
  std::string place = "changes[" + std::to_string(change) + "]";
  if (!error.field.empty()) place += ".entity." + error.field;
  error.field = std::move(place);
  return error;
}

Status first_status(Kind kind) {
  return kind == Kind::host || kind == Kind::deployment ? Status::initialized : Status::ready;
}

// What is wanted of an entity, upon what is stored of it.
Entity merged(const Entity& wanted, const Entity* stored) {
  Entity entity = stored == nullptr ? wanted : *stored;
  entity.spec = wanted.spec;
  entity.tags = wanted.tags;
  // The statuses of hosts and deployments are found out; all else is there once it is stored.
  if (stored == nullptr || first_status(wanted.kind()) == Status::ready) {
    entity.status = first_status(wanted.kind());
    entity.reason.clear();
    entity.deleting = false;
  } else if (entity.status == Status::ready && wanted.kind() == Kind::deployment &&
             !(wanted.spec == stored->spec)) {
    // READY was said of what it asked for before.
    entity.status = Status::updating;
    entity.reason = {"what it asks for was changed"};
  }
  return entity;
}

// What is read from Git is the server's to write: of a template that a person writes the place
// counts, and the rest may be as it is, or be left out. What was read last stays in use until the
// place was read, also when it is another one.
Result<void> settle_git(const Entity* stored, Entity& entity) {
  auto* spec = std::get_if<model::TemplateSpec>(&entity.spec);
  if (spec == nullptr || !spec->git) return {};
  const model::TemplateSpec nothing;
  const auto& known = stored == nullptr ? nothing : std::get<model::TemplateSpec>(stored->spec);
  const std::string commit = known.git ? known.git->commit : "";
  if (!spec->git->commit.empty() && spec->git->commit != commit) {
    return invalid_field("spec.git.commit", "is the server's to write; leave it out");
  }
  model::TemplateSpec given = *spec;
  given.git.reset();
  model::TemplateSpec read = known;
  read.git.reset();
  if (given != nothing && given != read) {
    return invalid_field("spec",
                         "is read from Git but for `git` itself: change it there, and leave "
                         "it out here");
  }
  model::TemplateGit place = *spec->git;
  place.commit = commit;
  *spec = std::move(read);
  spec->git = std::move(place);
  const bool is_same = known.git && known.git->is_place_of(*spec->git);
  entity.status = is_same             ? stored->status
                  : stored == nullptr ? Status::initialized
                                      : Status::updating;
  entity.reason = is_same ? stored->reason : std::vector<std::string>{"it is to be read from Git"};
  return {};
}

Result<void> check_stored(const ProposedChange& change, const Entity* stored) {
  const bool must_exist =
      change.operation == Operation::update || change.operation == Operation::remove;
  if (must_exist && stored == nullptr) return not_found("it does not exist");
  if (stored != nullptr && change.operation == Operation::create) {
    return conflict("it exists already, at revision " + std::to_string(stored->revision));
  }
  if (stored != nullptr && stored->deleting && change.operation != Operation::remove) {
    return conflict("it is being deleted");
  }
  if (!change.if_id.empty() && (stored == nullptr || stored->id != change.if_id)) {
    return conflict("it is another one by now");
  }
  const std::uint64_t found = stored == nullptr ? 0 : stored->revision;
  if (change.if_revision && *change.if_revision != found) {
    return conflict(found == 0 ? "it does not exist; expected revision " +
                                     std::to_string(*change.if_revision)
                               : "it is at revision " + std::to_string(found) +
                                     "; expected revision " + std::to_string(*change.if_revision));
  }
  return {};
}

ChangeTracker::Progress progress_of(const Proposal& proposal, ChangeTracker::Progress progress) {
  progress.actor = proposal.actor;
  progress.organization = proposal.changes.front().key.organization;
  return progress;
}

// The public key that a change gives to a device; empty: none.
std::string_view key_given_to(const ProposedChange& change) {
  if (change.key.kind != Kind::device || change.operation == Operation::remove) return {};
  return std::get<model::DeviceSpec>(change.entity.spec).public_key;
}

// What decisions about devices and enrollments rest on: the host, and who else writes the same
// public key, whichever device it is.
void add_device_uses(const Registry& registry, const ProposedChange& change, KeyLocks::Uses& uses) {
  const Key& key = change.key;
  const auto host_of = [&](const std::string& name) {
    return Key{.organization = key.organization, .kind = Kind::host, .name = name};
  };
  const bool is_removal = change.operation == Operation::remove;
  if (key.kind == Kind::host && is_removal) {
    for (const Key& one : registry.enrollments_for(key.organization, key.name)) {
      uses[one] = KeyLocks::Use::alone;
    }
    Key device = key;
    device.kind = Kind::device;
    uses[device] = KeyLocks::Use::alone;
  }
  if (is_removal) return;
  if (const auto given = key_given_to(change); !given.empty()) {
    uses.emplace(host_of(key.name), KeyLocks::Use::shared);
    uses[Key{.organization = {}, .kind = Kind::device, .name = std::string(given)}] =
        KeyLocks::Use::alone;
  }
  if (const auto* spec = std::get_if<model::EnrollmentSpec>(&change.entity.spec)) {
    uses.emplace(host_of(spec->host), KeyLocks::Use::shared);
  }
}

// Whether there is a cycle depends on all that the dependencies of a deployment lead to, which may
// change before it can be locked. So who writes dependencies in a workspace has that alone; others
// cannot make a cycle. No deployment is without a name.
void add_cycle_use(const ProposedChange& change, KeyLocks::Uses& uses) {
  if (change.operation == Operation::remove) return;
  const auto* spec = std::get_if<model::DeploymentSpec>(&change.entity.spec);
  if (spec == nullptr || spec->depends_on.empty()) return;
  uses[Key{.organization = change.key.organization,
           .kind = Kind::deployment,
           .workspace = change.key.workspace}] = KeyLocks::Use::alone;
}

// As the store will, as far as hosts are told of it.
void stamp(Entity& entity, const Entity* stored) {
  entity.revision = stored == nullptr ? 1 : stored->revision + 1;
  if (stored == nullptr) {
    entity.version = 1;
  } else {
    entity.version = stored->version + (entity.spec == stored->spec ? 0 : 1);
  }
}

// What was looked at does not allow it; any other error is of the look itself.
bool is_refusal(const Error& error) {
  return error.code == ErrorCode::conflict || error.code == ErrorCode::not_found ||
         error.code == ErrorCode::invalid;
}

}  // namespace

std::string_view name_of(WriteOutcome outcome) {
  // In the order of enum WriteOutcome.
  constexpr std::array<std::string_view, 5> kNames = {"created", "updated", "unchanged", "deleting",
                                                      "deleted"};
  return kNames[static_cast<std::size_t>(outcome)];
}

// A proposal on its way into a batch.
struct Writer::Draft {
  Look look = Look::quick;
  store::Batch batch = {};
  Committed committed = {};
  std::set<Key> workspaces = {};                          // that the batch makes
  std::vector<std::shared_ptr<const Entity>> noted = {};  // devices, before they are written anew
  std::vector<Key> users = {};                            // that keep what it would remove
  std::map<std::string, std::vector<std::string>> blobs = {};  // to store first, by organization
  bool is_preview = false;                                     // which stores none
};

// Everything that a decision about the proposal rests on: the keys that it writes, and those that
// must stay as they are until it is written.
KeyLocks::Uses Writer::uses_of(const Proposal& proposal) const {
  KeyLocks::Uses uses;
  for (const ProposedChange& change : proposal.changes) {
    if (change.operation != Operation::remove) {
      for (const auto& reference : model::references_of(change.entity)) {
        uses.emplace(reference.key, KeyLocks::Use::shared);
      }
    }
    add_device_uses(registry_, change, uses);
    add_cycle_use(change, uses);
    if (!model::in_workspace(change.key.kind)) continue;
    const Key workspace = workspace_key(change.key);
    const bool exists = state_.read([&](const FleetView& v) { return v.fleet.exists(workspace); });
    uses.emplace(workspace, exists ? KeyLocks::Use::shared : KeyLocks::Use::alone);
  }
  for (const ProposedChange& change : proposal.changes) uses[change.key] = KeyLocks::Use::alone;
  return uses;
}

tl::expected<Committed, Refusal> Writer::propose(const Proposal& proposal) {
  Refusal refusal;
  const auto refuse = [&](Error error) {
    refusal.error = about(proposal.changes[refusal.change].key, std::move(error));
    if (proposal.is_batch) refusal.error = placed(refusal.change, std::move(refusal.error));
    tracker_.note(proposal.id, progress_of(proposal, {.state = ChangeTracker::State::refused,
                                                      .error = refusal.error}));
    return tl::unexpected(refusal);
  };
  if (const auto checked = check_alone(proposal, refusal.change); !checked) {
    return refuse(checked.error());
  }
  const KeyLocks::Guard guard(locks_, uses_of(proposal));
  for (int attempt = 1;; ++attempt) {
    Draft draft{.look = attempt == 1 ? Look::quick : Look::sure,
                .batch = {.actor = proposal.actor, .request_id = proposal.id}};
    if (const auto drafted = write_draft(proposal, draft, refusal.change); !drafted) {
      if (draft.look == Look::quick && is_refusal(drafted.error())) continue;
      refusal.users = std::move(draft.users);
      return refuse(drafted.error());
    }
    auto changes = store_.commit(draft.batch);
    // A processor wrote a status after our look at an entity: then look again.
    const bool raced = !changes && (changes.error().code == ErrorCode::conflict ||
                                    changes.error().code == ErrorCode::not_found);
    if (raced && attempt < kWriteAttempts) continue;
    if (!changes) return refuse(changes.error());
    complete(*std::move(changes), draft.committed);
    tracker_.note(proposal.id, progress_of(proposal, {.state = ChangeTracker::State::committed,
                                                      .seq = draft.committed.seq}));
    return std::move(draft.committed);
  }
}

tl::expected<std::vector<reconciler::ProposedState>, Refusal> Writer::preview(
    const Proposal& proposal) {
  Refusal refusal;
  Draft draft{.look = Look::sure, .is_preview = true};
  auto drafted = check_alone(proposal, refusal.change);
  if (drafted) drafted = write_draft(proposal, draft, refusal.change);
  if (!drafted) {
    refusal.error = about(proposal.changes[refusal.change].key, drafted.error());
    if (proposal.is_batch) refusal.error = placed(refusal.change, std::move(refusal.error));
    refusal.users = std::move(draft.users);
    return tl::unexpected(std::move(refusal));
  }
  std::vector<reconciler::ProposedState> states;
  for (store::Mutation& mutation : draft.batch.mutations) {
    if (!model::is_for_hosts(mutation.key.kind)) continue;
    const bool is_put = mutation.seen != nullptr || mutation.expected_revision == 0;
    if (mutation.entity && is_put) stamp(*mutation.entity, mutation.seen.get());
    states.push_back({std::move(mutation.key), std::move(mutation.entity)});
  }
  return states;
}

// What can be checked without looking at the fleet. A template's blobs are read and compiled here,
// before anybody has to wait for this proposal.
Result<void> Writer::check_alone(const Proposal& proposal, std::size_t& at) {
  std::set<Key> seen;
  for (at = 0; at < proposal.changes.size(); ++at) {
    const ProposedChange& change = proposal.changes[at];
    if (!seen.insert(change.key).second) {
      return invalid("it stands twice in one batch; each entity may be changed once");
    }
    if (change.operation == Operation::remove) continue;
    TITAN_TRY(check_abilities(change.entity, change.key.organization, abilities_));
    if (const auto* spec = std::get_if<model::TemplateSpec>(&change.entity.spec)) {
      TITAN_TRY(check_place(*spec));
      TITAN_TRY(renderer_.check(*spec, change.key.organization));
    }
  }
  at = 0;
  return {};
}

Result<void> Writer::check_place(const model::TemplateSpec& spec) const {
  if (!spec.git) return {};
  if (templates_ == nullptr) {
    return invalid_field("spec.git", "this server reads no templates from Git");
  }
  auto checked = templates_->check(*spec.git);
  if (checked) return {};
  Error error = std::move(checked).error();
  error.field = "spec.git" + (error.field.empty() ? "" : "." + error.field);
  return error;
}

Result<void> Writer::write_draft(const Proposal& proposal, Draft& draft, std::size_t& at) {
  TITAN_TRY(state_.read(
      [&](const FleetView& view) { return Admission(view, proposal).check_cycles(at); }));
  for (at = 0; at < proposal.changes.size(); ++at) {
    const ProposedChange& change = proposal.changes[at];
    TITAN_ASSIGN(const std::shared_ptr<const Entity> stored, find(change.key, draft.look));
    if (change.if_absent && stored != nullptr) continue;
    TITAN_TRY(check_stored(change, stored.get()));
    if (change.operation == Operation::remove) {
      TITAN_TRY(add_removal(proposal, change, *stored, draft));
    } else {
      TITAN_TRY(add_workspace(proposal, change.key, draft));
      TITAN_TRY(add_put(proposal, change, stored, draft));
    }
  }
  at = 0;
  for (const auto& device : draft.noted) TITAN_TRY(clear_note(*device, draft));
  if (draft.is_preview) return {};
  // Last, so that nothing of what is refused is left behind.
  for (const auto& [organization, blobs] : draft.blobs) {
    TITAN_TRY(vault_.put_blobs(organization, blobs));
  }
  return {};
}

// What the fleet knows spares a look into the store. It may be a moment behind: that shows when the
// proposal is committed, and what the quick look refuses is looked at again.
Result<std::shared_ptr<const Entity>> Writer::find(const Key& key, Look look) {
  if (look == Look::quick && model::is_for_hosts(key.kind)) {
    std::shared_ptr<const Entity> known;
    const bool exists = state_.read([&](const FleetView& view) {
      const auto* record = view.fleet.find(key);
      if (record != nullptr && record->now() != nullptr) known = record->now()->entity;
      return view.fleet.exists(key) || view.deleting.contains(key);
    });
    if (known != nullptr || !exists) return known;
  }
  auto found = store_.get(key);
  if (found) return std::make_shared<const Entity>(*std::move(found));
  if (found.error().code == ErrorCode::not_found) return std::shared_ptr<const Entity>();
  return found.error();
}

Result<void> Writer::add_workspace(const Proposal& proposal, const Key& key, Draft& draft) {
  if (!model::in_workspace(key.kind)) return {};
  const Key workspace = workspace_key(key);
  const auto is_it = [&](const ProposedChange& change) {
    return change.key == workspace && change.operation != Operation::remove;
  };
  const bool proposed = std::any_of(proposal.changes.begin(), proposal.changes.end(), is_it);
  if (proposed || draft.workspaces.contains(workspace) ||
      state_.read([&](const FleetView& view) { return view.fleet.exists(workspace); })) {
    return {};
  }
  if (!proposal.create_workspace) {
    return invalid_field("workspace", "workspace " + quote(key.workspace) + " does not exist");
  }
  TITAN_TRY(check_workspace_name("workspace", workspace.name));
  draft.workspaces.insert(workspace);
  draft.committed.workspace_created = true;
  draft.batch.mutations.push_back({workspace, 0,
                                   Entity{.name = workspace.name,
                                          .organization = workspace.organization,
                                          .spec = model::WorkspaceSpec{},
                                          .status = Status::ready}});
  return {};
}

Result<void> Writer::add_put(const Proposal& proposal, const ProposedChange& change,
                             const std::shared_ptr<const Entity>& stored, Draft& draft) {
  const bool is_new = stored == nullptr;
  Entity entity = merged(change.entity, stored.get());
  if (!change.is_from_git) TITAN_TRY(settle_git(stored.get(), entity));
  auto referred = state_.read([&](const FleetView& view) {
    return Admission(view, proposal).check_references(change.entity);
  });
  if (!referred && !proposal.allow_missing) return referred;
  if (referred && !proposal.allow_missing) {
    const ValueCheck values = state_.read([&](const FleetView& view) {
      return ValueCheck::gather(view, Admission(view, proposal), change.entity, stored.get());
    });
    TITAN_TRY(values.check(draft.users));
  }
  // A stored deployment keeps its status: the roll-up tells more of what is missing.
  const bool is_rolled_up = !is_new && change.key.kind == Kind::deployment;
  if (!referred && !is_rolled_up) {
    entity.status = Status::missing;
    entity.reason = {referred.error().message};
  }
  if (change.key.kind == Kind::device) {
    TITAN_TRY(check_device(proposal, change));
    const bool is_noted = stored != nullptr && stored->status == Status::error;
    if (is_noted) draft.noted.push_back(stored);
  }
  if (change.key.kind == Kind::host && is_new) forget_report(change.key, draft);
  if (change.key.kind == Kind::secret) {
    TITAN_ASSIGN(entity.spec, take_in_secret(proposal, change, stored.get(), draft));
  }
  auto mutation = is_new
                      ? store::Mutation{.key = change.key, .expected_revision = 0, .entity = entity}
                      : store::Mutation::upon(*stored, entity);
  mutation.seen = stored;
  draft.batch.mutations.push_back(std::move(mutation));
  draft.committed.changes.push_back(
      {std::move(entity), is_new ? WriteOutcome::created : WriteOutcome::updated});
  return {};
}

Result<model::SecretSpec> Writer::take_in_secret(const Proposal& proposal,
                                                 const ProposedChange& change, const Entity* stored,
                                                 Draft& draft) {
  if (stored != nullptr && !proposal.allow_missing) {
    TITAN_TRY(state_.read([&](const FleetView& view) {
      return Admission(view, proposal).check_keys_unused(*stored, change.entity, draft.users);
    }));
  }
  TITAN_ASSIGN(SecretVault::Kept kept, vault_.take_in(change.entity, stored));
  auto& blobs = draft.blobs[change.key.organization];
  for (std::string& blob : kept.blobs) blobs.push_back(std::move(blob));
  return std::move(kept.spec);
}

Result<void> Writer::check_device(const Proposal& proposal, const ProposedChange& change) {
  Key host = change.key;
  host.kind = Kind::host;
  const bool exists = state_.read(
      [&](const FleetView& view) { return Admission(view, proposal).will_exist(host); });
  if (!exists) {
    return invalid_field("name", "host " + quote(host.name) +
                                     " does not exist; write it first, or in the same batch");
  }
  const auto refuse = [](Error error) {
    error.field = "spec.publicKey";
    return error;
  };
  const auto& given = std::get<model::DeviceSpec>(change.entity.spec).public_key;
  for (const ProposedChange& other : proposal.changes) {
    if (other.key == change.key || key_given_to(other) != given) continue;
    return refuse(conflict("a key is of one host alone, and this batch gives it to host " +
                           quote(other.key.name) + ", too"));
  }
  const auto key = PublicKey::parse(given);
  if (!key) return refuse(key.error());
  const auto bound = registry_.bound_to(*key);
  if (!bound || bound->device == change.key) return {};
  for (const ProposedChange& other : proposal.changes) {
    if (other.key == bound->device) return {};  // which gives it up: see above
  }
  const bool may_know = bound->device.organization == change.key.organization;
  return refuse(conflict(may_know ? "the key is of host " + quote(bound->device.name) +
                                        "; a key is of one host alone"
                                  : std::string("the key is in use")));
}

Result<void> Writer::add_devices_of(const Proposal& proposal, const Key& host, Draft& draft) {
  std::vector<Key> keys = registry_.enrollments_for(host.organization, host.name);
  Key device = host;
  device.kind = Kind::device;
  if (registry_.has_device(device)) keys.push_back(device);
  for (const Key& key : keys) {
    const bool is_proposed = std::ranges::any_of(
        proposal.changes, [&](const ProposedChange& change) { return change.key == key; });
    if (is_proposed) continue;
    TITAN_ASSIGN(const auto stored, find(key, Look::sure));
    if (stored == nullptr) continue;
    draft.batch.mutations.push_back(store::Mutation::upon(*stored, std::nullopt));
  }
  return {};
}

Result<void> Writer::clear_note(const Entity& device, Draft& draft) {
  Key key = device.key();
  key.kind = Kind::host;
  for (store::Mutation& mutation : draft.batch.mutations) {
    if (mutation.key != key) continue;
    if (mutation.entity && mutation.entity->reason == device.reason) {
      mutation.entity->reason.clear();
    }
    return {};
  }
  TITAN_ASSIGN(const auto host, find(key, Look::sure));
  if (host == nullptr || host->reason != device.reason) return {};
  Entity cleared = *host;
  cleared.reason.clear();
  draft.batch.mutations.push_back(store::Mutation::upon(*host, std::move(cleared)));
  return {};
}

// Also when a host is made: a report may have come just behind the deletion of its namesake.
void Writer::forget_report(const Key& host, Draft& draft) {
  draft.batch.observations.push_back({.organization = host.organization, .host = host.name});
}

// A deployment that hosts hold stays, as one that is being deleted, until they have removed it.
Result<void> Writer::add_removal(const Proposal& proposal, const ProposedChange& change,
                                 Entity stored, Draft& draft) {
  TITAN_TRY(state_.read([&](const FleetView& view) {
    return Admission(view, proposal).check_unused(change.key, draft.users);
  }));
  const bool wait = state_.read(
      [&](const FleetView& view) { return Admission(view, proposal).waits_for_hosts(change); });
  auto mutation = store::Mutation::upon(stored, std::nullopt);
  if (change.key.kind == Kind::host) {
    forget_report(change.key, draft);
    TITAN_TRY(add_devices_of(proposal, change.key, draft));
  }
  if (wait) {
    stored.deleting = true;
    stored.status = Status::deleting;
    if (stored.reason.empty()) stored.reason = {"waiting for its hosts to remove it"};
    mutation.entity = stored;
  } else {
    stored.status = Status::deleted;
  }
  draft.batch.mutations.push_back(std::move(mutation));
  draft.committed.changes.push_back(
      {std::move(stored), wait ? WriteOutcome::deleting : WriteOutcome::deleted});
  return {};
}

// Fills in what the store stamped on each entity. One without a change was so already.
void Writer::complete(std::vector<Change> changes, Committed& committed) const {
  committed.seq = store_.head().value_or(model::Bookmark()).seq;
  for (Written& written : committed.changes) {
    const auto change = std::find_if(changes.begin(), changes.end(), [&](const Change& one) {
      return one.key == written.entity.key();
    });
    if (change == changes.end()) {
      if (written.outcome == WriteOutcome::updated) written.outcome = WriteOutcome::unchanged;
    } else if (change->after) {
      written.entity = *std::move(change->after);
    } else {
      written.entity.deleted_time = change->time;
    }
  }
  if (!changes.empty()) committed.seq = changes.back().seq;
}

Result<void> Writer::accept(Proposal proposal) {
  const std::lock_guard lock(accepted_mutex_);
  if (accepted_.size() >= kProposalsAccepted) {
    return unavailable(std::to_string(kProposalsAccepted) + " changes wait to be written already");
  }
  tracker_.note(proposal.id,
                progress_of(proposal, {}));  // before step() can note what became of it
  accepted_.push_back(std::move(proposal));
  return {};
}

bool Writer::step() {
  Proposal proposal;
  {
    const std::lock_guard lock(accepted_mutex_);
    if (accepted_.empty()) return false;
    proposal = std::move(accepted_.front());
    accepted_.pop_front();
  }
  (void)propose(proposal);  // the tracker knows what became of it
  return true;
}

}  // namespace titan::server_lite
