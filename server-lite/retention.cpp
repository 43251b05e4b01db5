#include "server-lite/retention.hpp"

#include <algorithm>

namespace titan::server_lite {

Result<std::uint64_t> Compactor::wanted_horizon() {
  TITAN_ASSIGN(const model::Bookmark head, store_.head());
  std::uint64_t horizon = head.seq > retention_.changes ? head.seq - retention_.changes : 0;
  const Timestamp oldest = Timestamp::from_micros(
      clock_.wall().micros() -
      std::chrono::duration_cast<std::chrono::microseconds>(retention_.age).count());
  const auto before = store_.seq_before(oldest);
  // Expired: all of that age are gone already.
  if (!before && before.error().code != ErrorCode::expired) return before.error();
  if (before) horizon = std::max(horizon, *before);
  // A processor that has never done anything has no cursor that would hold its changes.
  for (const auto& reader : runner_.progress()) horizon = std::min(horizon, reader.done);
  return horizon;
}

Result<Clock::Monotonic> Compactor::step() {
  const Clock::Monotonic now = clock_.monotonic();
  if (now < next_look_) return next_look_;
  TITAN_ASSIGN(const std::uint64_t wanted, wanted_horizon());
  TITAN_ASSIGN(std::uint64_t horizon, store_.horizon());
  if (wanted > horizon) {
    // A stored cursor holds back what its reader has not passed.
    TITAN_TRY(runner_.flush());
    TITAN_ASSIGN(const std::uint64_t reached, store_.compact(wanted, kCompactionPage));
    const bool moved = reached > horizon;
    horizon = reached;
    state_.update([&](FleetView& view) { view.fleet.forget_before(horizon); });
    if (moved && horizon < wanted) return now;
  }
  next_look_ = now + kCompactionPause;
  return next_look_;
}

}  // namespace titan::server_lite
