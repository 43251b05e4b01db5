#include "tests/fleet/ending.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/limits.hpp"
#include "base/text.hpp"
#include "tests/gitops/git_tool.hpp"

namespace titan::fleet {
namespace {

// The first difference between what is and what should be; "" when there is none.
template <class Map>
std::string difference(const Map& found, const Map& wanted) {
  for (const auto& [path, file] : wanted) {
    const auto there = found.find(path);
    if (there == found.end()) return path + " is missing";
    if (!(there->second == file)) return path + " is not as it should be";
  }
  for (const auto& [path, file] : found) {
    if (!wanted.contains(path)) return path + " should not be there";
  }
  return "";
}

}  // namespace

std::map<model::Key, Ending::Outcome> Ending::outcomes(const model::Manifest& manifest,
                                                       const agent::AgentState& state) {
  std::map<model::Key, Outcome> outcomes;
  std::map<model::Key, const model::DesiredDeployment*> left;
  for (const auto& form : manifest.deployments) {
    if (form.error.empty()) {
      left[form.key] = &form;
    } else {
      outcomes[form.key] = Outcome::bad;
    }
    // What was applied does not wait, whatever becomes of what it depends on.
    const auto applied = state.applied.find(form.key);
    const bool is_applied = applied != state.applied.end() &&
                            applied->second.form.desired_digest == form.desired_digest;
    if (is_applied && !is_bad(env_.versions.of(form.template_digest).fate)) {
      outcomes[form.key] = Outcome::ready;
    }
  }
  const auto is_due = [&](const model::DesiredDeployment& form) {
    return std::ranges::all_of(form.depends_on, [&](const std::string& name) {
      model::Key key = form.key;
      key.name = name;
      const auto found = outcomes.find(key);
      return found != outcomes.end() && found->second == Outcome::ready;
    });
  };
  // What waits for something that will not come waits for ever; there are no circles.
  for (std::size_t i = 0; i < manifest.deployments.size(); ++i) {
    for (const auto& [key, form] : left) {
      if (!is_due(*form)) continue;
      const Fate fate = env_.versions.of(form->template_digest).fate;
      outcomes[key] = is_bad(fate) ? Outcome::bad : Outcome::ready;
    }
  }
  for (const auto& [key, form] : left) {
    // What was given up while that was there stays so; it is no good in any case.
    const auto attempts = state.attempts.find(key);
    const bool is_given_up = is_bad(env_.versions.of(form->template_digest).fate) &&
                             attempts != state.attempts.end() &&
                             attempts->second.form == form->desired_digest &&
                             attempts->second.count >= agent::kAttemptsMax;
    outcomes.emplace(key, is_given_up ? Outcome::bad : Outcome::waits);
  }
  return outcomes;
}

Ending::Files Ending::files_of(const model::DesiredDeployment& form, const std::string& host) {
  const Version& version = env_.versions.of(form.template_digest);
  const Versions::Place place{
      .deployment = form.key.name,
      .host = host,
      .level = form.inputs.json().at("values").at("level").get<std::uint64_t>()};
  Files files;
  for (const auto& [path, mode] : version.files) {
    files[Versions::path_of(path, form.key.name)] = {Versions::content_of(version, path, place),
                                                     mode};
  }
  return files;
}

std::string Ending::look_at_files(Host& host, const client::HostChanges& wanted,
                                  const agent::AgentState& state,
                                  const std::map<model::Key, Outcome>& outcomes) {
  constexpr std::string_view kRoot = "root/";
  const Files found = host.files();
  Files files;
  for (const auto& rendered : wanted.rendered) {
    if (outcomes.at(rendered.key) != Outcome::ready) continue;
    for (const model::RenderedFile& file : rendered.files) {
      files[file.path.substr(kRoot.size())] = {file.content, file.mode};
    }
  }
  for (const auto& [key, outcome] : outcomes) {
    const auto kept = state.applied.find(key);
    if (outcome == Outcome::ready || kept == state.applied.end()) continue;
    const model::DesiredDeployment& form = kept->second.form;
    if (is_bad(env_.versions.of(form.template_digest).fate)) {
      return key.name + " keeps a bad version";
    }
    // That what others changed is to be put back is a part of the form which cannot be applied.
    const bool stays = form.drift_policy == model::DriftPolicy::report;
    for (const auto& [path, file] : files_of(form, host.name())) {
      const auto now = found.find(path);
      if (!stays) {
        files[path] = file;
      } else if (now != found.end()) {
        files[path] = now->second;
      } else if (const std::string folder = parent_of(path) + "/"; found.contains(folder)) {
        files[folder] = {};
      }
    }
  }
  return difference(found, files);
}

std::string Ending::look_into_git(Host& host, const agent::AgentState& state) {
  if (state.committed != state.digest_of_applied() &&
      !(state.committed.empty() && state.applied.empty())) {
    return "what is applied is not committed";
  }
  if (!env_.looks_into_git || state.committed.empty()) return "";
  std::map<std::string, std::string> wanted;
  for (const auto& [key, applied] : state.applied) {
    for (const auto& [path, file] : files_of(applied.form, host.name())) {
      wanted["hosts/" + host.name() + "/" + key.short_text() + "/root/" + path] = file.content;
    }
  }
  std::map<std::string, std::string> found;
  const testing::GitTool git(host.git());
  for (const std::string& line : git.files()) {
    const std::string path = line.substr(line.find(' ') + 1);
    if (!path.ends_with("kustomization.yaml")) found[path] = git.content(path);
  }
  const std::string what = difference(found, wanted);
  return what.empty() ? "" : "in Git, " + what;
}

std::string Ending::look_at_peace(Host& host) {
  const std::uint64_t before = host.state_disk().changes() + host.root_disk().changes();
  const auto result = host.step();
  const bool was_running = !host.from_cron();
  if (!was_running) host.end_process(false);
  if (!result) return "it does not start: " + result.error().text();
  if (result->error) return "a further step fails: " + result->error->text();
  const std::uint64_t after = host.state_disk().changes() + host.root_disk().changes();
  if (after == before) return "";
  return "a further step writes: " + host.state_disk().last_change() + ", " +
         host.root_disk().last_change();
}

std::string Ending::look(Host& host) {
  const auto wanted = env_.server.client().host_changes(host.name(), "", true);
  if (!wanted) return "the server does not say what it should have: " + wanted.error().text();
  const auto state = host.state();
  if (!state) return "its state cannot be read: " + state.error().text();
  std::vector<model::DesiredDigest> list;
  for (const auto& [key, form] : state->desired) list.push_back({key, form.desired_digest});
  if (model::digest_of_desired(list) != wanted->manifest.digest) {
    return "its digest is not the server's";
  }
  const auto outcomes = this->outcomes(wanted->manifest, *state);
  for (const auto& [key, outcome] : outcomes) {
    by_deployment_[key.name].insert(outcome);
    ++(outcome == Outcome::ready ? ready_ : stalled_);
    const auto applied = state->applied.find(key);
    const bool is_applied =
        applied != state->applied.end() && applied->second.form == state->desired.at(key);
    if (is_applied != (outcome == Outcome::ready)) {
      const auto failure = state->failures.find(key);
      return key.name + (is_applied ? " is applied, and should not be"
                                    : " is not applied, and should be: " +
                                          (failure == state->failures.end() ? std::string("waits")
                                                                            : failure->second));
    }
  }
  if (!state->transactions.empty()) return "something is under way";
  if (auto what = look_at_files(host, *wanted, *state, outcomes); !what.empty()) return what;
  if (auto what = look_into_git(host, *state); !what.empty()) return what;
  return look_at_peace(host);
}

std::string Ending::look_at_statuses() {
  const auto all = env_.server.json("GET", "/v1/deployments");
  for (const auto& item : all.at("items")) {
    const auto name = item.at("name").get<std::string>();
    const auto status = item.at("status").get<std::string>();
    const std::string reason = item.value("reason", nlohmann::json::array()).dump();
    // There are not enough hosts for it, whatever these do.
    if (status == "ERROR" && reason.find("replicas placed") != std::string::npos) continue;
    const auto& outcomes = by_deployment_[name];
    const bool waits = outcomes.contains(Outcome::waits);
    const bool as_wanted = outcomes.contains(Outcome::bad) ? status == "ERROR"
                           : waits                         ? status != "READY" && status != "ERROR"
                           : !outcomes.empty()             ? status == "READY"
                                                           : status != "ERROR";
    if (!as_wanted || status == "DELETING") {
      return "deployment " + name + " is " + status + ": " + reason;
    }
  }
  return "";
}

std::string Ending::look(const std::vector<std::unique_ptr<Host>>& hosts) {
  for (const auto& host : hosts) {
    if (auto what = look(*host); !what.empty()) return host->name() + ": " + what;
  }
  return look_at_statuses();
}

}  // namespace titan::fleet
