#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "reconciler/placement.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/processor.hpp"
#include "server-lite/roll_up_processor.hpp"

namespace titan::server_lite {

// Writes and deletes the assignments of deployments with replicas, as reconciler::place() decides.
// It looks again when the deployment, its target or a host that it may run on changed, when there
// may be room for a replica that was wanting, and when a host has been MISSING for its deployment's
// `rescheduleAfter` (counted from when this process saw it, so that a server that was down moves
// nothing for that). Why replicas are missing goes to the roll-up by FleetView::shortages.
class PlacementProcessor final : public Processor {
 public:
  // Borrows all.
  PlacementProcessor(FleetState& state, RollUpProcessor& roll_up, const Clock& clock)
      : state_(state), roll_up_(roll_up), clock_(clock) {}
  // Call it once, first.
  void open();

  [[nodiscard]] std::string_view name() const override { return "placement"; }
  void take(const model::Change& change) override;
  Result<Work> work(Clock::Monotonic now) override;
  void redo(const model::Key& assignment) override;

 private:
  static constexpr std::uint64_t kNotOfTheFeed = UINT64_MAX;
  struct Situation;  // of one deployment

  void mark(const model::Key& deployment, std::uint64_t seq);
  void mark_for_host(const FleetView& view, const model::Change& change);
  void mark_for_room(const FleetView& view, const model::Change& change);
  void note_silence(const model::Change& change);
  void place(const model::Key& deployment, Clock::Monotonic now, Work& work);
  [[nodiscard]] Situation look_at(const FleetView& view, const model::Key& deployment,
                                  Clock::Monotonic now);
  [[nodiscard]] reconciler::Presence presence_of(const reconciler::HostRecord& host,
                                                 std::chrono::seconds reschedule_after,
                                                 Clock::Monotonic now, Situation& situation) const;

  FleetState& state_;
  RollUpProcessor& roll_up_;
  const Clock& clock_;

  std::map<model::Key, std::uint64_t> due_;              // by the seq that first made it so
  std::map<model::Key, Clock::Monotonic> due_at_;        // when a silence will have lasted too long
  std::map<model::Key, Clock::Monotonic> silent_since_;  // hosts that are MISSING
  std::map<model::Key, model::Key> placed_for_;  // of the last work: assignment -> deployment
  std::uint64_t taken_ = 0;
};

}  // namespace titan::server_lite
