#include "base/stop_signals.hpp"

#include <algorithm>

namespace titan {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

bool StopSignals::wait(std::chrono::microseconds timeout) const {
  timeout = std::max(timeout, std::chrono::microseconds(0));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  timespec until{};
  until.tv_sec = seconds.count();
  until.tv_nsec = std::chrono::nanoseconds(timeout - seconds).count();
  return sigtimedwait(&signals_, nullptr, &until) > 0;
}

}  // namespace titan
