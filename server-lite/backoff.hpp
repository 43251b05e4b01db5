#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/random.hpp"

namespace titan::server_lite {

// How long to wait before something that failed is tried again: full jitter, so that what was away
// is not asked by all at once when it is back, below a limit that doubles with each fault. A plain
// value.
struct Backoff {
  static constexpr std::uint32_t kFaultsCounted = 10;
  std::chrono::seconds first{};  // doubled by the first fault
  std::chrono::seconds min{};
  std::chrono::seconds max{};

  // `faults`: in a row, this one among them.
  [[nodiscard]] std::chrono::microseconds wait(std::uint32_t faults, Random& random) const {
    const auto most =
        std::min<std::chrono::seconds>(first * (1U << std::min(faults, kFaultsCounted)), max);
    const auto span = std::chrono::microseconds(most - min).count();
    const auto some = span > 0 ? random.next() % static_cast<std::uint64_t>(span) : 0;
    return min + std::chrono::microseconds(some);
  }
};

}  // namespace titan::server_lite
