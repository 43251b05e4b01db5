#include "reconciler/host_query.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "reconciler/delivery.hpp"

namespace titan::reconciler {
namespace {

using model::DesiredDeployment;
using model::Key;

constexpr std::size_t kErrorBytesMax = 1024;

// When the deployment left the host: the latest change to any of the three things that decide it.
Timestamp time_of_leaving(const Fleet& fleet, const Key& deployment, const Key& host,
                          std::uint64_t since) {
  Timestamp latest = std::max(fleet.changed_time(deployment, fleet.head()),
                              fleet.changed_time(host, fleet.head()));
  if (const auto before = fleet.find(deployment, since)) {
    const Key target{.organization = deployment.organization,
                     .kind = model::Kind::target,
                     .workspace = deployment.workspace,
                     .name = std::get<model::DeploymentSpec>(before->spec).target};
    latest = std::max(latest, fleet.changed_time(target, fleet.head()));
  }
  return latest;
}

// Marks what is news in `changes.desired` and adds the tombstones.
void compare(const Fleet& fleet, const Key& host, std::uint64_t since, HostChanges& changes) {
  std::map<Key, DesiredDeployment> before;
  for (DesiredDeployment& desired : desired_set(fleet, host, since)) {
    Key key = desired.key;
    before.emplace(std::move(key), std::move(desired));
  }
  for (std::size_t i = 0; i < changes.desired.size(); ++i) {
    const auto then = before.find(changes.desired[i].key);
    if (then == before.end()) continue;
    changes.changed[i] = !(then->second == changes.desired[i]);
    before.erase(then);
  }
  for (const auto& [key, gone] : before) {
    changes.tombstones.push_back({key, time_of_leaving(fleet, key, host, since)});
  }
}

}  // namespace

bool HostChanges::nothing_new() const {
  return !full && tombstones.empty() &&
         std::find(changed.begin(), changed.end(), true) == changed.end();
}

Result<HostChanges> changes_for_host(const Fleet& fleet, std::string_view epoch, const Key& host,
                                     const std::optional<model::Bookmark>& since) {
  if (fleet.find(host, fleet.head()) == nullptr) {
    return not_found("host " + quote(host.name) + " does not exist");
  }
  HostChanges changes{.seq = fleet.head()};
  changes.full = !since || since->epoch != epoch || since->seq > fleet.head();
  if (!changes.full && since->seq >= fleet.last_spec_change()) return changes;

  changes.desired = desired_set(fleet, host, fleet.head());
  changes.changed.assign(changes.desired.size(), true);
  if (!changes.full) compare(fleet, host, since->seq, changes);
  return changes;
}

void render_digest(DesiredDeployment& desired, const RenderDigest& render) {
  if (!desired.error.empty()) return;
  const auto digest = render(desired);
  if (digest) {
    desired.rendered_digest = *digest;
  } else {
    desired.error = clip(digest.error().text(), kErrorBytesMax);
  }
}

model::Manifest manifest_of(std::string_view epoch, const std::string& host,
                            const HostChanges& changes) {
  model::Manifest manifest{.host = host,
                           .bookmark = {std::string(epoch), changes.seq},
                           .full = changes.full,
                           .tombstones = changes.tombstones};
  std::vector<model::DesiredDigest> wanted;
  for (std::size_t i = 0; i < changes.desired.size(); ++i) {
    wanted.push_back({changes.desired[i].key, changes.desired[i].desired_digest});
    if (changes.changed[i]) manifest.deployments.push_back(changes.desired[i]);
  }
  manifest.digest = model::digest_of_desired(wanted);
  return manifest;
}

}  // namespace titan::reconciler
