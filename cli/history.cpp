#include "cli/history.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "cli/limits.hpp"

namespace titan::cli {
namespace {

using std::chrono::microseconds;

constexpr microseconds kWindows[] = {std::chrono::hours(24), std::chrono::hours(1),
                                     std::chrono::minutes(1), std::chrono::seconds(1)};

// The changes in the time before the last one; none when there are too many of all to look at.
Result<std::optional<std::vector<model::Change>>> changes_within(microseconds window,
                                                                 const model::Entity& entity,
                                                                 client::Client& client) {
  const auto start = std::max<std::int64_t>(0, entity.modified_time.micros() - window.count());
  std::string since = Timestamp::from_micros(start).text();
  std::vector<model::Change> found;
  for (std::size_t page = 0; page < kHistoryPagesMax; ++page) {
    TITAN_ASSIGN(
        auto changes,
        client.changes({.since = since, .limit = kHistoryPageItems, .kind = entity.kind()}));
    const bool last = changes.items.size() < kHistoryPageItems;
    since = changes.bookmark.text();
    for (model::Change& change : changes.items) {
      if (change.key == entity.key()) found.push_back(std::move(change));
    }
    if (last) return std::optional(std::move(found));
  }
  return std::optional<std::vector<model::Change>>();
}

}  // namespace

Result<std::vector<model::Change>> last_changes(const model::Entity& entity, std::size_t count,
                                                client::Client& client) {
  for (const microseconds window : kWindows) {
    TITAN_ASSIGN(auto changes, changes_within(window, entity, client));
    if (!changes) continue;
    if (changes->size() > count) changes->erase(changes->begin(), changes->end() - count);
    return *std::move(changes);
  }
  return std::vector<model::Change>();
}

}  // namespace titan::cli
