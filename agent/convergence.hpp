#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/agent_state.hpp"
#include "agent/applier.hpp"
#include "agent/drivers/driver_set.hpp"
#include "agent/form_renderer.hpp"
#include "agent/generation_store.hpp"
#include "agent/health_gate.hpp"
#include "agent/identity_store.hpp"
#include "agent/owners.hpp"
#include "agent/prober.hpp"
#include "agent/secret_files.hpp"
#include "agent/upkeep.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/process_runner.hpp"
#include "base/result.hpp"
#include "model/manifest.hpp"
#include "reconciler/plan.hpp"
#include "reconciler/transaction.hpp"

namespace titan::agent {

// Brings a host to what AgentState::desired wants, without its server: the apply transaction of
// each deployment (reconciler/transaction.hpp has its table), health checks, the way back, drift.
//
// A deployment is applied once it has no error, its authors are those whom the host trusts, its
// driver is there, it has attempts left, and what it depends on is in place. Then: render -> plan
// -> journal (the form, and one attempt more) -> stage, switch (agent/applier.hpp) -> ask its
// health checks over their time -> keep it; or put back what was kept last. Killed or without power
// anywhere, the next process begins anew what the journal names, and ends in the old form or the
// new one; a form that was cut off kAttemptsMax times is given up, and the old one put back.
//
// What fails by a passing fault (no space, no network) costs no attempt. No deployment holds back
// another but by `dependsOn`. Not for use from several threads.
class Convergence {
 public:
  // Borrowed. `run` is null when there is no run directory.
  struct Env {
    FileSystem& root;
    FileSystem& state_directory;
    FileSystem* run;
    AgentState& state;
    StateFile& state_file;
    FormRenderer& renderer;
    SecretFiles& secret_files;
    DriverSet& drivers;
    ProcessRunner& processes;
    Prober& prober;
    const IdentityStore::Loaded& identity;
    Log& log;
    std::chrono::seconds drift_interval;
    std::uint64_t generations_bytes_max;  // of the template files of AgentState::previous
  };
  struct Counts {
    std::size_t applied = 0;  // deployments
    std::size_t removed = 0;
    std::size_t healed = 0;
  };

  explicit Convergence(const Env& env);

  // Once, before the first step: what the process before left in the midst.
  void resume();
  // At the beginning of each step.
  void begin_step(Clock::Monotonic now);
  // Asks the health checks that are due. True when a deployment was kept or failed by it.
  bool check_health(Counts& counts);
  // Finds what others changed, and puts back files with values of secrets that are missing, as they
  // are after a boot. What cannot be is found once more, and reported, by converge().
  void look();
  // When check_health() wants to be called next; none: nothing is being checked.
  [[nodiscard]] std::optional<Clock::Monotonic> next_check() const;
  // As far as it goes without waiting. The state is to be saved after it, whatever it returns. An
  // error is a passing fault: of the disk that the agent keeps its state on, or of what was needed
  // for some deployment and did not come.
  Result<void> converge(Counts& counts);
  // Removes generations that nothing needs any more, once the state is saved.
  Result<void> drop_unused();
  // Whether look() has just looked at all contents and asked the drivers.
  [[nodiscard]] bool was_thorough() const { return upkeep_.was_thorough(); }
  // What is not as it was applied and stays so: for the report.
  [[nodiscard]] const std::map<model::Key, std::vector<std::string>>& drift() const {
    return upkeep_.told();
  }
  // Before the process ends in good order: what is being checked loses no attempt by that.
  Result<void> pause();

 private:
  // What is known of the deployments in one round.
  struct Intent {
    std::vector<reconciler::DeploymentFiles> desired = {};
    std::vector<model::Key> held = {};
    std::map<model::Key, RenderedForm> rendered = {};  // those that are not on the host as they are
  };
  // The files of a form below the host's root, and those of them that hold values of secrets.
  struct Placed {
    std::vector<reconciler::FileState> files = {};
    std::set<std::string> secret_files = {};
  };
  // A form that is in place while its health is checked.
  struct Gate {
    model::DesiredDeployment form;
    Placed placed;
    std::string folder;
    HealthGate health;
    OutputTail output;
  };

  [[nodiscard]] reconciler::Phase phase_of(const model::Key& key) const;
  void move(const model::Key& key, reconciler::PhaseEvent event);
  void fail(const model::Key& key, std::string reason);
  void wait(const model::Key& key, std::string reason);

  [[nodiscard]] Upkeep::IsBusy is_busy() const;
  Result<bool> round(Counts& counts);
  Intent prepare();
  void prepare(const model::DesiredDeployment& form, Intent& intent);
  // Why the form cannot be applied now; fail() or wait() was told. False: it can.
  bool is_held(const model::DesiredDeployment& form);
  bool is_held_back(const model::DesiredDeployment& form);
  [[nodiscard]] std::string waits_for(const model::DesiredDeployment& form) const;
  void hold(const model::Key& key, Intent& intent);
  void put_back(const model::Key& key, Intent& intent);
  void postpone(const model::Key& key, const Error& error);
  Result<void> take_word(const model::DesiredDeployment& form);
  [[nodiscard]] bool on_host(const model::DesiredDeployment& form) const;
  Placed placed(const model::DesiredDeployment& form, const Rendering& rendering);
  [[nodiscard]] std::vector<reconciler::DeploymentFiles> actual() const;

  std::vector<Work> works_of(const reconciler::Plan& plan, Intent& intent);
  std::vector<Work> without_suspects(std::vector<Work> works);
  std::optional<Work> work_for(const reconciler::Step& step, Intent& intent);
  Result<void> add_before(Work& work);
  bool needs_work(const model::Key& key, const RenderedForm& form);
  Result<void> journal(const std::vector<Work>& works);
  Result<void> journal(const Work& work);
  void take_outcome(Work& work, Counts& counts);
  void take_failure(Work& work);
  void take_over(Work& work, Counts& counts);
  void count_failure(const model::Key& key, const Error& error, const OutputTail& output);
  void keep(const model::DesiredDeployment& form, Placed placed);
  void note_gone(const model::Key& key);
  void settle();
  void sweep_secrets();
  void drop_stale_notes();
  void drop_large_generations();

  Env env_;
  Owners owners_;
  GenerationStore generations_;
  Applier applier_;
  Upkeep upkeep_;
  Clock::Monotonic now_{};
  std::map<model::Key, Gate> gates_;
  // Whose change was cut off in the process before, and was not begun again yet.
  std::set<model::Key> suspects_;
  // Why, in this step: what failed is not tried again in it.
  std::map<std::pair<model::Key, Work::Kind>, std::string> failed_;
  std::set<model::Key> logged_;             // deployments whose failure was logged in this step
  std::optional<Error> postponed_;          // a passing fault, because of which some wait
  std::set<model::Key> waiting_for_files_;  // in this step
  bool has_worked_ = true;  // since drop_unused() went well, perhaps in the process before
};

}  // namespace titan::agent
