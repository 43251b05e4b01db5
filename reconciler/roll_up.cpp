#include "reconciler/roll_up.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace titan::reconciler {
namespace {

using model::Status;

constexpr std::size_t kHostsNamed = 10;

template <class Items>
void keep_first(Items& items) {
  if (items.size() > kHostsNamed) items.erase(std::prev(items.end()));
}

// "a, b and 2 more"
template <class Names>
std::string names_text(const Names& names, std::size_t count) {
  const auto end = std::next(names.begin(), static_cast<long>(std::min(names.size(), kHostsNamed)));
  const std::string text = join(std::vector<std::string>(names.begin(), end), ", ");
  return count <= kHostsNamed ? text
                              : text + " and " + std::to_string(count - kHostsNamed) + " more";
}

Status status_while_waiting(Status before, bool delivered) {
  if (before == Status::initialized && delivered) return Status::creating;
  return before == Status::initialized || before == Status::creating ? before : Status::updating;
}

std::string matches_nothing(const model::DeploymentSpec& spec) {
  return spec.replicas == 0U ? "no replicas are wanted"
                             : "target " + quote(spec.target) + " matches no host";
}

}  // namespace

Standing standing_of(const model::DeploymentReport* report, const Digest& desired) {
  if (report == nullptr) return Standing::waiting;
  if (report->desired_digest != desired) return Standing::waiting;
  return report->status == Status::error ? Standing::failing : Standing::current;
}

void Standings::add(const std::string& host, Standing standing) {
  ++hosts_;
  if (standing == Standing::current) return;
  ++waiting_;
  first_waiting_.insert(host);
  keep_first(first_waiting_);
  if (standing == Standing::waiting) return;
  ++failing_;
  first_failing_.emplace(host, "");
  keep_first(first_failing_);
}

void Standings::explain(const std::string& host, std::string reason) {
  const auto found = first_failing_.find(host);
  if (found != first_failing_.end()) found->second = std::move(reason);
}

std::vector<std::string> Standings::failing_hosts() const {
  std::vector<std::string> hosts;
  for (const auto& [host, reason] : first_failing_) hosts.push_back(host);
  return hosts;
}

std::vector<std::string> Standings::failures() const {
  std::vector<std::string> texts;
  for (const auto& [host, reason] : first_failing_) texts.push_back("host " + host + ": " + reason);
  if (failing_ > texts.size()) {
    const std::size_t more = failing_ - texts.size();
    texts.push_back("and " + std::to_string(more) + (more == 1 ? " more host" : " more hosts"));
  }
  return texts;
}

std::string Standings::waiting_text() const {
  return names_text(first_waiting_, waiting_);
}

RolledUp roll_up(const model::Entity& deployment, const RollUpFacts& facts) {
  if (deployment.deleting) {
    if (facts.holders.empty()) return {Status::deleting, {}};
    return {Status::deleting,
            {"waiting for removal from " + names_text(facts.holders, facts.holders.size())}};
  }
  if (!facts.missing.empty()) return {Status::missing, facts.missing};
  if (!facts.shortage.empty()) {
    std::vector<std::string> reason = facts.standings.failures();
    reason.insert(reason.begin(), facts.shortage);
    return {Status::error, std::move(reason)};
  }
  const Standings& standings = facts.standings;
  if (standings.hosts() == 0) {
    return {Status::initialized,
            {matches_nothing(std::get<model::DeploymentSpec>(deployment.spec))}};
  }
  if (standings.failing() > 0) return {Status::error, standings.failures()};
  if (standings.waiting() == 0) return {Status::ready, {}};
  const std::string progress = "waiting for " + std::to_string(standings.waiting()) + " of " +
                               std::to_string(standings.hosts()) +
                               " hosts: " + standings.waiting_text();
  return {status_while_waiting(deployment.status, facts.delivered), {progress}};
}

}  // namespace titan::reconciler
