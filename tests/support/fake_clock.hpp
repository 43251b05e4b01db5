#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.hpp"

namespace titan::testing {

// A clock that moves only when it is told to. Starts at 2026-03-01T12:00:00Z. Safe to share
// between threads.
class FakeClock final : public Clock {
 public:
  static constexpr std::int64_t kStartMicros = 1'772'366'400'000'000;

  FakeClock() = default;
  explicit FakeClock(Timestamp wall) : wall_(wall.micros()) {}

  [[nodiscard]] Timestamp wall() const override { return Timestamp::from_micros(wall_); }
  [[nodiscard]] Monotonic monotonic() const override { return Monotonic(monotonic_); }

  // Time goes by, on both clocks.
  void advance(std::chrono::microseconds by) {
    wall_ += by.count();
    monotonic_ += by.count();
  }
  // Somebody sets the wall clock; the monotonic one does not jump.
  void set_wall(Timestamp wall) { wall_ = wall.micros(); }

 private:
  std::atomic<std::int64_t> wall_{kStartMicros};
  std::atomic<std::int64_t> monotonic_{0};
};

}  // namespace titan::testing
