#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.hpp"

namespace titan::server_lite {

// A thread that takes steps: it calls `step`, sleeps until the time that it gave or until wake(),
// and calls it again. The only place of the server that sleeps.
class StepLoop {
 public:
  using Step = std::function<Clock::Monotonic()>;  // returns when to call again

  // Borrows the clock.
  explicit StepLoop(const Clock& clock) : clock_(clock) {}
  ~StepLoop() { stop(); }
  StepLoop(const StepLoop&) = delete;
  StepLoop& operator=(const StepLoop&) = delete;

  // REQUIRES: it was not started yet.
  void start(Step step);
  // From any thread, also before start().
  void wake();
  // Lets a running step end, and takes no other.
  void stop();

 private:
  void run(const Step& step);

  const Clock& clock_;
  std::mutex mutex_;  // guards the next three
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace titan::server_lite
