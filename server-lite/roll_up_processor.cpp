#include "server-lite/roll_up_processor.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "reconciler/delivery.hpp"
#include "server-lite/admission.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Entity;
using model::Key;
using model::Kind;
using model::Status;
using reconciler::Standing;

Standing standing_of(const Told* told, const Digest& desired) {
  if (told == nullptr || told->form != desired.short_form()) return Standing::waiting;
  return told->standing;
}

std::optional<store::Mutation> status_write(const Entity& entity, reconciler::RolledUp rolled) {
  if (entity.status == rolled.status && entity.reason == rolled.reason) return std::nullopt;
  Entity wanted = entity;
  wanted.status = rolled.status;
  wanted.reason = std::move(rolled.reason);
  return store::Mutation::upon(entity, std::move(wanted));
}

}  // namespace

void RollUpProcessor::open() {
  state_.read([this](const FleetView& view) {
    const auto mark_it = [this](const reconciler::EntityRecord& record) {
      mark(record.key, kNotOfTheFeed);
    };
    view.fleet.for_each(Kind::workload, mark_it);
    view.fleet.for_each(Kind::deployment, mark_it);
    for (const Key& key : view.deleting) mark(key, kNotOfTheFeed);
    return true;
  });
}

void RollUpProcessor::mark(const Key& key, std::uint64_t seq) {
  const auto [place, is_new] = due_.emplace(key, seq);
  if (!is_new) place->second = std::min(place->second, seq);
}

void RollUpProcessor::take(const model::Change& change) {
  taken_ = change.seq;
  // What roll-up itself writes alters nothing; taking note of that would never end.
  if (!model::alters_desired_state(change)) return;
  state_.read([&](const FleetView& view) {
    for (const Key& key : reconciler::deployments_affected(view.fleet, change)) {
      mark(key, change.seq);
    }
    if (change.key.kind == Kind::template_ || change.key.kind == Kind::secret) {
      for (const Key& user : view.fleet.users_of(change.key)) mark(user, change.seq);
    }
    if (change.key.kind == Kind::workload) mark(change.key, change.seq);
    // A host that is gone holds nothing any more.
    if (change.key.kind == Kind::host && !change.after) {
      for (const Key& key : view.deleting) mark(key, change.seq);
    }
    return true;
  });
}

void RollUpProcessor::touched(const std::set<Key>& deployments) {
  const std::lock_guard lock(inbox_mutex_);
  inbox_.insert(deployments.begin(), deployments.end());
  if (!inbox_.empty()) has_mail_ = true;
}

void RollUpProcessor::delivered(const std::vector<Key>& deployments) {
  const std::lock_guard lock(inbox_mutex_);
  for (const Key& key : deployments) {
    if (started_.contains(key) || !delivered_.insert(key).second) continue;
    inbox_.insert(key);
    has_mail_ = true;
  }
}

void RollUpProcessor::take_inbox() {
  const std::lock_guard lock(inbox_mutex_);
  has_mail_ = false;
  for (const Key& key : std::exchange(inbox_, {})) mark(key, kNotOfTheFeed);
}

std::uint64_t RollUpProcessor::done() const {
  std::uint64_t done = taken_;
  for (const auto& [key, seq] : due_) done = std::min(done, seq - 1);
  return done;
}

Result<Processor::Work> RollUpProcessor::work(Clock::Monotonic now) {
  if (!reports_are_read_) {
    TITAN_ASSIGN(const bool more, read_reports());
    reports_are_read_ = !more;
    if (more) return Work{.done = done(), .next = now};
  }
  take_inbox();
  Work work;
  std::vector<Key> looked_at;
  for (auto& [key, seq] : due_) {
    const auto resting = resting_until_.find(key);
    if (resting != resting_until_.end() && resting->second > now) {
      work.next = std::min(work.next, resting->second);
      continue;
    }
    const Clock::Monotonic start = clock_.monotonic();
    auto mutation = status_of(key);
    if (!mutation && mutation.error().code == ErrorCode::internal) {
      rest_damaged(key, now, mutation.error());
      work.next = std::min(work.next, now + kDamagePause);
      seq = kNotOfTheFeed;
      continue;
    }
    if (!mutation) return mutation.error();
    const Clock::Monotonic cost = clock_.monotonic() - start;
    if (cost >= kRollUpLong) {
      resting_until_[key] = now + kRollUpRest * cost;
    } else if (resting != resting_until_.end()) {
      resting_until_.erase(resting);
    }
    if (*mutation) work.mutations.push_back(**std::move(mutation));
    looked_at.push_back(key);
    if (looked_at.size() == kProcessorWritesMax) {
      work.next = now;
      break;
    }
  }
  for (const Key& key : looked_at) due_.erase(key);
  work.done = done();
  return work;
}

// One damaged thing must not keep all others from their statuses.
void RollUpProcessor::rest_damaged(const Key& key, Clock::Monotonic now, const Error& error) {
  resting_until_[key] = now + kDamagePause;
  log_.error("a status cannot be found out", {{"entity", key.subject()}, {"error", error.text()}});
}

Result<bool> RollUpProcessor::read_reports() {
  TITAN_ASSIGN(const auto page,
               store_.reports(read_until_.organization, read_until_.host, kReportsPage));
  for (const store::StoredReport& stored : page) {
    const Key key{.organization = stored.organization, .kind = Kind::host, .name = stored.host};
    state_.update([&](FleetView& view) {
      const auto* host = view.fleet.find_host(key);
      // A host that has reported since the start is ahead of what was read here.
      if (host != nullptr && !view.lives[host->number].told_is_read) {
        put_report(view, key, stored.report, stored.time);
      }
    });
  }
  if (!page.empty()) read_until_ = {page.back().organization, page.back().host};
  return page.size() == kReportsPage;
}

Result<RollUpProcessor::MaybeMutation> RollUpProcessor::status_of(const Key& key) {
  auto entity = store_.get(key);
  if (!entity && entity.error().code == ErrorCode::not_found) {
    const std::lock_guard lock(inbox_mutex_);
    started_.erase(key);
    delivered_.erase(key);
    return MaybeMutation();
  }
  if (!entity) return entity.error();
  return key.kind == Kind::workload ? workload_status(*std::move(entity))
                                    : deployment_status(*std::move(entity));
}

Result<RollUpProcessor::MaybeMutation> RollUpProcessor::workload_status(Entity entity) {
  const auto referred = state_.read([&](const FleetView& view) {
    const Proposal nothing;
    return Admission(view, nothing).check_references(entity);
  });
  reconciler::RolledUp rolled{Status::ready, {}};
  if (!referred) rolled = {Status::missing, {referred.error().message}};
  return status_write(entity, std::move(rolled));
}

Result<RollUpProcessor::MaybeMutation> RollUpProcessor::deployment_status(Entity entity) {
  const Key key = entity.key();
  reconciler::RollUpFacts facts;
  state_.read([&](const FleetView& view) {
    if (entity.deleting) {
      facts.holders = holders_of(view, key);
    } else {
      facts.missing = reconciler::missing_references(view.fleet, entity);
      const auto shortage = view.shortages.find(key);
      if (shortage != view.shortages.end()) facts.shortage = shortage->second;
    }
    return true;
  });
  if (entity.deleting && facts.holders.empty()) {
    log_.info("every host confirmed the removal", {{"deployment", key.short_text()}});
    return MaybeMutation(store::Mutation::upon(entity, std::nullopt));
  }
  if (!entity.deleting) TITAN_TRY(judge_hosts(key, facts));
  const std::lock_guard lock(inbox_mutex_);
  facts.delivered = delivered_.contains(key);
  reconciler::RolledUp rolled = reconciler::roll_up(entity, facts);
  if (rolled.status == Status::initialized) {
    started_.erase(key);
  } else {
    started_.insert(key);
    delivered_.erase(key);
  }
  return status_write(entity, std::move(rolled));
}

// The hosts are many and the lock is everybody's, so they are looked at a few at a time. What
// changes in between comes along the feed and is looked at again.
Result<void> RollUpProcessor::judge_hosts(const Key& key, reconciler::RollUpFacts& facts) {
  std::vector<reconciler::HostNo> hosts;
  state_.read([&](const FleetView& view) {
    const auto* record = view.fleet.find(key);
    if (record == nullptr) return false;
    reconciler::for_each_host_of(view.fleet, *record, [&](const reconciler::HostRecord& host) {
      hosts.push_back(host.number);
    });
    return true;
  });
  const std::uint64_t short_key = short_of(key);
  std::vector<model::DesiredDeployment> probes;
  std::vector<std::string> probed_hosts;
  for (std::size_t start = 0; start < hosts.size(); start += kHostsAtOnce) {
    const std::size_t end = std::min(hosts.size(), start + kHostsAtOnce);
    state_.read([&](const FleetView& view) {
      const auto* record = view.fleet.find(key);
      if (record == nullptr || record->now() == nullptr) return false;
      for (std::size_t i = start; i < end; ++i) {
        const reconciler::HostRecord& host = view.fleet.host(hosts[i]);
        if (host.now() == nullptr) continue;
        const auto delivery = reconciler::delivery_now(*record, host);
        const Digest digest = reconciler::desired_digest(delivery);
        const Standing standing = standing_of(view.life_of(host).find(short_key), digest);
        if (standing == Standing::waiting && probes.size() < kRenderProbes) {
          probes.push_back(reconciler::desired_form(view.fleet, delivery, digest));
          probed_hosts.push_back(host.key.name);
        } else {
          facts.standings.add(host.key.name, standing);
        }
      }
      return true;
    });
  }
  // What cannot be rendered is known before a host was told: a few of those that wait are tried.
  std::map<std::string, std::string> failures;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    TITAN_TRY(renderer_.fill_digest(probes[i]));
    const bool failing = !probes[i].error.empty();
    facts.standings.add(probed_hosts[i], failing ? Standing::failing : Standing::waiting);
    if (failing) failures[probed_hosts[i]] = probes[i].error;
  }
  for (const auto& [host, reason] : failures) facts.standings.explain(host, reason);
  return explain(key, facts.standings);
}

Result<void> RollUpProcessor::explain(const Key& key, reconciler::Standings& standings) {
  for (const std::string& host : standings.unexplained_hosts()) {
    const auto stored = store_.report(key.organization, host);
    if (!stored && stored.error().code != ErrorCode::not_found) return stored.error();
    if (!stored) continue;
    for (const model::DeploymentReport& report : stored->report.deployments) {
      if (report.key == key) standings.explain(host, report.reason);
    }
  }
  return {};
}

}  // namespace titan::server_lite
