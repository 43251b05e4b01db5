#pragma once

#include <chrono>

#include "base/timestamp.hpp"

namespace titan {

// The seam to time. Wall time is for what people read; every wait, deadline and decision uses
// the monotonic time, which never jumps. Implementations are safe to share between threads.
class Clock {
 public:
  using Monotonic = std::chrono::microseconds;  // since an arbitrary start

  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp wall() const = 0;
  [[nodiscard]] virtual Monotonic monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp wall() const override;
  [[nodiscard]] Monotonic monotonic() const override;
};

}  // namespace titan
