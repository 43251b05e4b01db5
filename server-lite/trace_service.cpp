#include "server-lite/trace_service.hpp"

#include <algorithm>
#include <set>

#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Entity;
using model::Key;
using model::Stage;

// The change that made the version; 0: it is not known.
std::uint64_t made_by(const FleetView& view, const Entity& deployment) {
  const auto* record = view.fleet.find(deployment.key());
  if (record == nullptr) return 0;
  const auto made = std::ranges::find_if(record->history, [&](const reconciler::Version& version) {
    return version.entity != nullptr && version.entity->id == deployment.id &&
           version.entity->version == deployment.version;
  });
  return made == record->history.end() ? 0 : made->seq;
}

class Totals {
 public:
  void add(const TraceService::OnHost& host) {
    if (!host.standing.wanted) return;
    count(rendered_, host.delivered);
    count(delivered_, host.delivered);
    count(committed_, host.committed);
    count(deployed_, host.deployed);
  }
  [[nodiscard]] std::vector<TraceService::Total> all() const {
    return {rendered_, delivered_, committed_, deployed_};
  }

 private:
  static void count(TraceService::Total& total, Timestamp time) {
    ++total.of;
    if (time == Timestamp()) return;
    ++total.done;
    total.last = std::max(total.last.value_or(time), time);
  }

  TraceService::Total rendered_{.stage = "rendered"};
  TraceService::Total delivered_{.stage = "delivered"};
  TraceService::Total committed_{.stage = "committedToGit"};
  TraceService::Total deployed_{.stage = "deployed"};
};

}  // namespace

Result<Entity> TraceService::find(const Key& key) {
  auto entity = parts_.store.get(key);
  if (!entity && entity.error().code == ErrorCode::not_found) {
    return about(key.subject(), not_found("it does not exist"));
  }
  return entity;
}

Result<Entity> TraceService::report(const Key& key, const model::StageReport& report,
                                    const Author& author) {
  for (int attempt = 1;; ++attempt) {
    auto stored = find(key);
    if (!stored && stored.error().code == ErrorCode::not_found) {
      return about(key.subject(),
                   not_found("it does not exist; apply it first, and then report what came "
                             "before with the version 1 (titan report stage --current)"));
    }
    if (!stored) return stored.error();
    if (stored->deleting) return about(key.subject(), conflict("it is being deleted"));
    const std::uint64_t current = stored->version;
    const std::uint64_t version = report.version.value_or(current + 1);
    if (version < current || version > current + 1) {
      return about(
          key.subject(),
          invalid_field("version", "expected " + std::to_string(current) +
                                       ", the current version, or " + std::to_string(current + 1) +
                                       ", the next; found " + std::to_string(version)));
    }
    auto stages = model::with_stage(stored->stages,
                                    {.name = report.name,
                                     .version = version,
                                     .time = report.time.value_or(parts_.clock.wall()),
                                     .outcome = report.outcome,
                                     .revision = report.revision,
                                     .url = report.url,
                                     .actor = author.actor},
                                    current);
    // That is no shortage of the server's.
    if (!stages) return about(key.subject(), invalid_field("stage", stages.error().message));
    Entity wanted = *stored;
    wanted.stages = *std::move(stages);
    const auto changes =
        parts_.store.commit({.mutations = {store::Mutation::upon(*stored, std::move(wanted))},
                             .actor = author.actor,
                             .request_id = author.request_id});
    if (changes) return changes->empty() ? *std::move(stored) : *changes->front().after;
    // Somebody wrote it meanwhile, or removed it.
    const bool raced =
        changes.error().code == ErrorCode::conflict || changes.error().code == ErrorCode::not_found;
    if (!raced || attempt == kWriteAttempts) return changes.error();
  }
}

Result<TraceService::OnHost> TraceService::on_host(const Key& deployment, const std::string& name) {
  TITAN_ASSIGN(HostService::Standing standing, parts_.hosts.standing_on(deployment, name));
  OnHost host;
  if (standing.is_of_form) {
    const model::DeploymentReport& report = *standing.report;
    host.committed = report.committed;
    host.deployed = report.deployed;
    host.delivered = report.delivered;
    // It is of the server's wall clock, which may have been set back between the two.
    for (const Timestamp later : {report.committed, report.deployed}) {
      if (later != Timestamp()) host.delivered = std::min(host.delivered, later);
    }
  } else {
    host.delivered = standing.delivered;
  }
  host.standing = std::move(standing);
  return host;
}

Result<TraceService::Answer> TraceService::trace(const Key& key, const Page& page) {
  Answer answer;
  TITAN_ASSIGN(answer.deployment, find(key));
  const std::uint64_t seq =
      parts_.state.read([&](const FleetView& view) { return made_by(view, answer.deployment); });
  TITAN_ASSIGN(answer.change, note_of_change(parts_.store, epoch_, seq));

  const std::set<std::string> hosts = parts_.hosts.hosts_of(key);
  const bool is_first = page.after.empty();
  Totals totals;
  std::size_t counted = 0;
  for (auto name = hosts.upper_bound(page.after); name != hosts.end(); ++name) {
    const bool is_on_page = answer.hosts.size() < page.limit;
    if (!is_on_page) answer.next = answer.hosts.back().standing.host;
    if (!is_on_page && (!is_first || counted == kTraceHostsMax)) break;
    TITAN_ASSIGN(OnHost host, on_host(key, *name));
    totals.add(host);
    ++counted;
    if (is_on_page) answer.hosts.push_back(std::move(host));
  }
  if (is_first) {
    answer.totals = totals.all();
    answer.hosts_not_counted = hosts.size() - counted;
  }
  return answer;
}

}  // namespace titan::server_lite
