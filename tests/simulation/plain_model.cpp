#include "tests/simulation/plain_model.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace titan::simulation {

using model::Change;
using model::Entity;
using model::Key;

std::string text_of(const Change& change) {
  const auto& state = change.after ? change.after : change.before;
  return "#" + std::to_string(change.seq) + " " + std::string(model::name_of(change.operation)) +
         " " + change.key.subject() +
         (state ? " (revision " + std::to_string(state->revision) + ")" : "");
}

std::string difference(const Entity& found, const Entity& expected) {
  const auto difference = nlohmann::json::diff(json_of(found), json_of(expected));
  return "to be right, it needs " + difference.dump();
}

// A batch on its way into the model.
struct PlainModel::Draft {
  std::map<Key, State> states = {};  // those that it changes
  std::vector<Change> changes = {};
  Timestamp time = {};  // the last that was given
  std::uint64_t seq = 0;
  Timestamp wall = {};

  Timestamp next_time() {
    time = std::max(wall, Timestamp::from_micros(time.micros() + 1));
    return time;
  }
};

PlainModel::State PlainModel::at(const Key& key, std::uint64_t seq) const {
  const auto& histories = histories_[static_cast<std::size_t>(key.kind)];
  const auto found = histories.find(key);
  if (found == histories.end()) return nullptr;
  return state_at(found->second, seq);
}

PlainModel::State PlainModel::state_at(const History& history, std::uint64_t seq) {
  const auto later = std::upper_bound(
      history.begin(), history.end(), seq,
      [](std::uint64_t wanted, const Version& version) { return wanted < version.seq; });
  return later == history.begin() ? nullptr : std::prev(later)->state;
}

std::vector<PlainModel::State> PlainModel::all_at(model::Kind kind, std::uint64_t seq) const {
  std::vector<State> all;
  for (const auto& [key, history] : histories_[static_cast<std::size_t>(kind)]) {
    if (State state = state_at(history, seq)) all.push_back(std::move(state));
  }
  return all;
}

std::vector<PlainModel::Logged> PlainModel::log(std::uint64_t from, std::uint64_t to) const {
  const auto place = [&](std::uint64_t seq) {
    return log_.begin() + static_cast<std::ptrdiff_t>(seq - horizon_);
  };
  return {place(from), place(to)};
}

// False when it must be refused.
bool PlainModel::draft(const store::Mutation& mutation, Draft& draft) const {
  const auto drafted = draft.states.find(mutation.key);
  const State before = drafted == draft.states.end() ? now(mutation.key) : drafted->second;
  const std::uint64_t revision = before ? before->revision : 0;
  if (mutation.expected_revision && *mutation.expected_revision != revision) return false;
  if (!before && !mutation.entity) return false;

  Change change{.key = mutation.key};
  if (before) change.before = *before;
  if (mutation.entity) {
    Entity after = *mutation.entity;
    after.id = before ? before->id : "";
    after.revision = revision;
    after.version = before ? before->version : 0;
    after.created_time = before ? before->created_time : Timestamp();
    after.modified_time = before ? before->modified_time : Timestamp();
    if (before && after == *before) return true;
    ++after.revision;
    if (!before || after.spec != before->spec) ++after.version;
    after.modified_time = draft.next_time();
    if (!before) after.created_time = after.modified_time;
    change.operation = before ? model::Operation::updated : model::Operation::created;
    change.after = std::move(after);
  } else {
    change.operation = model::Operation::deleted;
    (void)draft.next_time();
  }
  change.seq = ++draft.seq;
  change.time = draft.time;
  draft.states[mutation.key] = change.after ? std::make_shared<Entity>(*change.after) : nullptr;
  draft.changes.push_back(std::move(change));
  return true;
}

// Only the store knows the ids that it gives; but each must be a new one.
Finding PlainModel::take_ids(const std::vector<Change>& answer, Draft& draft) {
  std::map<Key, std::string> given;
  for (std::size_t i = 0; i < draft.changes.size(); ++i) {
    Change& change = draft.changes[i];
    if (change.operation == model::Operation::created && answer[i].after) {
      const std::string& id = answer[i].after->id;
      if (!ids_->insert(id).second) return "the id " + id + " was given before";
      given[change.key] = id;
    }
    const auto found = given.find(change.key);
    if (found == given.end()) continue;
    if (change.before && change.before->id.empty()) change.before->id = found->second;
    if (change.after && change.after->id.empty()) change.after->id = found->second;
  }
  return {};
}

Finding PlainModel::commit(const store::Batch& batch, const Result<std::vector<Change>>& answer,
                           Timestamp wall) {
  Draft wanted{.time = last_time_, .seq = head_, .wall = wall};
  const bool accepted =
      std::all_of(batch.mutations.begin(), batch.mutations.end(),
                  [&](const store::Mutation& mutation) { return draft(mutation, wanted); });
  if (!accepted && answer) return "a commit was accepted that had to be refused";
  if (!accepted) {
    const ErrorCode code = answer.error().code;
    if (code == ErrorCode::conflict || code == ErrorCode::not_found) return {};
    return "a commit was refused with " + answer.error().text() + ", expected a conflict";
  }
  if (!answer) return "a commit was refused: " + answer.error().text();
  if (answer->size() != wanted.changes.size()) {
    return "a commit gave " + std::to_string(answer->size()) + " changes, expected " +
           std::to_string(wanted.changes.size());
  }
  if (Finding finding = take_ids(*answer, wanted)) return finding;
  for (std::size_t i = 0; i < answer->size(); ++i) {
    Change& change = wanted.changes[i];
    change.actor = batch.actor;
    change.request_id = batch.request_id;
    if ((*answer)[i] == change) continue;
    return "a commit gave " + text_of((*answer)[i]) + ", expected " + text_of(change) + "; " +
           nlohmann::json::diff(json_of((*answer)[i]), json_of(change)).dump();
  }
  for (const store::Observation& observation : batch.observations) {
    reports_.erase(observation.host);
    if (!observation.report) continue;
    reports_[observation.host] = {observation.bookmark, wanted.next_time(),
                                  model::digest_of(*observation.report)};
  }
  if (batch.cursor) {
    std::uint64_t& passed = cursors_[batch.cursor->name];
    passed = std::max(passed, batch.cursor->seq);
  }
  take_over(std::move(wanted));
  return {};
}

void PlainModel::take_over(Draft draft) {
  for (Change& change : draft.changes) {
    History& history = histories_[static_cast<std::size_t>(change.key.kind)][change.key];
    history.push_back({change.seq, change.after ? std::make_shared<Entity>(*change.after)
                                                : std::shared_ptr<const Entity>()});
    log_.push_back(std::make_shared<const Change>(std::move(change)));
  }
  head_ = draft.seq;
  last_time_ = draft.time;
}

Finding PlainModel::compact(std::uint64_t seq, std::size_t limit, std::uint64_t answer) {
  std::uint64_t end = std::min(seq, head_);
  for (const auto& [name, passed] : cursors_) end = std::min(end, passed);
  const std::uint64_t expected = std::max(horizon_, std::min<std::uint64_t>(end, horizon_ + limit));
  if (answer != expected) {
    return "compact(" + std::to_string(seq) + ") gave the horizon " + std::to_string(answer) +
           ", expected " + std::to_string(expected);
  }
  while (horizon_ < expected) {
    const Key key = log_.front()->key;
    log_.pop_front();
    ++horizon_;
    auto& histories = histories_[static_cast<std::size_t>(key.kind)];
    History& history = histories.at(key);
    // The version that held at the horizon stays, those before it go.
    while (history.size() > 1 && history[1].seq <= horizon_) history.erase(history.begin());
    if (history.size() == 1 && !history[0].state && history[0].seq <= horizon_) {
      histories.erase(key);
    }
  }
  return {};
}

}  // namespace titan::simulation
