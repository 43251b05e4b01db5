#include "server-lite/identity/failure_limit.hpp"

#include "server-lite/limits.hpp"

namespace titan::server_lite {

std::optional<std::chrono::seconds> FailureLimit::wait_of(std::string_view address) const {
  const Clock::Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(std::string(address));
  if (found == failures_.end() || found->second.count < kFailuresMax) return std::nullopt;
  const Clock::Monotonic left = found->second.began + kFailureWindow - now;
  if (left.count() <= 0) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(left);
}

void FailureLimit::note_failure(std::string_view address) {
  const Clock::Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  const std::string key(address);
  if (!failures_.contains(key)) make_room(now);
  Failures& failures = failures_[key];
  const bool is_over = failures.count > 0 && now >= failures.began + kFailureWindow;
  if (failures.count == 0 || is_over) failures = {.began = now};
  ++failures.count;
}

void FailureLimit::make_room(Clock::Monotonic now) {
  if (failures_.size() < kFailingAddressesMax) return;
  std::erase_if(failures_,
                [&](const auto& one) { return now >= one.second.began + kFailureWindow; });
  if (failures_.size() >= kFailingAddressesMax) failures_.clear();
}

}  // namespace titan::server_lite
