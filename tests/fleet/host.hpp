#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "agent/agent.hpp"
#include "agent/agent_state.hpp"
#include "base/log.hpp"
#include "gitops/publisher.hpp"
#include "tests/agent/fake_driver.hpp"
#include "tests/agent/host_parts.hpp"
#include "tests/fleet/disk.hpp"
#include "tests/fleet/host_clock.hpp"
#include "tests/fleet/mutation.hpp"
#include "tests/fleet/network.hpp"
#include "tests/fleet/versions.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::fleet {

// A machine with the real agent on it. Its disks, clocks, network, health checks and the driver
// `fake` are simulated; its Git repository is a real one. It is a process and a machine that can
// end at any change of a disk and while an answer is waited for. For one thread.
class Host {
 public:
  struct Options {
    std::string name;
    bool from_cron = false;  // `once` each minute; else `run`
    std::uint64_t seed = 0;
    std::string git;  // where its repository is to be
    Mutation mutation = Mutation::none;
  };
  // Borrowed.
  struct Env {
    Timeline& timeline;
    Network& network;
    const Versions& versions;
    simulation::Dice& dice;
  };

  Host(Options options, const Env& env);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // As somebody runs `titan-agent enroll`, by a network without faults.
  void enroll(testing::TestServer& server);

  // One step of the process, which is started if there is none. The error is that of the start.
  // Throws Stopped when the process came to its end in it.
  Result<agent::StepResult> step();
  // The process ends: in good order, or not.
  void end_process(bool in_order);
  // The machine starts again: all of `run` is gone, and the monotonic clock begins anew.
  void reboot(bool power_was_cut);
  // Its process is in the midst of a step, and will end as soon as it comes back from where it is.
  void doom() { is_doomed_ = true; }
  [[nodiscard]] bool in_step() const { return in_step_; }
  [[nodiscard]] bool has_process() const { return agent_ != nullptr; }

  // What the process before left.
  [[nodiscard]] Result<agent::AgentState> state();
  // Somebody runs `titan-agent retry`.
  void retry(const model::Key& deployment);
  // The files below the root, with their modes; and folders that are empty, as "<path>/".
  struct File {
    std::string content;
    std::uint32_t mode = 0;
    bool operator==(const File&) const = default;
  };
  [[nodiscard]] std::map<std::string, File> files();
  // Why some file below the root is none that any version ever gave, or that somebody put there;
  // "" when all are.
  [[nodiscard]] std::string complaint();

  Disk& state_disk() { return state_disk_; }
  Disk& root_disk() { return root_disk_; }
  HostClock& clock() { return clock_; }
  Stopper& stopper() { return stopper_; }
  Network::Link& link() { return link_; }
  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] const std::string& git() const { return options_.git; }
  [[nodiscard]] bool from_cron() const { return options_.from_cron; }
  [[nodiscard]] std::string log_text() const { return log_text_.str(); }

  bool faults_are_over = false;     // what fails now and then does not any more
  bool driver_is_away = false;      // the driver `fake` says that it cannot work now
  std::set<std::string> hand_made;  // paths below the root that somebody wrote to
  static constexpr const char* kByHand = "by hand\n";
  // For who plans its steps: the number of the plan that counts, and when the next one is due by
  // its own clock; none: by nobody's.
  std::uint64_t wake_number = 0;
  std::optional<Clock::Monotonic> next_step = {};

 private:
  Result<void> open();
  void mutate(const std::map<model::Key, model::DesiredDeployment>& before,
              const agent::StepResult& result);
  void collect(const std::string& folder, std::map<std::string, File>& found);
  [[nodiscard]] bool is_deadly(const agent::DriverChange& change) const;

  const Options options_;
  Env env_;
  Network::Link& link_;
  Stopper stopper_;
  Disk state_disk_;
  Disk root_disk_;
  std::unique_ptr<Disk> run_disk_;
  HostClock clock_;
  testing::SeededRandom random_;
  std::ostringstream log_text_;
  Log log_{log_text_, clock_, Log::Format::json};
  testing::HostParts parts_;
  std::unique_ptr<gitops::Publisher> publisher_;
  std::unique_ptr<agent::Agent> agent_;
  bool in_step_ = false;
  bool is_doomed_ = false;

  class Way;
  class DeadlyDriver;
};

}  // namespace titan::fleet
