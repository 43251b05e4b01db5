#include "tests/e2e/agent_world.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "base/process_runner.hpp"
#include "base/text.hpp"

namespace titan::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHost = "pi";
constexpr const char* kGitFolder = "/usr/lib/git-core";
constexpr int kRunsMax = 6;  // until an agent writes nothing any more

Outcome git(const std::string& folder, std::vector<std::string> arguments) {
  const std::vector<std::string> start = {"git", "-c", "safe.directory=*", "--git-dir", folder};
  arguments.insert(arguments.begin(), start.begin(), start.end());
  return SystemProcessRunner().run({.arguments = std::move(arguments)}).value();
}

model::Key key_of(const std::string& deployment) {
  return {.kind = model::Kind::deployment, .workspace = "default", .name = deployment};
}

// Those that hold a text.
std::size_t complaints_in(const std::string& log, const std::string& text = "") {
  std::size_t count = 0;
  for (const std::string& line : split(log, '\n')) {
    const bool complains = line.find("\"level\":\"warning\"") != std::string::npos ||
                           line.find("\"level\":\"error\"") != std::string::npos;
    count += complains && line.find(text) != std::string::npos ? 1 : 0;
  }
  return count;
}

bool is_temporary(const std::string& path) {
  return path.find(".titan-") != std::string::npos;
}

// What an interrupted Git leaves is no harm where it has a final name: an object that nobody uses.
bool is_unfinished(const std::string& path) {
  return path.find("_git2_") != std::string::npos || path.find("tmp_") != std::string::npos ||
         path.ends_with(".lock") || path.ends_with("titan.pushing");
}

bool is_git_object(const std::string& path) {
  return !path.starts_with("root/") && path.find("/objects/") != std::string::npos;
}

}  // namespace

AgentWorld::AgentWorld(const AgentScenario& scenario)
    : scenario_(scenario),
      // A host asks far more often here than any server likes.
      server_(folder_.path() + "/server", std::vector<std::string>{"--device-rate", "1000000"}) {
  // Of all programs the agent finds Git alone: what its drivers would run here takes seconds.
  ::setenv("PATH", kGitFolder, 1);
  auto& client = server_.client();
  client.put({.name = kHost, .spec = model::HostSpec{.labels = {{"name", kHost}}}}).value();
  client.put({.name = "w", .workspace = "default", .spec = model::WorkloadSpec{}}).value();
  client
      .put({.name = kHost,
            .workspace = "default",
            .spec = model::TargetSpec{.labels = {{"name", kHost}}}})
      .value();
  scenario.before(*this);
  fs::create_directory(host_);
  if (scenario.pushes &&
      git(host_ + "/remote", {"init", "--quiet", "--bare", "-b", "main"}).exit_code != 0) {
    throw std::runtime_error("git init failed");
  }
  enroll(server_, kHost, host_);
  if (!scenario.first_start) run_until_quiet();
  if (scenario.change) scenario.change(*this);
  server_.settle();
  before_ = FolderSnapshot(host_);
  codes_ = run_until_quiet();
  after_ = FolderSnapshot(host_);
  for (const std::string& folder : repositories()) {
    histories_[folder] = split(history(folder), '\n');
  }
  report_ = report();
  for (const auto& [name, status] : scenario.deployments) {
    if (server_.client().get(key_of(name))->status == status) continue;
    throw std::runtime_error("the undisturbed change did not end as expected:\n" + report_);
  }
}

void AgentWorld::put_template(const std::string& name, const PlacedFiles& files) {
  model::TemplateSpec spec;
  for (const auto& [path, file] : files) {
    spec.files.push_back({.path = "root/" + path,
                          .mode = file.mode,
                          .digest = server_.client().put_blob(file.content).value(),
                          .size = file.content.size()});
  }
  server_.client().put({.name = name, .spec = std::move(spec)}).value();
}

void AgentWorld::put_deployment(const std::string& name, const std::string& template_name) {
  server_.client()
      .put({.name = name,
            .workspace = "default",
            .spec =
                model::DeploymentSpec{
                    .workload = "w", .template_name = template_name, .target = kHost}})
      .value();
}

void AgentWorld::remove_deployment(const std::string& name) {
  server_.client().remove(key_of(name)).value();
}

std::vector<std::string> AgentWorld::arguments() const {
  auto arguments = agent_once(server_.url(), kHost, host_);
  if (scenario_.pushes) arguments.back() = "file://" + host_ + "/remote";
  return arguments;
}

std::vector<std::string> AgentWorld::repositories() const {
  if (scenario_.pushes) return {"state/git", "remote"};
  return {"git"};
}

SyscallTracer AgentWorld::tracer(std::vector<std::string> folders, bool reads) const {
  for (std::string& folder : folders) folder.insert(0, host_ + "/");
  return SyscallTracer({.arguments = arguments(),
                        .log_path = log_,
                        .folders = std::move(folders),
                        .sockets = !scenario_.only_git,
                        .reads = reads});
}

int AgentWorld::run() {
  fs::remove(log_);
  return BackgroundProgram(arguments(), log_).wait();
}

std::string AgentWorld::run_and_list_writes(int& exit_code) {
  const TracedRun run = tracer({"state", "root", "git", "remote"}, false).run();
  exit_code = run.exit_code;
  std::string text;
  for (const TracedCall& call : run.calls) {
    if (call.changed_disk()) text += "  " + shown(call.text()) + "\n";
  }
  return text;
}

std::vector<int> AgentWorld::run_until_quiet() {
  std::vector<int> codes;
  for (int i = 0; i < kRunsMax; ++i) {
    int code = 0;
    const std::string writes = run_and_list_writes(code);
    if (i == 0) complaints_ = complaints_in(log());
    if (writes.empty() && i > 0) return codes;
    codes.push_back(code);
    if (i == kRunsMax - 1) {
      throw std::runtime_error("the agent writes at each of its runs:\n" + writes + log());
    }
  }
  return codes;
}

std::vector<TracedCall> AgentWorld::list_calls(bool reads) {
  go_back();
  std::vector<std::string> folders = {"state", "run", "root", "git", "remote"};
  if (scenario_.only_git) folders = repositories();
  TracedRun run = tracer(folders, reads).run();
  if (run.exit_code != exit_code()) throw std::runtime_error("not as before: " + log());
  return std::move(run.calls);
}

bool AgentWorld::complained(const std::string& error) const {
  return complaints_in(log()) > complaints_ || complaints_in(log(), error) > 0;
}

TracedRun AgentWorld::run_disturbed(const Intervention& intervention, bool reads) {
  std::vector<std::string> folders = {"state", "run", "root", "git", "remote"};
  if (scenario_.only_git) folders = repositories();
  return tracer(folders, reads).run(intervention);
}

std::string AgentWorld::check_whole() {
  git_disturbed_ = false;
  const FolderSnapshot found(host_);
  const auto root = found.below("root");
  const auto old_root = before_.below("root");
  const auto new_root = after_.below("root");
  std::string text;
  for (const auto& [path, entry] : root.entries()) {
    if (!entry.is_file() || is_temporary(path)) continue;
    const auto is_as_in = [&, name = path, now = entry](const FolderSnapshot& other) {
      const auto there = other.entries().find(name);
      return there != other.entries().end() && there->second.same_as(now);
    };
    if (is_as_in(old_root) || is_as_in(new_root)) continue;
    text += "  " + path + " is neither the old one nor the new one: " + entry.text() + "\n";
  }
  for (const auto& [path, entry] : old_root.entries()) {
    const auto later = new_root.entries().find(path);
    const bool stays = later != new_root.entries().end() && later->second.is_file();
    if (!entry.is_file() || !stays || root.entries().contains(path)) continue;
    text += "  " + path + " is missing, and is wanted before and after\n";
  }
  for (const std::string& folder : repositories()) {
    const auto now = found.below(folder);
    if (now.difference(before_.below(folder)).empty()) continue;
    git_disturbed_ = true;
    if (now.entries().contains("HEAD")) text += check_repository(folder);
  }
  return text;
}

std::string AgentWorld::check_repository(const std::string& folder) {
  const Outcome checked = git(host_ + "/" + folder, {"fsck", "--strict", "--no-dangling"});
  if (checked.exit_code == 0) return "";
  return "  git fsck " + folder + ": " + checked.output + checked.errors;
}

std::string AgentWorld::history(const std::string& folder) const {
  const Outcome log = git(host_ + "/" + folder, {"log", "--format=%T %P", "main"});
  return log.exit_code == 0 ? log.output : "no history: " + log.errors;
}

std::string AgentWorld::check_history(const std::string& folder, Match match) const {
  const auto tree_of = [](const std::string& line) { return line.substr(0, line.find(' ')); };
  const auto commits = split(history(folder), '\n');  // the newest first
  const auto& expected = histories_.at(folder);
  if (tree_of(commits.front()) != tree_of(expected.front())) {
    return "  " + folder + " has another tree than expected\n";
  }
  std::string text;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    if (std::ranges::count(commits[i], ' ') > 1) text += "  " + folder + " has a merge\n";
    const bool same = i > 0 && tree_of(commits[i]) == tree_of(commits[i - 1]);
    if (same) text += "  " + folder + " has a commit that changes nothing\n";
  }
  const bool exact = match == Match::exact;
  if (exact ? commits.size() != expected.size() : commits.size() < expected.size()) {
    text += "  " + folder + " has " + std::to_string(commits.size() - 1) + " commits, expected " +
            std::to_string(expected.size() - 1) + "\n";
  }
  return text;
}

std::string AgentWorld::check_done(Match match) {
  std::string text = FolderSnapshot(host_ + "/root").difference(after_.below("root"));
  for (const std::string& folder : repositories()) text += check_history(folder, match);
  return text;
}

std::string AgentWorld::check_leftovers(const FolderSnapshot& found, Match match) const {
  std::string text = found.difference_of_paths(
      after_, [](const std::string& path) { return !is_git_object(path); });
  for (const auto& [path, entry] : found.entries()) {
    // Git's next commit clears what could not be cleared.
    const bool left = match == Match::exact && is_git_object(path) && is_unfinished(path);
    if (left) text += "  " + path + " was left\n";
  }
  return text;
}

std::string AgentWorld::report() {
  std::ostringstream text;
  for (const auto& [name, status] : scenario_.deployments) {
    // It follows what the host reports a moment later.
    static_cast<void>(server_.await_status(key_of(name), status));
    const auto deployment = server_.client().get(key_of(name));
    text << name << " " << (deployment ? name_of(deployment->status) : "is gone") << "\n";
    const auto hosts = server_.client().deployment_hosts(key_of(name));
    if (!hosts) continue;
    for (const auto& host : *hosts) {
      text << "  " << host.host << " " << name_of(host.status) << " " << host.version << " "
           << (host.rendered_digest.empty() ? "-" : host.rendered_digest.text()) << " "
           << (host.current ? "current" : "stale") << " " << host.reason << "\n";
    }
  }
  return text.str();
}

std::string AgentWorld::recover(Match match) {
  std::string text;
  for (const int wanted : codes_) {
    const int code = run();
    if (code == wanted) continue;
    text += "  the next run ended with " + std::to_string(code) + ", expected " +
            std::to_string(wanted) + ":\n" + log();
  }
  text += check_done(match);
  const FolderSnapshot found(host_);
  text += check_leftovers(found, match);
  // It takes long, and there is nothing to find where a run wrote all of Git undisturbed.
  for (const std::string& folder : repositories()) {
    if (git_disturbed_) text += check_repository(folder);
  }
  if (const std::string now = report(); now != report_) {
    text += "the server says:\n" + now + "expected:\n" + report_;
  }
  int code = 0;
  const std::string writes = run_and_list_writes(code);
  if (!writes.empty()) text += "a run without news wrote:\n" + writes;
  if (code != codes_.back()) text += "a run without news ended with " + std::to_string(code) + "\n";
  return shown(text);
}

std::string AgentWorld::shown(std::string text) const {
  for (auto at = text.find(host_); at != std::string::npos; at = text.find(host_, at)) {
    text.erase(at, host_.size());
  }
  return text;
}

}  // namespace titan::testing
