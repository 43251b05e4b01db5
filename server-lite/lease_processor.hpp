#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/processor.hpp"

namespace titan::server_lite {

// Calls a host MISSING when it was not heard of for its lease: its own, or kHostLease, but at least
// kLeaseIntervals polling intervals. A host that
// waits for an answer is there: its lease starts when the waiting ends. After a start every host
// has the whole lease again, since it may have asked while nobody was there. A host that is heard
// of again becomes READY at once, by HostService; one that was heard of just while it was being
// called MISSING, or whose lease became longer than its silence, by the next look. A host for which
// the server commits (`delivery: gitops`) asks nothing, and is never called MISSING; its lease
// starts when an agent is to deliver to it.
class LeaseProcessor final : public Processor {
 public:
  // Borrows all.
  LeaseProcessor(store::Store& store, FleetState& state, const Clock& clock,
                 std::chrono::seconds poll_interval)
      : store_(store),
        state_(state),
        lease_(std::max<std::chrono::seconds>(kHostLease, kLeaseIntervals * poll_interval)),
        started_(clock.monotonic()) {}

  [[nodiscard]] std::string_view name() const override { return "leases"; }
  void take(const model::Change& change) override { taken_ = change.seq; }
  Result<Work> work(Clock::Monotonic now) override;
  void redo(const model::Key&) override { next_look_ = {}; }

 private:
  struct Turn {
    model::Key host;
    std::chrono::seconds lease;
    model::Status to;
  };
  struct Look {
    std::vector<Turn> turns = {};
    Clock::Monotonic next = {};  // look
  };
  void judge(const reconciler::HostRecord& host, const HostLife& life, Clock::Monotonic now,
             Look& look);

  store::Store& store_;
  FleetState& state_;
  const std::chrono::seconds lease_;  // of hosts that have none of their own
  const Clock::Monotonic started_;
  // When the server was last seen to deliver to a host that had no agent.
  std::map<reconciler::HostNo, Clock::Monotonic> without_agent_;
  Clock::Monotonic next_look_{};
  std::uint64_t taken_ = 0;
};

}  // namespace titan::server_lite
