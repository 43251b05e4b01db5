#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"

namespace titan::fleet {

// The time that goes by for all, since the beginning of the simulation. Moved by the World alone.
struct VirtualTime {
  Clock::Monotonic now{};
};

// The clocks of one host under the common time: the monotonic one starts at 0 with each boot, the
// wall clock says what somebody set it to. Borrows the time.
class HostClock final : public Clock {
 public:
  // With `wall_is_monotonic`, a fault on purpose: what should be monotonic is the wall clock.
  HostClock(const VirtualTime& time, bool wall_is_monotonic)
      : time_(time), wall_is_monotonic_(wall_is_monotonic) {}

  void boot() { booted_ = time_.now; }
  void set_wall(Timestamp wall) { offset_us_ = wall.micros() - time_.now.count(); }

  [[nodiscard]] Timestamp wall() const override {
    return Timestamp::from_micros(time_.now.count() + offset_us_);
  }
  [[nodiscard]] Monotonic monotonic() const override {
    return wall_is_monotonic_ ? Monotonic(wall().micros()) : time_.now - booted_;
  }

 private:
  const VirtualTime& time_;
  const bool wall_is_monotonic_;
  Monotonic booted_{};
  std::int64_t offset_us_ = 0;
};

}  // namespace titan::fleet
