#include "server-lite/lease_processor.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

std::chrono::seconds lease_of(const reconciler::HostRecord& host) {
  return host.lease.count() > 0 ? host.lease : kHostLease;
}

}  // namespace

Result<Processor::Work> LeaseProcessor::work(Clock::Monotonic now) {
  Work work{.done = taken_, .next = next_look_};
  if (now < next_look_) return work;

  struct Silent {
    model::Key host;
    std::chrono::seconds lease;
  };
  std::vector<Silent> silent;
  Clock::Monotonic next = now + kLeaseLookMax;
  state_.read([&](const FleetView& view) {
    view.fleet.for_each_host([&](const reconciler::HostRecord& host) {
      if (host.status != model::Status::ready) return;
      const auto there = view.life_of(host).last_there(now).value_or(started_);
      const Clock::Monotonic ends = there + lease_of(host);
      if (ends > now) {
        next = std::min(next, std::max(ends, now + kLeaseLookMin));
      } else if (silent.size() < kProcessorWritesMax) {
        silent.push_back({host.key, lease_of(host)});
      } else {
        next = now;
      }
    });
    return true;
  });
  for (const Silent& one : silent) {
    auto entity = store_.get(one.host);
    if (!entity && entity.error().code == ErrorCode::not_found) continue;
    if (!entity) return entity.error();
    const std::uint64_t revision = entity->revision;
    entity->status = model::Status::missing;
    entity->reason = {"not heard of for " + duration_text(one.lease)};
    work.mutations.push_back({one.host, revision, *std::move(entity)});
  }
  next_look_ = next;
  work.next = next;
  return work;
}

}  // namespace titan::server_lite
