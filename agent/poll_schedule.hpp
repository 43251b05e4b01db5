#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "agent/limits.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

namespace titan::agent {

// When the agent asks its server next.
//
// - After a step without passing faults: after `pollAfter`, to the second, because the server
// spreads its hosts over
//   the interval by it.
// - After a passing fault: a random wait from kRetryMin up to a bound (full jitter). The bound is
//   twice the poll interval, or kRetryBoundMin if that is longer: so a host that cannot get through
//   asks as often as when all is well, on average. However many hosts lose their server, and for
//   however long, they ask it at most twice as often as usual while it is away, no more than usual
//   when it is back, and are all back within two intervals. A bound that began lower for the first
//   faults would not do: each host that finds its server gone would ask several times more in its
//   first interval, when the server has the least use for it.
//   Only before the first answer, when the host has just started, the bound begins at kRetryFirst
//   and doubles with each fault in a row: its network may come up any second.
// - When the server asked to wait (Retry-After): that long, at most kRetryMax, and a random part of
//   the poll interval on top, so that those that were told the same at once do not come back at
//   once. It is no fault in a row: it makes no later wait longer.
//
// The poll interval is the smaller of the last two `pollAfter`, since the server moves a host to
// its place in the interval by one that is longer or shorter; kPollAfterDefault before the first.
//
// A plain value; nothing of it is kept on disk.
class PollSchedule {
 public:
  PollSchedule() : PollSchedule(kPollAfterMax) {}
  explicit PollSchedule(std::chrono::seconds poll_after_max) : poll_after_max_(poll_after_max) {}

  // What the server said in an answer, as soon as it did; says nothing of how the step went. Zero
  // or less: as the last time. More than the greatest one is cut to that.
  void told(std::chrono::seconds poll_after);
  // How the step went, at its end, once. Well, or what failed does not pass by itself.
  void succeeded() { succeeded(std::chrono::seconds(0)); }
  void succeeded(std::chrono::seconds poll_after);  // and told() that
  // A passing fault. With `retry_after`: the server is well, and asked to wait.
  void failed(std::optional<std::chrono::seconds> retry_after = {});

  // When to ask next, by what was noted last; before that, at once. Draws a new lot at each call.
  [[nodiscard]] Clock::Monotonic next(Clock::Monotonic now, Random& random) const;

  // What the server said last; kPollAfterDefault before.
  [[nodiscard]] std::chrono::seconds poll_after() const { return poll_after_; }

 private:
  enum class Last : std::uint8_t { nothing, success, fault, wait };
  [[nodiscard]] std::chrono::seconds interval() const;
  [[nodiscard]] std::chrono::seconds bound() const;
  [[nodiscard]] std::chrono::seconds bound_max() const;

  Last last_ = Last::nothing;
  bool was_told_ = false;
  std::chrono::seconds poll_after_max_;
  std::chrono::seconds poll_after_ = kPollAfterDefault;
  std::chrono::seconds poll_after_before_ = kPollAfterMax;  // of the answer before that
  std::chrono::seconds retry_after_{0};
  unsigned faults_ = 0;  // in a row
};

}  // namespace titan::agent
