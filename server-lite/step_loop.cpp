#include "server-lite/step_loop.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace titan::server_lite {
namespace {

constexpr Clock::Monotonic kSleepMax = std::chrono::hours(1);

}  // namespace

void StepLoop::start(Step step) {
  thread_ = std::thread([this, step = std::move(step)] { run(step); });
}

void StepLoop::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void StepLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void StepLoop::run(const Step& step) {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
      woken_ = false;
    }
    const Clock::Monotonic next = step();
    const Clock::Monotonic sleep = std::min(next - clock_.monotonic(), kSleepMax);
    if (sleep.count() <= 0) continue;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, sleep, [this] { return woken_ || stopped_; });
  }
}

}  // namespace titan::server_lite
