#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/agent.hpp"
#include "agent/configuration.hpp"
#include "agent/daemon.hpp"
#include "agent/drivers/driver_set.hpp"
#include "agent/prober.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/process_runner.hpp"
#include "base/random.hpp"
#include "base/signing.hpp"
#include "base/transport.hpp"
#include "gitops/publisher.hpp"

namespace titan::agent {

// An agent on the real machine, with all that it borrows, as a configuration says.
class RunningAgent final : public Steps {
 public:
  // Makes the directories that are missing. As Agent::open(), with the subject kLockFile when
  // another agent is at work, and the errors of FileSystem. Borrows `log`.
  static Result<std::unique_ptr<RunningAgent>> open(const Configuration& configuration, Log& log);

  StepResult step(Clock::Monotonic now) override { return agent_->step(now); }
  Result<void> pause() override { return agent_->pause(); }

 private:
  RunningAgent(const Configuration& configuration, Log& log);
  Result<void> start();

  Configuration configuration_;
  Log& log_;
  SystemClock clock_;
  SystemRandom random_;
  SystemProcessRunner processes_;
  SystemProber prober_{processes_};
  std::unique_ptr<FileSystem> state_;
  std::unique_ptr<FileSystem> root_;
  std::unique_ptr<FileSystem> run_;        // null: there is none
  std::optional<SigningKey> signing_key_;  // of commits, when it is in a file
  gitops::Publisher publisher_;
  std::optional<DriverSet> drivers_;
  std::unique_ptr<Agent> agent_;
};

// How the drivers of a host with this configuration are set up. The errors of FileSystem, and of
// IdentityStore.
Result<DriverSet::Options> driver_options(const Configuration& configuration, FileSystem& root,
                                          FileSystem& state);

// How the remote is got at, and how commits are kept and pushed.
gitops::Publisher::Options publisher_options(const Configuration& configuration);

// A way to the server: the configured one, else the one where the host was enrolled. A dead clock
// stops nobody: the dates of a certificate are not looked at. invalid: no such URL, or a file of
// certificates that is of no use.
Result<std::unique_ptr<Transport>> connect(const Configuration& configuration,
                                           const std::string& enrolled_at);

}  // namespace titan::agent
