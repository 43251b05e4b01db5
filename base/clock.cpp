#include "base/clock.hpp"

namespace titan {

Timestamp SystemClock::wall() const {
  using namespace std::chrono;
  const auto since_epoch = system_clock::now().time_since_epoch();
  return Timestamp::from_micros(duration_cast<microseconds>(since_epoch).count());
}

Clock::Monotonic SystemClock::monotonic() const {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch());
}

}  // namespace titan
