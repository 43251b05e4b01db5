#include "reconciler/host_query.hpp"

#include <functional>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "reconciler/delivery.hpp"

namespace titan::reconciler {
namespace {

using model::Key;

constexpr std::size_t kErrorBytesMax = 1024;

// When the deployment left the host for the last time. Among the changes to what decides it, from
// the latest back, that is the first one before which the host still had it.
Timestamp time_of_leaving(const Fleet& fleet, const Delivery& before) {
  std::map<std::uint64_t, Timestamp, std::greater<>> times;  // by seq
  const auto note = [&](const auto& record) {
    for (const auto& version : record.history) times[version.seq] = version.time;
  };
  note(*before.host);
  note(*before.deployment);
  for (const Version& version : before.deployment->history) {
    if (version.target != nullptr) note(*version.target);
  }
  for (const EntityRecord* assignment : before.host->assignments) note(*assignment);
  Timestamp left{};
  for (const auto& [seq, time] : times) {
    left = time;
    if (reaches(fleet, *before.deployment, *before.host, seq - 1)) break;
  }
  return left;
}

// Both lists are by key: one walk along the two finds what is news and what is gone.
void compare(const Fleet& fleet, const std::vector<Delivery>& before,
             const std::vector<Delivery>& now, HostChanges& changes) {
  auto then = before.begin();
  const auto is_before = [](const Delivery& one, const Delivery& other) {
    return one.deployment->key < other.deployment->key;
  };
  const auto gone = [&](const Delivery& delivery) {
    changes.tombstones.push_back({delivery.deployment->key, time_of_leaving(fleet, delivery)});
  };
  for (const Delivery& delivery : now) {
    while (then != before.end() && is_before(*then, delivery)) gone(*then++);
    const Digest digest = desired_digest(delivery);
    changes.desired.push_back({delivery.deployment->key, digest});
    const bool was_there = then != before.end() && then->deployment == delivery.deployment;
    if (!was_there || desired_digest(*then) != digest) {
      changes.changed.push_back(desired_form(fleet, delivery, digest));
    }
    if (was_there) ++then;
  }
  while (then != before.end()) gone(*then++);
}

}  // namespace

Result<HostChanges> changes_for_host(const Fleet& fleet, std::string_view epoch, const Key& key,
                                     const std::optional<model::Bookmark>& since) {
  const HostRecord* host = fleet.find_host(key);
  if (host == nullptr || host->now() == nullptr) {
    return not_found("host " + quote(key.name) + " does not exist");
  }
  HostChanges changes{.seq = fleet.head()};
  changes.full =
      !since || since->epoch != epoch || since->seq > fleet.head() || since->seq < fleet.horizon();
  if (!changes.full && host->nothing_new_since(since->seq)) return changes;

  std::vector<Delivery> before;
  if (!changes.full) before = deliveries_to(fleet, *host, since->seq);
  compare(fleet, before, deliveries_to(fleet, *host, fleet.head()), changes);
  if (changes.nothing_new()) host->same_as.store(since->seq, std::memory_order_release);
  return changes;
}

Result<Digest> digest_for_host(const Fleet& fleet, const Key& key) {
  TITAN_ASSIGN(const HostChanges all, changes_for_host(fleet, "", key, std::nullopt));
  return model::digest_of_desired(all.desired);
}

Result<void> render_digest(model::DesiredDeployment& desired, const RenderDigest& render) {
  if (!desired.error.empty()) return {};
  const auto digest = render(desired);
  if (digest) {
    desired.rendered_digest = *digest;
  } else if (digest.error().code == ErrorCode::invalid) {
    desired.error = clip(digest.error().text(), kErrorBytesMax);
  } else {
    return digest.error();
  }
  return {};
}

model::Manifest manifest_of(std::string_view epoch, const std::string& host, HostChanges changes) {
  return {.host = host,
          .bookmark = {std::string(epoch), changes.seq},
          .full = changes.full,
          .digest = model::digest_of_desired(changes.desired),
          .deployments = std::move(changes.changed),
          .tombstones = std::move(changes.tombstones)};
}

}  // namespace titan::reconciler
