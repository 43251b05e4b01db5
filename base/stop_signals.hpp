#pragma once

#include <chrono>
#include <csignal>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace titan {

// SIGTERM and SIGINT as something to wait for. While one exists, and afterwards, they no longer
// end the process by themselves: the constructor blocks them for its thread and all threads
// started from there on.
class StopSignals {
 public:
  StopSignals();

  // True as soon as one of them comes; false when `timeout` passes first.
  [[nodiscard]] bool wait(std::chrono::microseconds timeout) const;

 private:
  sigset_t signals_{};
};

// What a daemon waits for: SIGTERM and SIGINT, which tell it to stop, SIGHUP, which tells it to
// read its configuration anew, and a descriptor of its own. The constructor blocks the three
// signals as StopSignals does; what comes while the daemon is at work is found by the next wait().
// For one thread.
class DaemonSignals {
 public:
  enum class Event { timeout, stop, reload, readable };

  // exhausted: no descriptor is left.
  static Result<DaemonSignals> open();

  // The first of: a signal (stop before reload), `descriptor` has something to read (or broke),
  // `timeout` is over. `descriptor` may be -1: none.
  [[nodiscard]] Event wait(std::chrono::microseconds timeout, int descriptor = -1) const;

 private:
  explicit DaemonSignals(Descriptor signals) : signals_(std::move(signals)) {}
  // stop, reload, or timeout when no signal came.
  [[nodiscard]] Event take() const;
  Descriptor signals_;  // of signalfd(2)
};

}  // namespace titan
