#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/folder_snapshot.hpp"
#include "tests/e2e/programs.hpp"
#include "tests/e2e/syscall_tracer.hpp"

namespace titan::testing {

class AgentWorld;

// What a template puts on a host: by path below the root.
struct PlacedFile {
  std::string content = {};
  std::uint32_t mode = 0644;
};
using PlacedFiles = std::map<std::string, PlacedFile>;

// One change of what a host shall have, from before it to after it.
struct AgentScenario {
  std::string name = {};
  std::map<std::string, model::Status> deployments = {};  // that the server has afterwards
  bool first_start = false;  // the host was enrolled and has never run before the change
  bool pushes = false;       // the agent has its repository in the state directory, and a remote
  bool only_git = false;     // only calls in the repositories count
  std::function<void(AgentWorld&)> before = {};
  std::function<void(AgentWorld&)> change = {};
};

// All of them: first start, a change with a deployment that fails, removal, commits.
const std::vector<AgentScenario>& agent_scenarios();

// A real server that wants a change of a host, the host's folders, in memory, as they were before
// it and as they have to be after it, and the real agent. It knows of the agent what a user sees:
// its command line and exit codes, the files, Git, and what the server says of the host.
//
// The constructor lets the agent make the change once, without disturbance, and keeps what came of
// it: that is what is expected after every disturbance as well. The server's entities do not change
// any more then. For one thread at a time.
class AgentWorld {
 public:
  explicit AgentWorld(const AgentScenario& scenario);

  // What the server has; for scenarios.
  void put_template(const std::string& name, const PlacedFiles& files);
  void put_deployment(const std::string& name, const std::string& template_name);
  void remove_deployment(const std::string& name);

  // The calls that count of the undisturbed run, with those that only read or without.
  std::vector<TracedCall> list_calls(bool reads);
  // The host is as it was before the change.
  void go_back() { before_.restore(host_); }
  TracedRun run_disturbed(const Intervention& intervention, bool reads);

  // What is wrong with the host whatever moment it is: a file that is neither the old nor the new
  // one whole, or a repository that is damaged. Empty: nothing; so it is with all of these.
  std::string check_whole();
  // How much like the undisturbed run. An agent that tried again within one run has maybe made more
  // commits, and one that could not clear its caches does so after the next change.
  enum class Match : std::uint8_t { exact, tried_again };
  // What is not yet as it has to be after the change, of the files and of Git.
  std::string check_done(Match match);
  // Lets the agent run undisturbed as often as the change takes, and once more, which must write
  // nothing to a disk; says what is not as after the undisturbed change.
  std::string recover(Match match);

  // What the agent ended with in the undisturbed change.
  [[nodiscard]] int exit_code() const { return codes_.front(); }
  // What the agent said last.
  [[nodiscard]] std::string log() const { return read_text(log_); }
  // Whether it warned of more than in the first undisturbed run after the change, or of `error`.
  [[nodiscard]] bool complained(const std::string& error) const;
  // Paths in messages, without the place of this world.
  [[nodiscard]] std::string shown(std::string text) const;

 private:
  [[nodiscard]] std::vector<std::string> arguments() const;
  [[nodiscard]] std::vector<std::string> repositories() const;
  [[nodiscard]] SyscallTracer tracer(std::vector<std::string> folders, bool reads) const;
  // Runs it until it writes nothing any more; the exit codes before that.
  std::vector<int> run_until_quiet();
  // Runs it; the calls that wrote to a disk.
  std::string run_and_list_writes(int& exit_code);
  int run();
  std::string check_repository(const std::string& folder);
  [[nodiscard]] std::string check_history(const std::string& folder, Match match) const;
  std::string check_leftovers(const FolderSnapshot& found, Match match) const;
  // A commit a line: its tree, and its parents.
  std::string history(const std::string& folder) const;
  std::string report();

  const AgentScenario& scenario_;
  TemporaryDirectory folder_{folder_in_memory()};
  const std::string host_ = folder_.path() + "/host";
  const std::string log_ = folder_.path() + "/agent.log";
  RunningServer server_;
  FolderSnapshot before_ = {};
  FolderSnapshot after_ = {};
  std::map<std::string, std::vector<std::string>> histories_ = {};  // trees, by repository
  std::vector<int> codes_ = {};
  std::string report_ = {};
  std::size_t complaints_ = 0;
  bool git_disturbed_ = true;  // a repository was not as before, when check_whole() looked
};

}  // namespace titan::testing
