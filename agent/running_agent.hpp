#pragma once

#include <memory>
#include <string>

#include "agent/agent.hpp"
#include "agent/configuration.hpp"
#include "agent/daemon.hpp"
#include "agent/publisher.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/transport.hpp"

namespace titan::agent {

// An agent on the real machine, with all that it borrows, as a configuration says.
class RunningAgent final : public Steps {
 public:
  // Makes the directories that are missing. As Agent::open(), with the subject kLockFile when
  // another agent is at work, and the errors of FileSystem. Borrows `log`.
  static Result<std::unique_ptr<RunningAgent>> open(const Configuration& configuration, Log& log);

  StepResult step(Clock::Monotonic now) override { return agent_->step(now); }

 private:
  RunningAgent(const Configuration& configuration, Log& log);
  Result<void> start();

  Configuration configuration_;
  Log& log_;
  SystemRandom random_;
  std::unique_ptr<FileSystem> state_;
  std::unique_ptr<FileSystem> root_;
  std::unique_ptr<FileSystem> run_;  // null: there is none
  Publisher publisher_;
  std::unique_ptr<Agent> agent_;
};

// A way to the server: the configured one, else the one where the host was enrolled. A dead clock
// stops nobody: the dates of a certificate are not looked at. invalid: no such URL, or a file of
// certificates that is of no use.
Result<std::unique_ptr<Transport>> connect(const Configuration& configuration,
                                           const std::string& enrolled_at);

}  // namespace titan::agent
