#include "reconciler/roll_up.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace titan::reconciler {
namespace {

using model::Status;

constexpr std::size_t kHostsNamed = 10;

// "waiting for 12 of 20 hosts: a, b, … and 2 more"
std::string hosts_text(const std::vector<std::string>& hosts) {
  if (hosts.size() <= kHostsNamed) return join(hosts, ", ");
  const std::vector<std::string> named(hosts.begin(), hosts.begin() + kHostsNamed);
  return join(named, ", ") + " and " + std::to_string(hosts.size() - kHostsNamed) + " more";
}

// Why the deployment fails on this host; empty when it does not.
std::string failure_of(const Standing& standing) {
  if (!standing.desired.error.empty()) return standing.desired.error;
  if (standing.report && standing.report->status == Status::error) return standing.report->reason;
  return {};
}

Status status_while_waiting(Status before) {
  return before == Status::initialized || before == Status::creating ? before : Status::updating;
}

}  // namespace

bool Standing::current() const {
  return desired.error.empty() && report && report->status == Status::ready &&
         report->version == desired.version && report->rendered_digest == desired.rendered_digest;
}

RolledUp roll_up(const model::Entity& deployment, const std::vector<std::string>& missing,
                 const std::vector<Standing>& standings, const std::vector<std::string>& holders) {
  if (deployment.deleting) {
    return {Status::deleting, {"waiting for removal from " + hosts_text(holders)}};
  }
  if (!missing.empty()) return {Status::missing, missing};
  if (standings.empty()) {
    const auto& target = std::get<model::DeploymentSpec>(deployment.spec).target;
    return {Status::initialized, {"target " + quote(target) + " matches no host"}};
  }

  std::vector<std::string> failing;
  std::vector<std::string> waiting;
  for (const Standing& standing : standings) {
    const std::string failure = failure_of(standing);
    if (!failure.empty() && failing.size() < kHostsNamed) {
      failing.push_back("host " + standing.host + ": " + failure);
    }
    if (!standing.current()) waiting.push_back(standing.host);
  }
  if (!failing.empty()) return {Status::error, failing};
  if (waiting.empty()) return {Status::ready, {}};
  const std::string progress = "waiting for " + std::to_string(waiting.size()) + " of " +
                               std::to_string(standings.size()) + " hosts: " + hosts_text(waiting);
  return {status_while_waiting(deployment.status), {progress}};
}

}  // namespace titan::reconciler
