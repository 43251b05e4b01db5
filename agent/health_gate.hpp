#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "agent/prober.hpp"
#include "base/clock.hpp"
#include "base/output_tail.hpp"
#include "model/health.hpp"

namespace titan::agent {

// Decides whether what was just applied is kept, by model::Health. A round asks all checks:
//
//   state     | a round   | in the start period | then      |
//   ----------+-----------+---------------------+-----------+------------------------------------
//   waiting   | all held  | holding             | holding   | healthy at once if `window` is 0
//   waiting   | one fails | waiting             | unhealthy |
//   holding   | all held  | holding             | holding   | healthy once held for `window`
//   holding   | one fails | waiting             | unhealthy |
//   healthy   |           | healthy             | healthy   | is asked no more
//   unhealthy |           | unhealthy           | unhealthy | is asked no more
//
// Without checks it is healthy from the start. The first round is due at once.
//
// Time is what the rounds show, by the monotonic time that the caller gives. Who comes late,
// because the agent or the machine stood still, has seen nothing meanwhile: of a gap between two
// rounds at most `interval` counts for the window, so that something unhealthy does not pass
// between two lucky rounds; and at most `interval` and the timeouts of all checks for the start
// period, so that what stood still as well is not failed for it. Who comes early asks nothing.
//
// A plain value; keeps nothing on disk: after a restart of the agent, begin anew.
class HealthGate {
 public:
  struct Verdict {
    enum class Kind : std::uint8_t { pending, healthy, unhealthy };
    Kind kind = Kind::pending;
    // Of the checks that failed in the last round that was asked, joined by "; ", at most
    // kReasonBytesMax. Empty when all held, or none was asked.
    std::string reason = {};
  };

  // `begin` is when the switch was done.
  HealthGate(model::Health health, Clock::Monotonic begin);

  // When the next round is due.
  [[nodiscard]] Clock::Monotonic next() const { return next_; }
  [[nodiscard]] const Verdict& verdict() const { return verdict_; }

  // Asks all checks, if a round is due at `now`. Takes up to the sum of their timeouts. What
  // failing checks said is added to `output`.
  Verdict probe(Clock::Monotonic now, Prober& prober, const std::string& folder,
                OutputTail& output);

 private:
  // The reason; empty when all held.
  std::string ask(Prober& prober, const std::string& folder, OutputTail& output) const;
  void note_held(Clock::Monotonic now, Clock::Monotonic gap);
  void note_failed(Clock::Monotonic now, std::string reason);
  [[nodiscard]] Clock::Monotonic interval() const;

  model::Health health_;
  Verdict verdict_;
  bool holding_ = false;     // the last round held; false: waiting, unless there is a verdict
  Clock::Monotonic last_;    // when the last round was asked; at first, when the switch was done
  Clock::Monotonic next_;    // when the next one is due
  Clock::Monotonic age_{0};  // since the switch, as the rounds show
  Clock::Monotonic held_for_{0};  // without a break, as the rounds show
};

}  // namespace titan::agent
