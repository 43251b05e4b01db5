#include "tests/fleet/timeline.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace titan::fleet {

void Timeline::at(Time when, std::function<void()> what) {
  events_.emplace(std::pair(std::max(when, now()), ++last_number_), std::move(what));
}

void Timeline::move_to(Time when) {
  if (when <= time_.now) return;
  const Time by = when - time_.now;
  time_.now = when;
  moved_(by);
}

void Timeline::run_until(Time until) {
  while (!is_stopped_ && !events_.empty() && events_.begin()->first.first <= until) {
    const auto event = events_.extract(events_.begin());
    move_to(event.key().first);
    event.mapped()();
  }
  if (!is_stopped_) move_to(until);
}

void Timeline::pass(Time wait) {
  if (depth_ == kDepthMax) return;
  ++depth_;
  run_until(now() + wait);
  --depth_;
}

void Timeline::tell(const std::string& who, const std::string& what) {
  constexpr std::int64_t kMicros = 1'000'000;
  std::array<char, 40> when{};
  std::snprintf(when.data(), when.size(), "%6lld.%06lld ",
                static_cast<long long>(now().count() / kMicros),
                static_cast<long long>(now().count() % kMicros));
  story_ += when.data() + who + " " + what + "\n";
}

}  // namespace titan::fleet
