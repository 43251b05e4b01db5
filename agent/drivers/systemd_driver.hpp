#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/drivers/driver.hpp"
#include "agent/drivers/driver_program.hpp"
#include "reconciler/systemd_plan.hpp"

namespace titan::agent {

// The driver `systemd`: units and quadlets among the placed files run as their files say.
//
// - Units with an [Install] section are enabled and started, and so are quadlets of containers.
//   Others are there for units that want them. Of templates (NAME@.service) nothing is started, and
//   of a oneshot service that a timer, socket or path activates only that one.
// - A unit is restarted when its file, a drop-in, or a file that its line
//   `X-Titan-Restart-On=/etc/app/app.conf /etc/app/` names was written or removed, or differs from
//   what may have been there before. Nothing else is restarted. What this driver would not start
//   is restarted only if it runs. Targets and slices are never restarted, as all in them would be,
//   and neither are oneshot services that are not started.
// - What has no unit file any more is stopped and disabled before its file goes.
// - Drop-ins of units that others have made restart those if they run, and do nothing else.
//
// What may have changed is told from the generations as well as from the written files, so that a
// restart is not lost when the agent was killed between the file and it.
class SystemdDriver final : public Driver {
 public:
  struct Options {
    std::string program = "systemctl";
    std::string root = "/";                              // the host's root, as the agent has it
    std::string runtime_folder = "/run/systemd/system";  // exists where systemd runs
    ProgramEnvironment environment = default_program_environment();
    std::chrono::milliseconds timeout{30'000};         // to ask, enable, reload
    std::chrono::milliseconds start_timeout{300'000};  // to start, stop and restart
  };

  // Borrows the runner.
  SystemdDriver(ProcessRunner& runner, Options options);

  [[nodiscard]] std::string_view name() const override { return "systemd"; }
  // unavailable also when the root is not "/": systemd runs the units of its own.
  Result<void> available() override;
  [[nodiscard]] bool unpacks(std::string_view /*path*/) const override { return false; }
  // The errors of systemd_units(); invalid when there is no unit at all.
  Result<void> check(const Generation& generation) override;
  Result<void> before_files(const DriverChange& change, OutputTail& output) override;
  // Besides those of Driver: conflict (a unit is masked), invalid (systemd does not load it),
  // not_found (a quadlet gave no unit), internal (a unit did not start).
  Result<void> after_files(const DriverChange& change, OutputTail& output) override;
  Result<std::vector<std::string>> drift(const Generation& generation) override;

 private:
  using Units = reconciler::SystemdUnits;
  struct State {
    std::string load;    // "loaded"
    std::string active;  // "active"
    std::string sub;     // "running"
    std::string file;    // "enabled"
    bool stale = false;  // its files have changed since systemd read them
  };
  using States = std::map<std::string, State>;
  using Names = std::vector<std::string>;

  [[nodiscard]] Command command(const std::string& verb, const Names& units) const;
  Result<void> run(const std::string& verb, const Names& units, OutputTail& output);
  Result<void> run_jobs(const std::string& verb, const Names& units, OutputTail& output);
  Error explain(const Names& units, Error error, OutputTail& output);
  Result<States> states_of(const Names& units, OutputTail& output);
  Result<void> enable(const Units& units, const DriverChange& change, const States& states,
                      OutputTail& output);
  Result<void> start(const reconciler::SystemdChange& units, const States& states,
                     OutputTail& output);

  ProcessRunner& runner_;
  Options options_;
};

}  // namespace titan::agent
