#include "server-lite/placement_processor.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "reconciler/delivery.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Change;
using model::Key;
using model::Kind;
using model::Status;
using reconciler::Candidate;
using reconciler::EntityRecord;
using reconciler::HostRecord;
using reconciler::Presence;
using reconciler::Version;

const model::DeploymentSpec& spec_of(const Version& deployment) {
  return std::get<model::DeploymentSpec>(deployment.entity->spec);
}

const model::TargetSpec* target_of(const Version& deployment) {
  const Version* target = deployment.target == nullptr ? nullptr : deployment.target->now();
  return target == nullptr ? nullptr : &std::get<model::TargetSpec>(target->entity->spec);
}

Key assignment_key(const Key& deployment, const std::string& host) {
  return {.organization = deployment.organization,
          .kind = Kind::assignment,
          .workspace = deployment.workspace,
          .name = reconciler::assignment_name(deployment.name, host)};
}

model::Entity assignment(const Key& deployment, const std::string& host) {
  const Key key = assignment_key(deployment, host);
  return {.name = key.name,
          .organization = key.organization,
          .workspace = key.workspace,
          .spec = model::AssignmentSpec{.deployment = deployment.name, .host = host},
          .status = Status::ready};
}

Key deployment_of(const model::Entity& assignment) {
  return {.organization = assignment.organization,
          .kind = Kind::deployment,
          .workspace = assignment.workspace,
          .name = std::get<model::AssignmentSpec>(assignment.spec).deployment};
}

}  // namespace

// What place() needs to know of one deployment, and what is left when there is nothing to place.
struct PlacementProcessor::Situation {
  std::vector<Key> assignments = {};  // that exist, of this deployment
  bool wanted = false;                // it exists and limits its replicas
  bool settled = false;               // and each is on a host that may keep it
  reconciler::PlacementRequest request = {};
  std::string target = {};
  std::optional<Clock::Monotonic> look_again = {};
};

void PlacementProcessor::open() {
  const Clock::Monotonic now = clock_.monotonic();
  state_.read([&](const FleetView& view) {
    view.fleet.for_each(Kind::deployment, [&](const EntityRecord& record) {
      if (spec_of(*record.now()).replicas) mark(record.key, kNotOfTheFeed);
    });
    // Also what a deployment left behind that was deleted just before the end.
    view.fleet.for_each(Kind::assignment, [&](const EntityRecord& record) {
      mark(deployment_of(*record.now()->entity), kNotOfTheFeed);
    });
    view.fleet.for_each_host([&](const HostRecord& host) {
      if (host.status == Status::missing) silent_since_[host.key] = now;
    });
    return true;
  });
}

void PlacementProcessor::mark(const Key& deployment, std::uint64_t seq) {
  const auto [place, is_new] = due_.emplace(deployment, seq);
  if (!is_new) place->second = std::min(place->second, seq);
}

void PlacementProcessor::take(const Change& change) {
  taken_ = change.seq;
  state_.read([&](const FleetView& view) { mark_for_room(view, change); });
  switch (change.key.kind) {
    case Kind::deployment:
      return mark(change.key, change.seq);
    case Kind::assignment:
      // Somebody else's doing is looked at too; our own is then found to be right.
      return mark(deployment_of(change.after ? *change.after : *change.before), change.seq);
    case Kind::target:
      return state_.read([&](const FleetView& view) {
        for (const Key& user : view.fleet.users_of(change.key)) mark(user, change.seq);
      });
    case Kind::host:
      note_silence(change);
      return state_.read([&](const FleetView& view) { mark_for_host(view, change); });
    default:
      return;
  }
}

// Where something leaves a host, there may be room for a replica that was wanting.
void PlacementProcessor::mark_for_room(const FleetView& view, const Change& change) {
  if (!change.before || view.shortages.empty() || !model::alters_desired_state(change)) return;
  if (change.key.kind == Kind::assignment) {
    const auto& spec = std::get<model::AssignmentSpec>(change.before->spec);
    const HostRecord* host = view.fleet.find_host(
        {.organization = change.key.organization, .kind = Kind::host, .name = spec.host});
    if (host == nullptr || host->now() == nullptr) return;
    for (const EntityRecord* target : view.fleet.targets_for(*host->now())) {
      for (const EntityRecord* user : target->users) {
        if (view.shortages.contains(user->key)) mark(user->key, change.seq);
      }
    }
  } else if (change.key.kind == Kind::deployment || change.key.kind == Kind::target) {
    for (const auto& [deployment, shortage] : view.shortages) mark(deployment, change.seq);
  }
}

void PlacementProcessor::note_silence(const Change& change) {
  const bool silent = change.after && change.after->status == Status::missing;
  if (silent) {
    silent_since_.emplace(change.key, clock_.monotonic());
  } else {
    silent_since_.erase(change.key);
  }
}

// The deployments that the host may run, before or after, and those that it runs.
void PlacementProcessor::mark_for_host(const FleetView& view, const Change& change) {
  const HostRecord* host = view.fleet.find_host(change.key);
  if (host == nullptr) return;
  for (const std::uint64_t seq : {change.seq - 1, change.seq}) {
    const auto* version = host->at(seq);
    if (version == nullptr) continue;
    for (const EntityRecord* target : view.fleet.targets_for(*version)) {
      for (const EntityRecord* user : target->users) {
        const Version* deployment = user->now();
        if (deployment != nullptr && spec_of(*deployment).replicas) mark(user->key, change.seq);
      }
    }
  }
  for (const EntityRecord* assignment : host->assignments) {
    if (assignment->now() != nullptr) {
      mark(deployment_of(*assignment->now()->entity), change.seq);
    }
  }
}

void PlacementProcessor::redo(const Key& assignment) {
  const auto found = placed_for_.find(assignment);
  if (found != placed_for_.end()) mark(found->second, kNotOfTheFeed);
}

Result<Processor::Work> PlacementProcessor::work(Clock::Monotonic now) {
  placed_for_.clear();
  for (auto at = due_at_.begin(); at != due_at_.end();) {
    const bool is_due = at->second <= now;
    if (is_due) mark(at->first, kNotOfTheFeed);
    at = is_due ? due_at_.erase(at) : std::next(at);
  }
  Work work;
  // One that moves is written before the next is placed, which must see what hosts carry then.
  while (!due_.empty() && work.mutations.empty()) {
    const Key deployment = due_.begin()->first;
    due_.erase(due_.begin());
    place(deployment, now, work);
  }
  if (work.mutations.size() > kProcessorWritesMax) {
    // The rest of the last one is found again.
    const Key& rest = work.mutations.back().key;
    mark(placed_for_.at(rest), kNotOfTheFeed);
    work.mutations.resize(kProcessorWritesMax);
  }
  work.done = taken_;
  for (const auto& [key, seq] : due_) work.done = std::min(work.done, seq - 1);
  if (!due_.empty()) work.next = now;
  for (const auto& [key, moment] : due_at_) work.next = std::min(work.next, moment);
  return work;
}

void PlacementProcessor::place(const Key& deployment, Clock::Monotonic now, Work& work) {
  const Situation situation =
      state_.read([&](const FleetView& view) { return look_at(view, deployment, now); });
  due_at_.erase(deployment);
  if (situation.look_again) due_at_[deployment] = *situation.look_again;

  const auto write = [&](store::Mutation mutation) {
    placed_for_[mutation.key] = deployment;
    work.mutations.push_back(std::move(mutation));
  };
  std::string shortage;
  if (!situation.wanted) {
    for (const Key& key : situation.assignments) write({.key = key});
  } else if (!situation.settled) {
    const reconciler::Placement placement = reconciler::place(situation.request);
    for (const std::string& host : placement.remove) {
      write({.key = assignment_key(deployment, host)});
    }
    for (const std::string& host : placement.add) {
      model::Entity entity = assignment(deployment, host);
      write({.key = entity.key(), .entity = std::move(entity)});
    }
    if (placement.shortage > 0) {
      shortage = reconciler::shortage_text(situation.request, placement, situation.target);
    }
  }
  bool news = false;
  state_.update([&](FleetView& view) {
    std::string& known = view.shortages[deployment];
    news = known != shortage;
    known = shortage;
    if (shortage.empty()) view.shortages.erase(deployment);
  });
  if (news) roll_up_.touched({deployment});
}

Presence PlacementProcessor::presence_of(const HostRecord& host,
                                         std::chrono::seconds reschedule_after,
                                         Clock::Monotonic now, Situation& situation) const {
  if (host.status != Status::missing) return Presence::heard;
  const auto since = silent_since_.find(host.key);
  const Clock::Monotonic lost_at =
      (since == silent_since_.end() ? now : since->second) + reschedule_after;
  if (lost_at <= now) return Presence::lost;
  if (!situation.look_again || lost_at < *situation.look_again) situation.look_again = lost_at;
  return Presence::missing;
}

PlacementProcessor::Situation PlacementProcessor::look_at(const FleetView& view,
                                                          const Key& deployment,
                                                          Clock::Monotonic now) {
  Situation situation;
  const EntityRecord* record = view.fleet.find(deployment);
  if (record == nullptr) return situation;
  std::set<const HostRecord*> holders;
  for (const EntityRecord* user : record->users) {
    if (user->key.kind != Kind::assignment || user->now() == nullptr) continue;
    situation.assignments.push_back(user->key);
    holders.insert(user->now()->host);
  }
  const Version* version = record->now();
  if (version == nullptr || !spec_of(*version).replicas) return situation;

  const model::DeploymentSpec& spec = spec_of(*version);
  const auto reschedule_after =
      spec.reschedule_after.count() > 0 ? spec.reschedule_after : kRescheduleAfter;
  const model::TargetSpec* target = target_of(*version);
  situation.wanted = true;
  situation.target = spec.target;
  situation.request = {.deployment = deployment.short_text(), .replicas = *spec.replicas};

  // Most often nothing moved; then the other hosts need not be looked at.
  const auto may_keep = [&](const HostRecord* host) {
    return host->now() != nullptr && target != nullptr &&
           view.fleet.matches(*target, *host->now()) &&
           presence_of(*host, reschedule_after, now, situation) != Presence::lost;
  };
  const auto kept = std::count_if(holders.begin(), holders.end(), may_keep);
  situation.settled =
      static_cast<std::size_t>(kept) == holders.size() && holders.size() == *spec.replicas;
  if (situation.settled) return situation;

  const auto add = [&](const HostRecord& host, bool matches) {
    const bool holds = holders.erase(&host) > 0;
    Candidate candidate{.host = host.key.name, .matches = matches, .holds = holds};
    if (host.now() != nullptr) {
      const auto deliveries = reconciler::deliveries_to(view.fleet, host, view.fleet.head());
      candidate.load = deliveries.size() - (holds && !deliveries.empty() ? 1 : 0);
      candidate.capacity = host.capacity;
      candidate.presence = presence_of(host, reschedule_after, now, situation);
      const std::string* value =
          spec.spread_by.empty() ? nullptr : view.fleet.label_of(*host.now(), spec.spread_by);
      if (value != nullptr) candidate.spread_value = *value;
    }
    situation.request.candidates.push_back(std::move(candidate));
  };
  if (target != nullptr) {
    view.fleet.for_each_match(deployment.organization, *target,
                              [&](const HostRecord& host) { add(host, true); });
  }
  const auto elsewhere = holders;
  for (const HostRecord* host : elsewhere) add(*host, false);
  return situation;
}

}  // namespace titan::server_lite
