#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {

// How often one identity may ask: so many times a second, after a burst of kRateBurst at that rate.
// A plain value.
struct Rate {
  std::uint32_t per_second = 0;  // at most kRateMax; 0: as often as it likes
};

// Of each token, and of each device.
struct RequestRates {
  Rate token = {.per_second = kTokenRequestsPerSecond};
  Rate device = {.per_second = kDeviceRequestsPerSecond};
};

// The requests of one identity against its Rate, by the Generic Cell Rate Algorithm (ITU-T I.371,
// the virtual scheduling algorithm): all that is kept is when the next request would come if each
// kept its distance. A request that comes earlier than that by more than the burst is refused, and
// costs nothing. Safe to share between threads; takes no lock and no memory.
class RateLimit {
 public:
  // REQUIRES: 0 < rate.per_second <= kRateMax.
  explicit RateLimit(const Rate& rate);

  // How long it is until the next request would be taken, at least a second; nothing: it would be
  // taken now.
  [[nodiscard]] std::optional<std::chrono::seconds> wait_at(Clock::Monotonic now) const;
  // The same, and takes it then.
  std::optional<std::chrono::seconds> take(Clock::Monotonic now);

 private:
  [[nodiscard]] std::optional<std::chrono::seconds> wait_of(Clock::Monotonic next,
                                                            Clock::Monotonic now) const;

  const Clock::Monotonic distance_;
  std::atomic<Clock::Monotonic::rep> next_ = 0;  // the "theoretical arrival time"
};

}  // namespace titan::server_lite
