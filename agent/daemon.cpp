#include "agent/daemon.hpp"

#include "agent/limits.hpp"

namespace titan::agent {
namespace {

using Event = DaemonSignals::Event;

class Daemon {
 public:
  Daemon(const DaemonEnv& env, Configuration configuration)
      : env_(env), configuration_(std::move(configuration)) {}

  Result<ExitCode> run() {
    TITAN_ASSIGN(steps_, env_.open(configuration_));
    while (true) {
      const StepResult result = steps_->step(env_.clock.monotonic());
      const bool is_news =
          result.applied + result.removed + result.healed + result.failing > 0 || result.error;
      if (is_news) log_summary(env_.log, result);
      const Event event = env_.wait(result.next - env_.clock.monotonic());
      if (event == Event::reload) {
        const auto reloaded = reload();
        if (!reloaded && !is_stopped_) return reloaded.error();
      }
      if (event == Event::stop || is_stopped_) {
        env_.log.info("stopping");
        if (steps_) pause();
        return ExitCode::done;
      }
    }
  }

 private:
  void pause() {
    if (const auto paused = steps_->pause(); !paused) {
      env_.log.warning("what is being checked counts as an attempt",
                       {{"error", paused.error().text()}});
    }
  }
  Result<void> reload() {
    auto changed = env_.reload();
    if (!changed) {
      env_.log.error("the configuration cannot be used; the one before stays",
                     {{"error", changed.error().text()}});
      return {};
    }
    if (*changed == configuration_) {
      env_.log.info("the configuration was read, and is as it was");
      return {};
    }
    pause();
    steps_.reset();
    auto opened = open_again(*changed);
    if (opened) {
      configuration_ = *std::move(changed);
      steps_ = *std::move(opened);
      env_.log.info("goes on with a changed configuration");
      return {};
    }
    env_.log.error("no agent can work with the changed configuration; the one before stays",
                   {{"error", opened.error().text()}});
    TITAN_ASSIGN(steps_, open_again(configuration_));
    return {};
  }

  // While the daemon has no agent, a run from cron may take the lock for as long as a step lasts.
  Result<std::unique_ptr<Steps>> open_again(const Configuration& configuration) {
    auto opened = env_.open(configuration);
    for (int i = 0; i < kReopenAttemptsMax; ++i) {
      const bool is_locked = !opened && opened.error().code == ErrorCode::conflict;
      if (!is_locked || is_stopped_) break;
      is_stopped_ = env_.wait(kReopenPause) == Event::stop;
      opened = env_.open(configuration);
    }
    return opened;
  }

  const DaemonEnv& env_;
  Configuration configuration_;
  std::unique_ptr<Steps> steps_;
  bool is_stopped_ = false;  // while there was no agent
};

}  // namespace

void log_summary(Log& log, const StepResult& result) {
  if (result.error) log.error("the step failed", {{"error", result.error->text()}});
  const bool quiet =
      result.applied + result.removed + result.healed + result.failing == 0 && !result.error;
  log.info(quiet ? "nothing to do" : "step ended", {{"applied", result.applied},
                                                    {"removed", result.removed},
                                                    {"healed", result.healed},
                                                    {"failing", result.failing}});
}

Result<ExitCode> run_daemon(const DaemonEnv& env, Configuration configuration) {
  return Daemon(env, std::move(configuration)).run();
}

}  // namespace titan::agent
