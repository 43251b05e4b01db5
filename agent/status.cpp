#include "agent/status.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/limits.hpp"
#include "base/text.hpp"

namespace titan::agent {
namespace {

using nlohmann::json;
using std::chrono::seconds;

std::vector<HostStatus::Deployment> deployments_of(const AgentState& state) {
  std::map<model::Key, HostStatus::Deployment> found;
  for (const auto& [key, applied] : state.applied) {
    found[key] = {.state = "READY", .version = applied.form.version, .healed = applied.healed};
    if (applied.since != Timestamp()) found[key].since = applied.since;
    if (!state.desired.contains(key)) found[key].state = "LEAVING";
  }
  for (const auto& [key, form] : state.desired) {
    HostStatus::Deployment& deployment = found[key];
    const auto applied = state.applied.find(key);
    if (applied == state.applied.end() || applied->second.form != form) {
      deployment.state = "PENDING";
    }
  }
  for (const auto& [key, reason] : state.waiting) found[key].reason = reason;
  for (const auto& [key, transaction] : state.transactions) {
    if (transaction.phase == reconciler::Phase::checking) found[key].state = "CHECKING";
  }
  for (const auto& [key, reason] : state.failures) {
    found[key].state = state.is_stalled(key) ? "STALLED" : "ERROR";
    found[key].reason = reason;
  }
  for (const auto& [key, attempts] : state.attempts) {
    if (!found.contains(key)) continue;
    found[key].attempts = attempts.count;
    found[key].output = attempts.output;
  }
  std::vector<HostStatus::Deployment> deployments;
  for (auto& [key, deployment] : found) {
    deployment.name = key.short_text();
    deployments.push_back(std::move(deployment));
  }
  return deployments;
}

seconds age_of(Clock::Monotonic time, Clock::Monotonic now) {
  return std::chrono::duration_cast<seconds>(std::max(now - time, Clock::Monotonic{}));
}

json json_of(const RunMemory::Note& note, Clock::Monotonic now) {
  return {{"what", note.what},
          {"message", note.message},
          {"secondsAgo", age_of(note.time, now).count()}};
}

std::string ago_text(seconds age) {
  return std::to_string(age.count()) + " s ago";
}

std::string text_of(const RunMemory::Note& note, Clock::Monotonic now) {
  return note.what + ", " + ago_text(age_of(note.time, now)) + ": " + note.message;
}

std::string trust_text(const client::TrustState& trust) {
  return "root " + std::to_string(trust.root) + ", number " + std::to_string(trust.number) +
         ", epoch " + (trust.epoch.empty() ? "none" : trust.epoch);
}

std::string next_poll_text(const HostStatus& status) {
  if (!status.next_poll) return "not known";
  if (status.next_poll->count() == 0) return "is due";
  return "in " + std::to_string(status.next_poll->count()) + " s";
}

std::string text_of(const HostStatus::Deployment& deployment) {
  return deployment.name + " " + deployment.state + " version " +
         std::to_string(deployment.version) +
         (deployment.since ? " since " + deployment.since->text() : "") +
         (deployment.attempts > 0 ? " after " + std::to_string(deployment.attempts) + " attempts"
                                  : "") +
         (deployment.reason.empty() ? "" : ": " + deployment.reason);
}

// Some of it is what strangers said: nothing of that may steer a terminal.
std::string plain(std::string_view value) {
  std::string text(value);
  std::ranges::replace_if(
      text, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return text;
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
  constexpr std::size_t kColumn = 15;
  text.append(name).append(kColumn - std::min(kColumn - 1, name.size()), ' ');
  text += plain(value);
  text += '\n';
}

}  // namespace

bool HostStatus::is_cut_off() const {
  return silence && *silence > std::max(kSilenceMax, 3 * memory.poll_after);
}

Result<HostStatus> read_status(FileSystem& state, FileSystem* run, Clock::Monotonic now) {
  HostStatus status;
  TITAN_ASSIGN(status.identity, IdentityStore(state).load_public());
  TITAN_ASSIGN(const AgentState held, StateFile(state).load());
  status.bookmark = held.bookmark;
  status.deployments = deployments_of(held);
  status.memory = RunFile(run).load();
  const auto& verified = status.memory.verified;
  // A time that is still to come is from before the machine started.
  if (verified && *verified <= now) {
    status.silence = age_of(*verified, now);
    status.next_poll = std::max(status.memory.poll_after - *status.silence, seconds(0));
  }
  return status;
}

json json_of(const HostStatus& status, Clock::Monotonic now) {
  json object = {{"enrolled", status.identity.has_value()}};
  if (status.identity) {
    const Identity& identity = *status.identity;
    object["host"] = identity.host;
    object["organization"] = identity.organization;
    object["server"] = identity.server;
    object["deviceKey"] = identity.device.text();
    object["serverKey"] = identity.trust.key.text();
    object["rootKey"] = identity.trust.root_key.text();
    object["trust"] = {{"root", identity.trust.root},
                       {"number", identity.trust.number},
                       {"epoch", identity.trust.epoch}};
    object["requireSignedBy"] = json::array();
    for (const PublicKey& key : identity.require_signed_by) {
      object["requireSignedBy"].push_back(key.text());
    }
  }
  if (status.bookmark) object["bookmark"] = status.bookmark->text();
  object["deployments"] = json::array();
  for (const HostStatus::Deployment& deployment : status.deployments) {
    json item = {{"name", deployment.name},
                 {"state", deployment.state},
                 {"version", deployment.version},
                 {"reason", deployment.reason}};
    if (deployment.since) item["since"] = deployment.since->text();
    if (deployment.attempts > 0) item["attempts"] = deployment.attempts;
    if (deployment.healed > 0) item["healed"] = deployment.healed;
    if (!deployment.output.empty()) item["output"] = deployment.output;
    object["deployments"].push_back(std::move(item));
  }
  if (status.memory.drivers) object["drivers"] = *status.memory.drivers;
  if (status.memory.clock_skew_seconds != 0) {
    object["clockSkewSeconds"] = status.memory.clock_skew_seconds;
  }
  object["cutOff"] = status.is_cut_off();
  if (status.silence) object["verifiedSecondsAgo"] = status.silence->count();
  if (status.next_poll) object["nextPollSeconds"] = status.next_poll->count();
  object["refusals"] = status.memory.refusals;
  if (status.memory.last_refusal) {
    object["lastRefusal"] = json_of(*status.memory.last_refusal, now);
  }
  if (status.memory.last_failure) {
    object["lastFailure"] = json_of(*status.memory.last_failure, now);
  }
  object["git"] = {{"queued", status.memory.git_queued}};
  if (status.memory.git_failure) {
    object["git"]["failure"] = json_of(*status.memory.git_failure, now);
  }
  return object;
}

std::string text_of(const HostStatus& status, Clock::Monotonic now) {
  std::string text;
  if (!status.identity) {
    add_line(text, "host", "not enrolled");
  } else {
    const Identity& identity = *status.identity;
    add_line(text, "host", identity.host);
    add_line(text, "organization", identity.organization);
    add_line(text, "server", identity.server);
    add_line(text, "device key", identity.device.text());
    add_line(text, "server key", identity.trust.key.text());
    add_line(text, "root key",
             identity.trust.root_key.empty() ? "none" : identity.trust.root_key.text());
    add_line(text, "trust", trust_text(identity.trust));
    for (const PublicKey& key : identity.require_signed_by) {
      add_line(text, "signed by", key.text());
    }
  }
  add_line(text, "bookmark", status.bookmark ? status.bookmark->text() : "none");
  add_line(text, "last verified",
           !status.silence       ? "not since boot"
           : status.is_cut_off() ? ago_text(*status.silence) + " (cut off: too long ago)"
                                 : ago_text(*status.silence));
  add_line(text, "next poll", next_poll_text(status));
  if (status.memory.drivers) add_line(text, "drivers", join(*status.memory.drivers, ", "));
  if (const auto skew = status.memory.clock_skew_seconds; skew != 0) {
    add_line(text, "clock",
             "about " + std::to_string(std::abs(skew)) + " s " +
                 (skew > 0 ? "ahead of" : "behind") + " the server's");
  }
  for (const HostStatus::Deployment& deployment : status.deployments) {
    add_line(text, "deployment", text_of(deployment));
  }
  for (const auto& [reason, count] : status.memory.refusals) {
    add_line(text, "refused", reason + ", " + std::to_string(count) + " times");
  }
  if (status.memory.last_refusal) {
    add_line(text, "last refusal", text_of(*status.memory.last_refusal, now));
  }
  if (status.memory.last_failure) {
    add_line(text, "last failure", text_of(*status.memory.last_failure, now));
  }
  if (const auto queued = status.memory.git_queued; queued > 0) {
    add_line(text, "git", std::to_string(queued) + " commits wait for the remote");
  }
  if (status.memory.git_failure) {
    add_line(text, "git failure", text_of(*status.memory.git_failure, now));
  }
  return text;
}

}  // namespace titan::agent
