#include "server-lite/host_service.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "reconciler/delivery.hpp"
#include "reconciler/host_query.hpp"
#include "reconciler/roll_up.hpp"
#include "server-lite/actors.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Bookmark;
using model::Key;
using model::Kind;
using model::Status;

Error no_such_host(const Key& host) {
  return not_found("host " + quote(host.name) + " does not exist");
}

Error no_agent(const Key& host) {
  Error error = conflict("the delivery of host " + quote(host.name) +
                         " is \"gitops\": the server commits for it; an agent needs \"agent\"");
  error.field = "spec.delivery";
  return error;
}

const model::DeploymentReport* find(const model::HostReport& report, const Key& deployment) {
  const auto found = std::find_if(report.deployments.begin(), report.deployments.end(),
                                  [&](const auto& one) { return one.key == deployment; });
  return found == report.deployments.end() ? nullptr : &*found;
}

bool same(const Told* one, const Told* other) {
  if (one == nullptr || other == nullptr) return one == other;
  return one->form == other->form && one->standing == other->standing &&
         one->reason == other->reason;
}

}  // namespace

// ---- what hosts ask ----------------------------------------------------------------------------

HostService::Look HostService::hear(const Key& key, const model::SyncRequest& request) {
  const std::int64_t now = parts_.clock.monotonic().count();
  return parts_.state.read([&](const FleetView& view) {
    const auto* host = view.fleet.find_host(key);
    if (host == nullptr || host->now() == nullptr) return Look();
    const HostLife& life = view.life_of(*host);
    if (host->delivery != model::Delivery::agent) return Look{.life = &life, .has_agent = false};
    life.heard_us = now;
    if (request.bookmark && request.bookmark->epoch == epoch_) {
      life.bookmark = request.bookmark->seq;
    }
    return Look{.life = &life, .is_ready = host->status == Status::ready};
  });
}

HostService::Presence::Presence(const HostLife& life, const Clock& clock)
    : life_(life), clock_(clock) {
  ++life_.waiting;
}

HostService::Presence::~Presence() {
  life_.heard_us = clock_.monotonic().count();
  --life_.waiting;
}

std::unique_ptr<HostService::Presence> HostService::attend(const Key& host) const {
  const HostLife* const life = parts_.state.read([&](const FleetView& view) {
    const auto* record = view.fleet.find_host(host);
    return record == nullptr ? nullptr : &view.life_of(*record);
  });
  return life == nullptr ? nullptr : std::make_unique<Presence>(*life, parts_.clock);
}

Result<HostService::Answer> HostService::sync(const Key& host, const model::SyncRequest& request,
                                              const std::string& request_id, const Reader& reader) {
  const Look look = hear(host, request);
  if (look.life == nullptr) return no_such_host(host);
  if (!look.has_agent) return no_agent(host);
  if (request.report || !look.is_ready) {
    TITAN_TRY(observe(host, request, look.is_ready,
                      {.actor = std::string(kHostActor) + host.name, .request_id = request_id}));
  }
  const bool report_wanted =
      !request.report && !request.report_digest.empty() &&
      parts_.state.read([&](const FleetView& view) {
        const auto* record = view.fleet.find_host(host);
        return record != nullptr && view.life_of(*record).report_digest != request.report_digest;
      });
  TITAN_ASSIGN(Answer answer, deliver(host, request.bookmark, reader));
  answer.report_wanted = report_wanted;
  return answer;
}

Result<void> HostService::accept(const Key& host, model::HostReport report,
                                 const Bookmark& bookmark, bool is_there) {
  struct Known {
    bool is_ready = false;
    Digest report = {};
  };
  const auto known = parts_.state.read([&](const FleetView& view) -> std::optional<Known> {
    const auto* record = view.fleet.find_host(host);
    if (record == nullptr || record->now() == nullptr) return std::nullopt;
    return Known{record->status == Status::ready, view.life_of(*record).report_digest};
  });
  if (!known) return no_such_host(host);
  const bool stays_so = known->is_ready || !is_there;
  if (stays_so && known->report == model::digest_of(report)) return {};
  return observe(host, {.bookmark = bookmark, .report = std::move(report)}, stays_so,
                 {.actor = std::string(kServerActor)});
}

std::optional<HostService::Answer> HostService::sync_at_once(const Key& host,
                                                             const model::SyncRequest& request,
                                                             Clock::Monotonic now) {
  if (request.report || !request.bookmark || request.bookmark->epoch != epoch_) return std::nullopt;
  const std::uint64_t seq = request.bookmark->seq;
  reconciler::PollSlot slot = 0;
  const auto head = parts_.state.read([&](const FleetView& view) -> std::optional<std::uint64_t> {
    const auto* record = view.fleet.find_host(host);
    if (record == nullptr || record->now() == nullptr || record->status != Status::ready ||
        record->delivery != model::Delivery::agent || seq > view.fleet.head() ||
        seq < view.fleet.horizon() || !record->nothing_new_since(seq)) {
      return std::nullopt;
    }
    const HostLife& life = view.life_of(*record);
    const bool has_report =
        request.report_digest.empty() || life.report_digest == request.report_digest;
    if (!has_report) return std::nullopt;
    life.heard_us = now.count();
    life.bookmark = seq;
    slot = record->poll_slot;
    return view.fleet.head();
  });
  if (!head) return std::nullopt;
  return no_news(slot, {epoch_, *head}, now);
}

Result<HostService::Answer> HostService::deliver(const Key& host,
                                                 const std::optional<Bookmark>& since,
                                                 const Reader& reader) {
  TITAN_ASSIGN(Answer answer, changes(host, since));
  if (!answer.changed) return answer;
  if (reader) TITAN_TRY(seal_secrets(answer.manifest, *reader));
  parts_.state.update([&](FleetView& view) { note_given(view, host, answer.manifest); });
  std::vector<Key> delivered;
  for (const auto& desired : answer.manifest.deployments) delivered.push_back(desired.key);
  parts_.roll_up.delivered(delivered);
  if (parts_.roll_up.has_mail()) parts_.wake();
  return answer;
}

Result<void> HostService::seal_secrets(model::Manifest& manifest, const PublicKey& reader) {
  for (model::DesiredDeployment& desired : manifest.deployments) {
    if (desired.secrets.empty() || !desired.error.empty()) continue;
    const auto sealed = seal_secrets(desired, manifest.bookmark.seq, reader);
    if (sealed) continue;
    if (sealed.error().code != ErrorCode::internal) return sealed;
    // Its siblings go on.
    desired.error = clip(sealed.error().text(), kSealErrorBytesMax);
    desired.rendered_digest = {};
    for (model::SecretUse& use : desired.secrets) use.sealed.clear();
  }
  return {};
}

// Of the moment that the manifest is of: the secret may have another value by now.
Result<void> HostService::seal_secrets(model::DesiredDeployment& desired, std::uint64_t seq,
                                       const PublicKey& reader) {
  for (model::SecretUse& use : desired.secrets) {
    const Key key{.organization = desired.key.organization,
                  .kind = Kind::secret,
                  .workspace = desired.key.workspace,
                  .name = use.name};
    const auto secret = parts_.state.read([&](const FleetView& view) {
      const auto* record = view.fleet.find(key);
      const auto* version = record == nullptr ? nullptr : record->at(seq);
      return version == nullptr ? nullptr : version->entity;
    });
    if (secret == nullptr) return unavailable(key.subject() + " was changed meanwhile");
    auto sealed = parts_.vault.seal(*secret, use, reader);
    if (!sealed && sealed.error().code == ErrorCode::not_found) {
      // Its bytes are gone from the store.
      return Error{ErrorCode::internal, sealed.error().message, key.subject()};
    }
    if (!sealed) return sealed.error();
    use.sealed = *std::move(sealed);
  }
  return {};
}

// Whatever the host says of them: the server alone knows. The other times are the store's to write.
model::HostReport HostService::with_deliveries(const Key& host,
                                               const model::HostReport& report) const {
  const auto given = parts_.state.read([&](const FleetView& view) {
    const auto* record = view.fleet.find_host(host);
    return record == nullptr ? std::vector<Given>() : view.life_of(*record).given;
  });
  model::HostReport dated = report;
  for (model::DeploymentReport& deployment : dated.deployments) {
    deployment.delivered = given_time(given, deployment.key, deployment.desired_digest);
  }
  return dated;
}

Result<store::Batch> HostService::observation(const Key& host, const model::SyncRequest& sync,
                                              bool is_ready, const Witness& witness) {
  store::Batch batch{.actor = witness.actor, .request_id = witness.request_id};
  if (!is_ready) {
    TITAN_ASSIGN(const model::Entity entity, parts_.store.get(host));
    model::Entity ready = entity;
    ready.status = Status::ready;
    ready.reason.clear();
    batch.mutations.push_back(store::Mutation::upon(entity, std::move(ready)));
  }
  if (sync.report) {
    batch.observations.push_back({.organization = host.organization,
                                  .host = host.name,
                                  .report = with_deliveries(host, *sync.report),
                                  .bookmark = sync.bookmark.value_or(Bookmark())});
  }
  return batch;
}

Result<void> HostService::observe(const Key& host, const model::SyncRequest& sync, bool is_ready,
                                  const Witness& witness) {
  for (int attempt = 1;; ++attempt) {
    TITAN_ASSIGN(const store::Batch batch, observation(host, sync, is_ready, witness));
    const auto committed = parts_.store.commit(batch);
    if (committed) break;
    const bool raced = committed.error().code == ErrorCode::conflict;
    if (!raced || attempt == kWriteAttempts) return committed.error();
  }
  if (sync.report) parts_.answers.forget_report(host);
  if (sync.report) parts_.roll_up.touched(take_report(host, *sync.report));
  if (parts_.roll_up.has_mail()) parts_.wake();
  return {};
}

// Returns the deployments of which the host says something else than before.
std::set<Key> HostService::take_report(const Key& key, const model::HostReport& report) {
  std::set<Key> touched;
  parts_.state.update([&](FleetView& view) {
    const auto* host = view.fleet.find_host(key);
    if (host == nullptr) return;
    const std::vector<Told> before = view.life_of(*host).told;
    put_report(view, key, report, parts_.clock.wall());
    const HostLife& life = view.life_of(*host);
    const auto find_before = [&](std::uint64_t deployment) {
      const auto found = std::find_if(before.begin(), before.end(), [&](const Told& one) {
        return one.deployment == deployment;
      });
      return found == before.end() ? nullptr : &*found;
    };
    const auto touch_if_new = [&](const Key& deployment) {
      const std::uint64_t number = short_of(deployment);
      if (!same(find_before(number), life.find(number))) touched.insert(deployment);
    };
    for (const auto& deployment : report.deployments) touch_if_new(deployment.key);
    if (before.size() + touched.size() == life.told.size()) return;  // it dropped none
    for (const Key& deployment : view.deleting) touch_if_new(deployment);
    for (const auto& delivery : reconciler::deliveries_to(view.fleet, *host, view.fleet.head())) {
      touch_if_new(delivery.deployment->key);
    }
  });
  return touched;
}

Result<HostService::Answer> HostService::changes(const Key& host,
                                                 const std::optional<Bookmark>& since) {
  TITAN_ASSIGN(reconciler::HostChanges changes, parts_.state.read([&](const FleetView& view) {
    return reconciler::changes_for_host(view.fleet, epoch_, host, since);
  }));
  Answer answer = no_news(host, {epoch_, changes.seq});
  if (changes.nothing_new()) return answer;
  const std::chrono::seconds poll_after = answer.manifest.poll_after;
  for (auto& desired : changes.changed) TITAN_TRY(parts_.renderer.fill_digest(desired));
  answer.changed = true;
  answer.manifest = reconciler::manifest_of(epoch_, host.name, std::move(changes));
  answer.manifest.poll_after = poll_after;
  answer.manifest.time = parts_.clock.wall();
  return answer;
}

HostService::Answer HostService::no_news(const Key& host, const Bookmark& since) const {
  return no_news(reconciler::poll_slot_of(host), since, parts_.clock.monotonic());
}

HostService::Answer HostService::no_news(reconciler::PollSlot slot, const Bookmark& since,
                                         Clock::Monotonic now) const {
  Answer answer;
  answer.manifest.bookmark = since;
  answer.manifest.poll_after = reconciler::poll_after(slot, now, parts_.poll_interval);
  answer.manifest.time = parts_.clock.wall();
  return answer;
}

Digest HostService::digest_of(const Key& host) const {
  return parts_.state
      .read([&](const FleetView& view) { return reconciler::digest_for_host(view.fleet, host); })
      .value_or(Digest());
}

Bookmark HostService::head() const {
  return {epoch_, parts_.state.read([](const FleetView& view) { return view.fleet.head(); })};
}

bool HostService::may_have_news(const Key& host, const Bookmark& since) const {
  return parts_.state.read([&](const FleetView& view) {
    const auto* record = view.fleet.find_host(host);
    return record == nullptr || record->now() == nullptr || record->relevant > since.seq;
  });
}

// ---- what people ask ---------------------------------------------------------------------------

Result<std::optional<Bookmark>> HostService::bookmark_of(const std::string& since) {
  if (since.empty()) return std::optional<Bookmark>();
  if (auto bookmark = Bookmark::parse(since)) return std::optional(*bookmark);
  const auto moment = Timestamp::parse(since);
  if (!moment) {
    return invalid_field("since", quote(since) +
                                      " is neither a bookmark nor an RFC 3339 time such as "
                                      "2026-03-01T12:00:00Z");
  }
  const auto seq = parts_.store.seq_before(*moment);
  if (!seq && seq.error().code == ErrorCode::expired) return std::optional(Bookmark{epoch_, 0});
  if (!seq) return seq.error();
  return std::optional(Bookmark{epoch_, *seq});
}

Result<std::vector<model::RenderedDeployment>> HostService::render(
    const model::Manifest& manifest) {
  std::vector<model::RenderedDeployment> rendered;
  for (const model::DesiredDeployment& desired : manifest.deployments) {
    if (!desired.error.empty()) continue;
    TITAN_ASSIGN(auto files, parts_.renderer.render(desired));
    rendered.push_back({desired.key, desired.version, std::move(files), desired.rendered_digest});
  }
  return rendered;
}

Result<std::optional<store::StoredReport>> HostService::report_of(const std::string& organization,
                                                                  const std::string& host) {
  auto stored = parts_.store.report(organization, host);
  if (stored) return std::optional(*std::move(stored));
  if (stored.error().code != ErrorCode::not_found) return stored.error();
  return std::optional<store::StoredReport>();
}

HostService::Standing HostService::standing_on(const std::string& host, const Key& deployment,
                                               const store::StoredReport* stored) const {
  Standing standing{.host = host, .deployment = deployment};
  if (stored != nullptr) {
    if (const auto* report = find(stored->report, deployment)) {
      standing.report = *report;
      standing.time = stored->time;
    }
  }
  const Key key{.organization = deployment.organization, .kind = Kind::host, .name = host};
  parts_.state.read([&](const FleetView& view) {
    const auto* record = view.fleet.find_host(key);
    if (record == nullptr || record->now() == nullptr) return;
    standing.host_status = record->status;
    for (const auto& delivery : reconciler::deliveries_to(view.fleet, *record, view.fleet.head())) {
      if (delivery.deployment->key != deployment) continue;
      const auto* report = standing.report ? &*standing.report : nullptr;
      const Digest form = reconciler::desired_digest(delivery);
      standing.wanted = true;
      standing.current = reconciler::standing_of(report, form) == reconciler::Standing::current;
      standing.is_of_form = report != nullptr && report->desired_digest == form;
      standing.delivered = given_time(view.life_of(*record).given, deployment, form);
    }
  });
  return standing;
}

Result<HostService::StandingsPage> HostService::standings_of(const Key& deployment,
                                                             const std::string& after,
                                                             std::size_t limit) {
  TITAN_TRY(parts_.store.get(deployment));
  const std::set<std::string> hosts = hosts_of(deployment);
  StandingsPage page;
  for (auto host = hosts.upper_bound(after); host != hosts.end(); ++host) {
    if (page.items.size() == limit) {
      page.next = page.items.back().host;
      break;
    }
    TITAN_ASSIGN(Standing standing, standing_on(deployment, *host));
    page.items.push_back(std::move(standing));
  }
  return page;
}

std::set<std::string> HostService::hosts_of(const Key& deployment) const {
  std::set<std::string> hosts;
  parts_.state.read([&](const FleetView& view) {
    if (const auto* record = view.fleet.find(deployment)) {
      reconciler::for_each_host_of(view.fleet, *record, [&](const reconciler::HostRecord& host) {
        hosts.insert(host.key.name);
      });
    }
    for (const std::string& holder : holders_of(view, deployment)) hosts.insert(holder);
  });
  return hosts;
}

Result<HostService::Standing> HostService::standing_on(const Key& deployment,
                                                       const std::string& host) {
  TITAN_ASSIGN(const auto stored, report_of(deployment.organization, host));
  return standing_on(host, deployment, stored ? &*stored : nullptr);
}

Result<HostService::Sight> HostService::sight_of(const Key& key) const {
  const Clock::Monotonic now = parts_.clock.monotonic();
  const auto sight = parts_.state.read([&](const FleetView& view) -> std::optional<Sight> {
    const auto* host = view.fleet.find_host(key);
    if (host == nullptr || host->now() == nullptr) return std::nullopt;
    const HostLife& life = view.life_of(*host);
    Sight seen{.bookmark = life.bookmark};
    if (const auto there = life.last_there(now)) {
      const std::int64_t ago = (now - *there).count();
      seen.time = Timestamp::from_micros(parts_.clock.wall().micros() - ago);
    }
    return seen;
  });
  if (!sight) return no_such_host(key);
  return *sight;
}

Result<HostService::HostState> HostService::state_of(const Key& key, const Sight& sight) {
  HostState state;
  std::set<Key> deployments;
  parts_.state.read([&](const FleetView& view) {
    const auto* host = view.fleet.find_host(key);
    if (host == nullptr) return;
    for (const auto& delivery : reconciler::deliveries_to(view.fleet, *host, view.fleet.head())) {
      deployments.insert(delivery.deployment->key);
    }
  });
  std::uint64_t bookmark = sight.bookmark;
  TITAN_ASSIGN(const auto stored, report_of(key.organization, key.name));
  if (stored) {
    state.last_report = stored->time;
    state.drivers = stored->report.drivers;
    state.clock_skew_seconds = stored->report.clock_skew_seconds;
    for (const auto& report : stored->report.deployments) deployments.insert(report.key);
    if (bookmark == 0 && stored->bookmark.epoch == epoch_) bookmark = stored->bookmark.seq;
  }
  if (bookmark > 0) {
    state.bookmark = Bookmark{epoch_, bookmark};
    const auto there = parts_.store.changes(bookmark - 1, 1, {});
    if (there && !there->empty() && there->front().seq == bookmark) {
      state.bookmark_time = there->front().time;
    }
  }
  for (const Key& deployment : deployments) {
    state.deployments.push_back(standing_on(key.name, deployment, stored ? &*stored : nullptr));
  }
  return state;
}

}  // namespace titan::server_lite
