#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/agent_state.hpp"
#include "agent/applier.hpp"
#include "agent/drift_watch.hpp"
#include "agent/form_renderer.hpp"
#include "agent/owners.hpp"
#include "agent/secret_files.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "model/key.hpp"

namespace titan::agent {

// Finds what of the applied deployments is not as it was applied: files that others changed, what
// their drivers say, and files with values of secrets that a boot took away. The last are put back
// at once, as nothing can be seen of them; the others are put back by who asked, or told of, as the
// deployment's driftPolicy says. Not for use from several threads.
class Upkeep {
 public:
  // Borrowed; `run` is null when there is no run directory.
  struct Env {
    FileSystem& root;
    FileSystem* run;
    const AgentState& state;
    FormRenderer& renderer;
    SecretFiles& secret_files;
    Applier& applier;
    Owners& owners;
    Log& log;
    std::chrono::seconds drift_interval;
  };
  using IsBusy = std::function<bool(const model::Key&)>;

  explicit Upkeep(const Env& env) : env_(env), drift_watch_(env.root, env.owners, env.run) {}

  // `is_busy`: whether the deployment is under way; then it is not looked at.
  void look(Clock::Monotonic now, const IsBusy& is_busy);
  // The part of it that is about files with values of secrets, without putting them back.
  void look_for_secrets(const IsBusy& is_busy);

  // What look() found and was not put back since.
  using Paths = std::map<model::Key, std::set<std::string>>;
  [[nodiscard]] const Paths& lacking() const { return lacking_; }  // files with values of secrets
  [[nodiscard]] const Paths& drifted() const { return drifted_; }
  [[nodiscard]] bool has_drifted(const model::Key& key) const {
    return drifted_.contains(key) || driver_drifted(key);
  }
  [[nodiscard]] bool driver_drifted(const model::Key& key) const {
    return drivers_drifted_.contains(key);
  }
  // Of what is not to be put back, a text each.
  [[nodiscard]] const std::map<model::Key, std::vector<std::string>>& told() const { return told_; }
  // Whether the last look compared the contents of all files, and asked the drivers.
  [[nodiscard]] bool was_thorough() const { return drift_watch_.was_thorough(); }
  void note_healed(const model::Key& key);

 private:
  using Settled = std::map<model::Key, const Applied*>;

  void restore_secrets();
  Result<void> restore_secrets(const model::Key& key, const std::set<std::string>& paths);
  void look_at_files(const Settled& settled, Clock::Monotonic now);
  void ask_drivers(const Settled& settled);
  void look_at_drivers(const Settled& settled);
  void tell(const model::Key& key, const std::string& text);

  Env env_;
  DriftWatch drift_watch_;
  Paths lacking_;
  Paths drifted_;
  std::set<model::Key> drivers_drifted_;
  std::map<model::Key, std::vector<std::string>> told_;
  std::map<model::Key, std::vector<std::string>> told_before_;  // in the look before
};

}  // namespace titan::agent
