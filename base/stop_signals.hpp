#pragma once

#include <chrono>
#include <csignal>

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

}  // namespace titan
