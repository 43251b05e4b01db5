#include "server-lite/change_tracker.hpp"

#include <utility>

#include "server-lite/limits.hpp"

namespace titan::server_lite {

void ChangeTracker::note(const std::string& id, Progress progress) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = progress_.insert_or_assign(id, std::move(progress));
  if (!is_new) return;
  order_.push_back(id);
  if (order_.size() <= kChangesTracked) return;
  progress_.erase(order_.front());
  order_.pop_front();
}

std::optional<ChangeTracker::Progress> ChangeTracker::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = progress_.find(id);
  return found == progress_.end() ? std::optional<Progress>() : found->second;
}

}  // namespace titan::server_lite
