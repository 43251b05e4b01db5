#include "server-lite/host_service.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "reconciler/delivery.hpp"
#include "reconciler/host_query.hpp"
#include "reconciler/roll_up.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {

using model::Bookmark;
using model::Key;

Result<HostService::Answer> HostService::answer(const Key& host,
                                                const std::optional<Bookmark>& since) {
  TITAN_ASSIGN(reconciler::HostChanges changes, state_.read([&](const FleetView& view) {
    return reconciler::changes_for_host(view.fleet, epoch_, host, since);
  }));
  Answer answer{.changed = !changes.nothing_new()};
  if (answer.changed) {
    for (auto& desired : changes.desired) renderer_.fill_digest(desired);
    answer.manifest = reconciler::manifest_of(epoch_, host.name, changes);
  } else {
    answer.manifest.bookmark = {epoch_, changes.seq};
  }
  answer.manifest.poll_after = kPollAfter;
  answer.manifest.time = clock_.wall();
  return answer;
}

Result<HostService::Answer> HostService::sync(const Key& host, const model::SyncRequest& request,
                                              const std::string& request_id) {
  const bool news = request.report || state_.read([&](const FleetView& view) {
    return !view.heard_of.contains(host);
  });
  if (news) TITAN_TRY(writer_.observe(host, request, request_id));
  TITAN_ASSIGN(Answer answer, this->answer(host, request.bookmark));
  answer.report_wanted =
      !request.report && !request.report_digest.empty() && state_.read([&](const FleetView& view) {
        const auto known = view.report_digests.find(host);
        return known == view.report_digests.end() || known->second != request.report_digest;
      });
  if (!answer.changed) return answer;
  std::vector<Key> delivered;
  for (const auto& desired : answer.manifest.deployments) delivered.push_back(desired.key);
  TITAN_TRY(writer_.note_delivered(delivered, request_id));
  return answer;
}

Result<std::optional<Bookmark>> HostService::bookmark_of(const std::string& since) {
  if (since.empty()) return std::optional<Bookmark>();
  if (auto bookmark = Bookmark::parse(since)) return std::optional(*bookmark);
  const auto moment = Timestamp::parse(since);
  if (!moment) {
    return invalid_field("since", quote(since) +
                                      " is neither a bookmark nor an RFC 3339 time such as "
                                      "2026-03-01T12:00:00Z");
  }
  TITAN_ASSIGN(const std::uint64_t seq, store_.seq_before(*moment));
  return std::optional(Bookmark{epoch_, seq});
}

Result<HostService::Answer> HostService::changes(const Key& host, const std::string& since) {
  TITAN_ASSIGN(const std::optional<Bookmark> bookmark, bookmark_of(since));
  TITAN_ASSIGN(Answer answer, this->answer(host, bookmark));
  if (!answer.changed) {
    TITAN_ASSIGN(const Answer all, this->answer(host, std::nullopt));
    answer.manifest.digest = all.manifest.digest;
  }
  return answer;
}

Result<std::vector<model::RenderedDeployment>> HostService::render(
    const model::Manifest& manifest) {
  std::vector<model::RenderedDeployment> rendered;
  for (const model::DesiredDeployment& desired : manifest.deployments) {
    if (!desired.error.empty()) continue;
    TITAN_ASSIGN(auto files, renderer_.render(desired));
    rendered.push_back({desired.key, desired.version, std::move(files), desired.rendered_digest});
  }
  return rendered;
}

Result<store::StoredReport> HostService::report_of(const Key& host) const {
  return state_.read([&](const FleetView& view) -> Result<store::StoredReport> {
    const auto found = view.reports.find(host);
    if (found != view.reports.end()) return found->second;
    return not_found("host " + quote(host.name) + " has not reported yet, or does not exist");
  });
}

Result<std::vector<HostService::Standing>> HostService::standings_of(const Key& deployment) {
  TITAN_TRY(store_.get(deployment));
  std::map<std::string, model::DesiredDeployment> desired;
  std::map<std::string, Standing> standings;
  state_.read([&](const FleetView& view) {
    const std::uint64_t now = view.fleet.head();
    if (const auto entity = view.fleet.find(deployment, now)) {
      for (const auto& host : reconciler::hosts_reached(view.fleet, *entity, now)) {
        desired[host->name] = reconciler::desired_form(view.fleet, *entity, *host, now);
        standings[host->name].host = host->name;
      }
    }
    for (const auto& [host, stored] : view.reports) {
      for (const auto& report : stored.report.deployments) {
        if (report.key != deployment) continue;
        standings[host.name] = {.host = host.name, .report = report, .time = stored.time};
      }
    }
    return true;
  });
  std::vector<Standing> result;
  for (auto& [host, standing] : standings) {
    const auto wanted = desired.find(host);
    if (wanted != desired.end()) {
      renderer_.fill_digest(wanted->second);
      const reconciler::Standing compared{host, wanted->second, standing.report};
      standing.current = compared.current();
    }
    result.push_back(std::move(standing));
  }
  return result;
}

}  // namespace titan::server_lite
