#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/processor_runner.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// How much of the change log is kept: a change goes when it is older than `age`, or when more than
// `changes` came after it.
struct Retention {
  std::uint64_t changes = kChangesKept;
  std::chrono::seconds age = kChangesKeptFor;
};

// Compacts the change log bit by bit, and lets the fleet forget what only earlier questions need.
// For one thread at a time.
class Compactor {
 public:
  // Borrows all but the retention.
  Compactor(store::Store& store, FleetState& state, ProcessorRunner& runner, const Clock& clock,
            Retention retention)
      : store_(store), state_(state), runner_(runner), clock_(clock), retention_(retention) {}

  // A bounded piece of work, when some is due; returns when to call again. Errors: the store's.
  Result<Clock::Monotonic> step();

 private:
  [[nodiscard]] Result<std::uint64_t> wanted_horizon();

  store::Store& store_;
  FleetState& state_;
  ProcessorRunner& runner_;
  const Clock& clock_;
  const Retention retention_;
  Clock::Monotonic next_look_{};
};

}  // namespace titan::server_lite
