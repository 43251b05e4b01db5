#include "server-lite/fleet_state.hpp"

#include <algorithm>

#include "store/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;

// A page is parsed before the next is read, so the fleet is never in memory twice.
constexpr std::size_t kLoadPage = 2'000;

// Most are empty, and cost nothing.
std::uint32_t short_of(const std::string& reason) {
  return reason.empty() ? 0 : static_cast<std::uint32_t>(Digest::of(reason).short_form());
}

Result<void> load_history(store::Store& store, std::uint64_t horizon, FleetView& view) {
  std::uint64_t after = horizon;
  while (true) {
    TITAN_ASSIGN(std::vector<store::SpecChange> page, store.spec_changes(after, kLoadPage));
    for (store::SpecChange& change : page) {
      view.fleet.load_history(change.key, change.seq, change.time, std::move(change.before));
    }
    if (page.size() < kLoadPage) return {};
    after = page.back().seq;
  }
}

Result<void> load_entities(store::Store& store, const std::string& organization, Kind kind,
                           FleetView& view) {
  store::ListQuery query{.kind = kind, .organization = organization, .limit = kLoadPage};
  while (true) {
    TITAN_ASSIGN(store::Page page, store.list(query));
    for (model::Entity& entity : page.items) {
      if (kind == Kind::deployment && entity.deleting) view.deleting.insert(entity.key());
      view.fleet.load_entity(std::move(entity));
    }
    if (!page.next) return {};
    query.after = page.next;
  }
}

void make_room(FleetView& view) {
  while (view.lives.size() < view.fleet.host_numbers()) view.lives.emplace_back();
}

// Those who wait count themselves out.
void forget_life(HostLife& life) {
  life.heard_us = HostLife::kNever;
  life.bookmark = 0;
  life.report_digest = {};
  life.report_time = {};
  life.told.clear();
  life.told_is_read = false;
  life.given.clear();
}

}  // namespace

std::uint64_t short_of(const Key& key) {
  return Digest::of(key.text()).short_form();
}

Timestamp given_time(std::span<const Given> given, const Key& deployment, const Digest& form) {
  if (given.empty()) return {};
  const auto found = std::ranges::find_if(
      given, [&, number = short_of(deployment), of = form.short_form()](const Given& one) {
        return one.deployment == number && one.form == of;
      });
  return found == given.end() ? Timestamp() : found->time;
}

const Told* HostLife::find(std::uint64_t deployment) const {
  const auto found = std::find_if(told.begin(), told.end(),
                                  [&](const Told& one) { return one.deployment == deployment; });
  return found == told.end() ? nullptr : &*found;
}

// Who ends its waiting notes when, and only then that it ended.
std::optional<Clock::Monotonic> HostLife::last_there(Clock::Monotonic now) const {
  if (waiting > 0) return now;
  const std::int64_t heard = heard_us;
  if (heard == kNever) return std::nullopt;
  return Clock::Monotonic(heard);
}

Result<void> load(store::Store& store, FleetView& view) {
  TITAN_ASSIGN(const model::Bookmark head, store.head());
  TITAN_ASSIGN(const std::uint64_t horizon, store.horizon());
  TITAN_TRY(load_history(store, horizon, view));
  TITAN_ASSIGN(const auto organizations, store.organizations());
  for (const std::string& organization : organizations) {
    for (const Kind kind : model::kKinds) {
      if (model::is_for_hosts(kind)) TITAN_TRY(load_entities(store, organization, kind, view));
    }
  }
  view.fleet.finish_loading(head.seq, horizon);
  make_room(view);
  TITAN_ASSIGN(const std::vector<store::ReportHead> reports, store.report_heads());
  for (const store::ReportHead& report : reports) {
    const auto* host = view.fleet.find_host(
        {.organization = report.organization, .kind = Kind::host, .name = report.host});
    if (host == nullptr) continue;
    view.lives[host->number].report_digest = report.digest;
    view.lives[host->number].report_time = report.time;
  }
  return {};
}

void apply(FleetView& view, std::span<const model::Change> changes) {
  for (const model::Change& change : changes) {
    view.fleet.apply(change);
    if (change.key.kind == Kind::host) {
      make_room(view);
      const auto* host = view.fleet.find_host(change.key);
      const bool is_another = !change.before || !change.after;
      if (host != nullptr && is_another) forget_life(view.lives[host->number]);
    }
    if (change.key.kind == Kind::deployment) {
      if (change.after && change.after->deleting) {
        view.deleting.insert(change.key);
      } else {
        view.deleting.erase(change.key);
      }
      if (!change.after) view.shortages.erase(change.key);
    }
  }
}

void put_report(FleetView& view, const Key& key, const model::HostReport& report, Timestamp time) {
  const auto* host = view.fleet.find_host(key);
  if (host == nullptr) return;
  HostLife& life = view.lives[host->number];
  life.report_digest = model::digest_of(report);
  life.report_time = time;
  life.told_is_read = true;
  std::vector<Told> told;
  told.reserve(report.deployments.size());
  for (const model::DeploymentReport& deployment : report.deployments) {
    told.push_back({.deployment = short_of(deployment.key),
                    .form = deployment.desired_digest.short_form(),
                    .reason = short_of(deployment.reason),
                    .standing = reconciler::standing_of(deployment.status),
                    .stalled = deployment.stalled,
                    .drifting = !deployment.drift.empty()});
  }
  life.told = std::move(told);
  std::erase_if(life.given, [&](const Given& one) {
    const Told* said = life.find(one.deployment);
    return said != nullptr && said->form == one.form;
  });
}

void note_given(FleetView& view, const Key& key, const model::Manifest& manifest) {
  const auto* host = view.fleet.find_host(key);
  if (host == nullptr) return;
  HostLife& life = view.lives[host->number];
  std::map<std::uint64_t, Given> given;
  for (const Given& one : life.given) given.emplace(one.deployment, one);
  std::set<std::uint64_t> desired_now;
  for (const model::DesiredDeployment& desired : manifest.deployments) {
    const Given one{.deployment = short_of(desired.key),
                    .form = desired.desired_digest.short_form(),
                    .time = manifest.time};
    desired_now.insert(one.deployment);
    const auto [place, is_new] = given.emplace(one.deployment, one);
    if (!is_new && place->second.form != one.form) place->second = one;
    const Told* said = life.find(one.deployment);
    if (said != nullptr && said->form == one.form) given.erase(place);
  }
  for (const auto& tombstone : manifest.tombstones) given.erase(short_of(tombstone.key));
  life.given.clear();
  for (const auto& [deployment, one] : given) {
    if (!manifest.full || desired_now.contains(deployment)) life.given.push_back(one);
  }
}

std::vector<std::string> holders_of(const FleetView& view, const Key& deployment) {
  const std::uint64_t wanted = short_of(deployment);
  std::vector<std::string> holders;
  view.fleet.for_each_host([&](const reconciler::HostRecord& host) {
    const bool same = host.key.organization == deployment.organization;
    if (same && view.life_of(host).find(wanted) != nullptr) holders.push_back(host.key.name);
  });
  std::sort(holders.begin(), holders.end());
  return holders;
}

}  // namespace titan::server_lite
