#include "server-lite/template_follower.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "model/limits.hpp"
#include "server-lite/actors.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Entity;
using model::Key;
using model::Status;
using model::TemplateSpec;

constexpr const char* kLooks = "titan_template_looks_total";
constexpr const char* kLooksHelp = "Looks at templates in Git, by how they ended.";
constexpr std::size_t kCommitShown = 12;

const TemplateSpec& spec_of(const Entity& entity) {
  return std::get<TemplateSpec>(entity.spec);
}

// null: it is none from Git.
const model::TemplateGit* git_of(const Entity& entity) {
  const auto* spec = std::get_if<TemplateSpec>(&entity.spec);
  return spec == nullptr || !spec->git ? nullptr : &*spec->git;
}

std::string short_commit(const std::string& commit) {
  return commit.substr(0, kCommitShown);
}

}  // namespace

TemplateFollower::TemplateFollower(const Parts& parts, std::chrono::seconds interval,
                                   std::function<void()> wake)
    : parts_(parts),
      interval_(interval),
      backoff_{.first = interval, .min = kTemplateRetryMin, .max = kTemplateRetryMax},
      wake_(std::move(wake)),
      looks_(parts.metrics.counter(kLooks, kLooksHelp, {{"outcome", "nothing new"}})),
      faults_(parts.metrics.counter(kLooks, kLooksHelp, {{"outcome", "unreachable"}})),
      refusals_(parts.metrics.counter(kLooks, kLooksHelp, {{"outcome", "refused"}})),
      versions_(parts.metrics.counter(kLooks, kLooksHelp, {{"outcome", "new version"}})) {}

void TemplateFollower::open(const FleetState& state) {
  state.read([this](const FleetView& view) {
    view.fleet.for_each(model::Kind::template_, [this](const reconciler::EntityRecord& record) {
      follow(record.key, record.now()->entity.get());
    });
    return true;
  });
}

void TemplateFollower::take(std::span<const model::Change> changes) {
  for (const model::Change& change : changes) {
    if (change.key.kind != model::Kind::template_) continue;
    follow(change.key, change.after ? &*change.after : nullptr);
  }
}

// Its own writes come back here, too: the place is the same then.
void TemplateFollower::follow(const Key& key, const Entity* entity) {
  const model::TemplateGit* git = entity == nullptr ? nullptr : git_of(*entity);
  {
    const std::lock_guard lock(mutex_);
    if (git == nullptr) {
      entries_.erase(key);
      return;
    }
    const auto [place, is_new] = entries_.try_emplace(key);
    Entry& entry = place->second;
    if (!is_new && entry.place.is_place_of(*git)) return;
    const bool is_busy = entry.is_busy;
    entry = {
        .place = *git, .due = parts_.clock.monotonic(), .is_busy = is_busy, .is_changed = is_busy};
  }
  wake_();
}

bool TemplateFollower::look_soon(const Key& key) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return false;
    found->second.due = parts_.clock.monotonic();
    found->second.is_changed = found->second.is_busy;
    // A person who asks wants to know whether what was refused is good by now.
    if (!found->second.refusal.empty()) found->second.seen.clear();
  }
  wake_();
  return true;
}

std::optional<std::pair<Key, TemplateFollower::Entry>> TemplateFollower::take_due(
    Clock::Monotonic now) {
  const std::lock_guard lock(mutex_);
  auto first = entries_.end();
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    if (at->second.is_busy || at->second.due > now) continue;
    if (first == entries_.end() || at->second.due < first->second.due) first = at;
  }
  if (first == entries_.end()) return std::nullopt;
  first->second.is_busy = true;
  first->second.is_changed = false;
  return *first;
}

Clock::Monotonic TemplateFollower::step() {
  if (parts_.source == nullptr) return Clock::Monotonic::max();
  if (auto due = take_due(parts_.clock.monotonic())) {
    const Look look = look_at(due->first, due->second);
    settle(due->first, look, parts_.clock.monotonic());
  }
  const std::lock_guard lock(mutex_);
  Clock::Monotonic next = Clock::Monotonic::max();
  for (const auto& [key, entry] : entries_) {
    if (!entry.is_busy) next = std::min(next, entry.due);
  }
  return next;
}

void TemplateFollower::settle(const Key& key, const Look& look, Clock::Monotonic now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.is_busy = false;
  if (entry.is_changed || look.again) {
    entry.due = now;
    return;
  }
  entry.faults = look.is_fault ? entry.faults + 1 : 0;
  entry.due = look.is_fault ? now + backoff_.wait(entry.faults, parts_.random) : now + interval_;
  if (look.is_fault) return;
  entry.seen = look.seen;
  entry.refusal = look.refusal;
}

TemplateFollower::Look TemplateFollower::look_at(const Key& key, const Entry& entry) {
  const auto entity = parts_.store.get(key);
  if (!entity || git_of(*entity) == nullptr || !git_of(*entity)->is_place_of(entry.place)) {
    const bool is_gone = entity || entity.error().code == ErrorCode::not_found;
    return {.is_fault = !is_gone, .again = false, .seen = entry.seen, .refusal = entry.refusal};
  }
  return look_at(*entity, entry);
}

TemplateFollower::Look TemplateFollower::look_at(const Entity& entity, const Entry& entry) {
  const model::TemplateGit& git = *git_of(entity);
  const auto tip = parts_.source->tip(git);
  if (!tip) return fault(entity, entry, tip.error());
  if (*tip == entry.seen) {
    looks_.add();
    note(entity, entry.refusal);
    return {.seen = entry.seen, .refusal = entry.refusal};
  }
  auto reading = parts_.source->read(git, *tip);
  if (!reading && (reading.error().retryable() || reading.error().code == ErrorCode::denied)) {
    return fault(entity, entry, reading.error());
  }
  if (!reading) return refuse(entity, *tip, reading.error());
  const auto written = write(entity, *std::move(reading));
  if (!written) {
    const ErrorCode code = written.error().code;
    if (code == ErrorCode::invalid) return refuse(entity, *tip, written.error());
    const bool is_overtaken = code == ErrorCode::conflict || code == ErrorCode::not_found;
    return {.is_fault = !is_overtaken, .again = is_overtaken};
  }
  (*written ? versions_ : looks_).add();
  return {.seen = *tip};
}

TemplateFollower::Look TemplateFollower::fault(const Entity& entity, const Entry& entry,
                                               const Error& error) {
  faults_.add();
  parts_.log.warning("a template cannot be read from Git, and will be tried again",
                     {{"template", entity.name}, {"error", error.text()}});
  note(entity, "it cannot be read from Git: " + error.text());
  return {.is_fault = true, .seen = entry.seen, .refusal = entry.refusal};
}

TemplateFollower::Look TemplateFollower::refuse(const Entity& entity, const std::string& commit,
                                                const Error& error) {
  refusals_.add();
  parts_.log.warning("a template's commit is no good",
                     {{"template", entity.name}, {"commit", commit}, {"error", error.text()}});
  const std::string refusal = "commit " + short_commit(commit) + " is no good: " + error.text();
  note(entity, refusal);
  return {.seen = commit, .refusal = refusal};
}

// True: a new version. What is invalid about it is the commit's fault.
Result<bool> TemplateFollower::write(const Entity& entity, gitops::TemplateReading reading) {
  model::TemplateGit place = *git_of(entity);
  const bool is_first = place.commit.empty();
  TemplateSpec spec = std::move(reading.spec);
  spec.git = place;
  if (!is_first && spec == spec_of(entity)) {
    note(entity, "");
    return false;
  }
  place.commit = reading.commit;
  spec.git = std::move(place);
  // What stands in Git was not yet looked at as what a person sends is.
  TITAN_TRY(model::parse_spec(model::Kind::template_, model::json_of(model::Spec(spec))));
  for (const auto& [digest, content] : reading.blobs) {
    TITAN_TRY(parts_.store.put_blob({digest, entity.organization}, content));
  }
  Entity wanted = entity;
  wanted.spec = std::move(spec);
  Proposal proposal{.id = make_token(parts_.random),
                    .actor = std::string(kServerActor),
                    .changes = {{.operation = ProposedChange::Operation::update,
                                 .key = entity.key(),
                                 .entity = std::move(wanted),
                                 .if_revision = entity.revision,
                                 .if_id = entity.id,
                                 .is_from_git = true}},
                    // Deployments that it does not fit say so, and their hosts keep what they have:
                    // nobody could be asked.
                    .allow_missing = true};
  const auto committed = parts_.writer.propose(proposal);
  if (!committed) return committed.error().error;
  parts_.log.info("a new version of a template",
                  {{"template", entity.name}, {"commit", reading.commit}});
  return true;
}

// Says on the template how it is, if that is news. Whoever has written it meanwhile is right.
void TemplateFollower::note(const Entity& entity, const std::string& reason) {
  Entity wanted = entity;
  const std::string& commit = git_of(entity)->commit;
  wanted.status = reason.empty() ? Status::ready : Status::error;
  wanted.reason.clear();
  if (!reason.empty()) {
    const std::string kept =
        commit.empty() ? "" : "; commit " + short_commit(commit) + " stays in use";
    wanted.reason = {clip(reason, model::kTextBytesMax - kept.size()) + kept};
  }
  if (wanted.status == entity.status && wanted.reason == entity.reason) return;
  store::Batch batch{.actor = std::string(kServerActor)};
  batch.mutations.push_back(store::Mutation::upon(entity, std::move(wanted)));
  const auto committed = parts_.store.commit(batch);
  if (committed || committed.error().code == ErrorCode::conflict) return;
  parts_.log.warning("a template's status could not be stored",
                     {{"template", entity.name}, {"error", committed.error().text()}});
}

}  // namespace titan::server_lite
