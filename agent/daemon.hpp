#pragma once

#include <functional>
#include <memory>

#include "agent/agent.hpp"
#include "agent/configuration.hpp"
#include "base/clock.hpp"
#include "base/exit_code.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/stop_signals.hpp"

namespace titan::agent {

// What a daemon does again and again: one agent, with all that it is made of.
class Steps {
 public:
  virtual ~Steps() = default;
  virtual StepResult step(Clock::Monotonic now) = 0;
  // Before it is given up in good order.
  virtual Result<void> pause() = 0;
};

// What a daemon takes from its surroundings; borrowed.
struct DaemonEnv {
  // An agent of that configuration. The one before is gone by then, as both would want one lock.
  std::function<Result<std::unique_ptr<Steps>>(const Configuration&)> open;
  // Reads the configuration once more.
  std::function<Result<Configuration>()> reload;
  // Waits; readable: somebody wants the next step now.
  std::function<DaemonSignals::Event(std::chrono::microseconds)> wait;
  const Clock& clock;
  Log& log;
};

// `titan-agent run`: step after step, each when the one before asked for it or somebody rings,
// until it is told to stop; a step under way is finished first. Told to reload, it goes on with a
// new agent if the configuration is another one; a configuration that cannot be read, or with which
// no agent can be, is said in the log, and the old one stays. The errors of `open` for the first
// configuration; later ones only if the old one does not do any more either.
Result<ExitCode> run_daemon(const DaemonEnv& env, Configuration configuration);

// One line about a step, as `once` and `run` write it.
void log_summary(Log& log, const StepResult& result);

}  // namespace titan::agent
