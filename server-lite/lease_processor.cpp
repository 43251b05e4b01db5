#include "server-lite/lease_processor.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {

using model::Status;

Result<Processor::Work> LeaseProcessor::work(Clock::Monotonic now) {
  Work work{.done = taken_, .next = next_look_};
  if (now < next_look_) return work;

  Look look{.next = now + kLeaseLookMax};
  state_.read([&](const FleetView& view) {
    view.fleet.for_each_host(
        [&](const reconciler::HostRecord& host) { judge(host, view.life_of(host), now, look); });
    return true;
  });
  for (const Turn& turn : look.turns) {
    auto entity = store_.get(turn.host);
    if (!entity && entity.error().code == ErrorCode::not_found) continue;
    if (!entity) return entity.error();
    model::Entity wanted = *entity;
    wanted.status = turn.to;
    wanted.reason.clear();
    if (turn.to == Status::missing) {
      wanted.reason = {"not heard of for " + duration_text(turn.lease)};
    }
    work.mutations.push_back(store::Mutation::upon(*entity, std::move(wanted)));
  }
  // Who asks before this is written was READY to whoever answers; so it is looked at again.
  if (!look.turns.empty()) look.next = std::min(look.next, now + kLeaseLookMin);
  next_look_ = look.next;
  work.next = next_look_;
  return work;
}

void LeaseProcessor::judge(const reconciler::HostRecord& host, const HostLife& life,
                           Clock::Monotonic now, Look& look) {
  if (host.delivery == model::Delivery::gitops) {
    without_agent_[host.number] = now;
    return;
  }
  if (host.status != Status::ready && host.status != Status::missing) return;
  const auto there = life.last_there(now);
  const bool was_missing = host.status == Status::missing;
  if (was_missing && !there) return;
  const std::chrono::seconds lease = host.lease.count() > 0 ? host.lease : lease_;
  const auto had_none = without_agent_.find(host.number);
  const auto begun = had_none == without_agent_.end() ? started_ : had_none->second;
  const Clock::Monotonic ends = std::max(there.value_or(begun), begun) + lease;
  const bool is_missing = ends <= now;
  if (!is_missing) look.next = std::min(look.next, std::max(ends, now + kLeaseLookMin));
  if (is_missing == was_missing) return;
  if (look.turns.size() == kProcessorWritesMax) {
    look.next = now;
  } else {
    look.turns.push_back({host.key, lease, is_missing ? Status::missing : Status::ready});
  }
}

}  // namespace titan::server_lite
