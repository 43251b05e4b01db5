#include "server-lite/identity/rate_limit.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace titan::server_lite {

RateLimit::RateLimit(const Rate& rate)
    : distance_(Clock::Monotonic(std::chrono::seconds(1)) / std::max(rate.per_second, 1U)) {
  TITAN_ASSERT(rate.per_second > 0 && rate.per_second <= kRateMax);
}

std::optional<std::chrono::seconds> RateLimit::wait_of(Clock::Monotonic next,
                                                       Clock::Monotonic now) const {
  // The last request of a burst is as early as all the others together have taken.
  const Clock::Monotonic early = next - now;
  const Clock::Monotonic tolerated = kRateBurst - distance_;
  if (early <= tolerated) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(early - tolerated);
}

std::optional<std::chrono::seconds> RateLimit::wait_at(Clock::Monotonic now) const {
  return wait_of(Clock::Monotonic(next_.load(std::memory_order_relaxed)), now);
}

std::optional<std::chrono::seconds> RateLimit::take(Clock::Monotonic now) {
  Clock::Monotonic::rep next = next_.load(std::memory_order_relaxed);
  while (true) {
    if (const auto wait = wait_of(Clock::Monotonic(next), now)) return wait;
    const Clock::Monotonic after = std::max(Clock::Monotonic(next), now) + distance_;
    // Nothing else hangs on this number, so no order of other memory is asked for.
    if (next_.compare_exchange_weak(next, after.count(), std::memory_order_relaxed)) {
      return std::nullopt;
    }
  }
}

}  // namespace titan::server_lite
