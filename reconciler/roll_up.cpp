#include "reconciler/roll_up.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace titan::reconciler {
namespace {

using model::Status;

constexpr std::size_t kHostsNamed = 10;
// Of a host's reason. All that is said of one deployment is within model::kTextBytesMax.
constexpr std::size_t kFailureShown = 1024;
constexpr std::size_t kDelayShown = 256;

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
  if (report == nullptr || report->desired_digest != desired) return Standing::waiting;
  return standing_of(report->status);
}

Standing standing_of(Status reported) {
  if (reported == Status::error) return Standing::failing;
  return reported == Status::ready ? Standing::current : Standing::delayed;
}

void Standings::add(const std::string& host, Standing standing) {
  ++hosts_;
  if (standing == Standing::current) return;
  ++waiting_;
  first_waiting_.emplace(host, Reason{.is_known = standing != Standing::delayed});
  keep_first(first_waiting_);
  if (standing != Standing::failing) return;
  ++failing_;
  first_failing_.emplace(host, Reason());
  keep_first(first_failing_);
}

void Standings::explain(const std::string& host, const std::string& reason) {
  const auto put = [&](Reasons& reasons, std::size_t bytes_max) {
    const auto found = reasons.find(host);
    if (found == reasons.end() || found->second.is_known) return;
    found->second = {.is_known = true, .text = clip(reason, bytes_max)};
  };
  put(first_failing_, kFailureShown);
  put(first_waiting_, kDelayShown);
}

std::vector<std::string> Standings::unexplained_hosts() const {
  std::vector<std::string> hosts;
  for (const Reasons* reasons : {&first_failing_, &first_waiting_}) {
    for (const auto& [host, reason] : *reasons) {
      if (!reason.is_known) hosts.push_back(host);
    }
  }
  return hosts;
}

std::vector<std::string> Standings::failures() const {
  std::vector<std::string> texts;
  for (const auto& [host, reason] : first_failing_) {
    texts.push_back("host " + host + ": " + reason.text);
  }
  if (failing_ > texts.size()) {
    const std::size_t more = failing_ - texts.size();
    texts.push_back("and " + std::to_string(more) + (more == 1 ? " more host" : " more hosts"));
  }
  return texts;
}

std::string Standings::waiting_text() const {
  std::vector<std::string> hosts;
  for (const auto& [host, reason] : first_waiting_) {
    hosts.push_back(reason.text.empty() ? host : host + " (" + reason.text + ")");
  }
  return names_text(hosts, waiting_);
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
