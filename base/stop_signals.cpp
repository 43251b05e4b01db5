#include "base/stop_signals.hpp"

#include <algorithm>
#include <limits>

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
  // A time_t of 32 bits holds 68 years.
  constexpr std::chrono::seconds::rep kLongest = std::numeric_limits<time_t>::max();
  timespec until{};
  until.tv_sec = static_cast<time_t>(std::min(seconds.count(), kLongest));
  until.tv_nsec = static_cast<long>(std::chrono::nanoseconds(timeout - seconds).count());
  return sigtimedwait(&signals_, nullptr, &until) > 0;
}

}  // namespace titan
