#include "reconciler/fleet.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace titan::reconciler {
namespace {

// What delivery sees of a state: nothing of an entity that is being deleted.
const model::Entity* visible(const std::optional<model::Entity>& state) {
  return state && !state->deleting ? &*state : nullptr;
}

bool same_for_delivery(const model::Entity* before, const model::Entity* after) {
  if (before == nullptr || after == nullptr) return before == after;
  return before->id == after->id && before->version == after->version;
}

}  // namespace

void Fleet::apply(const model::Change& change) {
  TITAN_ASSERT(change.seq > head_);
  head_ = change.seq;
  const model::Entity* after = visible(change.after);
  if (same_for_delivery(visible(change.before), after)) return;
  last_spec_change_ = change.seq;
  histories_[static_cast<std::size_t>(change.key.kind)][change.key].push_back(
      {.seq = change.seq,
       .time = change.time,
       .entity = after == nullptr ? nullptr : std::make_shared<const model::Entity>(*after)});
}

const Fleet::Version* Fleet::version_at(const History& history, std::uint64_t seq) {
  const auto later = std::upper_bound(
      history.begin(), history.end(), seq,
      [](std::uint64_t wanted, const Version& version) { return wanted < version.seq; });
  return later == history.begin() ? nullptr : &*std::prev(later);
}

const Fleet::Version* Fleet::find_version(const model::Key& key, std::uint64_t seq) const {
  const Histories& histories = of_kind(key.kind);
  const auto history = histories.find(key);
  return history == histories.end() ? nullptr : version_at(history->second, seq);
}

Fleet::EntityPtr Fleet::find(const model::Key& key, std::uint64_t seq) const {
  const Version* version = find_version(key, seq);
  return version == nullptr ? nullptr : version->entity;
}

Timestamp Fleet::changed_time(const model::Key& key, std::uint64_t seq) const {
  const Version* version = find_version(key, seq);
  return version == nullptr ? Timestamp() : version->time;
}

void Fleet::for_each(model::Kind kind, std::uint64_t seq,
                     const std::function<void(const EntityPtr&)>& visit) const {
  for (const auto& [key, history] : of_kind(kind)) {
    const Version* version = version_at(history, seq);
    if (version != nullptr && version->entity != nullptr) visit(version->entity);
  }
}

}  // namespace titan::reconciler
