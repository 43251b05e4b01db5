#include "server-lite/gitops_report.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::server_lite {
namespace {

using model::DeploymentReport;
using model::HostReport;
using model::Status;

constexpr const char* kReporter = "titan-server ";

HostReport report_of(std::vector<DeploymentReport> deployments) {
  std::ranges::sort(deployments, {}, &DeploymentReport::key);
  return {.deployments = std::move(deployments),
          .agent_version = kReporter + std::string(TITAN_VERSION)};
}

}  // namespace

bool GitopsReport::is_ours(const HostReport& report) {
  return report.agent_version.starts_with(kReporter);
}

GitopsReport::GitopsReport(const model::Manifest& wanted, const HostReport* last, bool anew) {
  std::map<model::Key, const DeploymentReport*> known;
  if (last != nullptr) {
    for (const DeploymentReport& one : last->deployments) known.emplace(one.key, &one);
  }
  for (const model::DesiredDeployment& desired : wanted.deployments) {
    Item item{.now = {.key = desired.key}};
    const auto found = known.find(desired.key);
    bool is_there = false;
    if (found != known.end()) {
      const DeploymentReport& before = *found->second;
      item.now.version = before.version;
      item.now.rendered_digest = before.rendered_digest;
      if (!anew) item.now.commit = before.commit;
      is_there = before.status == Status::ready && !item.now.commit.empty() &&
                 before.desired_digest == desired.desired_digest;
      known.erase(found);
    }
    item.now.desired_digest = desired.desired_digest;
    item.then = item.now;
    if (desired.error.empty()) {
      item.is_new = !is_there;
      item.then.version = desired.version;
      item.then.rendered_digest = desired.rendered_digest;
    } else {
      item.then.status = Status::error;
      item.then.reason = desired.error;
    }
    items_.push_back(std::move(item));
  }
  for (const auto& [key, before] : known) leaving_.push_back(*before);
}

HostReport GitopsReport::pushed(const std::string& commit) const {
  std::vector<DeploymentReport> deployments;
  for (const Item& item : items_) {
    deployments.push_back(item.then);
    if (item.is_new) deployments.back().commit = commit;
  }
  return report_of(std::move(deployments));
}

HostReport GitopsReport::waiting(const std::string& reason) const {
  return unfinished(Status::updating, reason);
}

HostReport GitopsReport::refused(const std::string& reason) const {
  return unfinished(Status::error, reason);
}

HostReport GitopsReport::unfinished(Status status, const std::string& reason) const {
  std::vector<DeploymentReport> deployments = leaving_;
  for (const Item& item : items_) {
    deployments.push_back(item.is_new ? item.now : item.then);
    if (!item.is_new) continue;
    deployments.back().status = status;
    deployments.back().reason = clip(reason, model::kTextBytesMax);
  }
  return report_of(std::move(deployments));
}

}  // namespace titan::server_lite
