#include "agent/poll_schedule.hpp"

#include <algorithm>

namespace titan::agent {
namespace {

using std::chrono::seconds;

// From `from` to `to`, both included.
Clock::Monotonic between(Clock::Monotonic from, Clock::Monotonic to, Random& random) {
  if (to <= from) return from;
  const auto choices = static_cast<std::uint64_t>((to - from).count()) + 1;
  return from + Clock::Monotonic(random.next() % choices);
}

}  // namespace

void PollSchedule::told(seconds poll_after) {
  if (poll_after.count() <= 0) return;
  if (was_told_) poll_after_before_ = poll_after_;
  was_told_ = true;
  poll_after_ = std::min(poll_after, poll_after_max_);
}

void PollSchedule::succeeded(seconds poll_after) {
  told(poll_after);
  last_ = Last::success;
  faults_ = 0;
}

void PollSchedule::failed(std::optional<seconds> retry_after) {
  if (retry_after) {
    last_ = Last::wait;
    retry_after_ = std::clamp(*retry_after, kRetryMin, kRetryMax);
    return;
  }
  last_ = Last::fault;
  if (bound() < bound_max()) ++faults_;
}

seconds PollSchedule::interval() const {
  return std::min(poll_after_, poll_after_before_);
}

seconds PollSchedule::bound_max() const {
  return std::max(2 * interval(), kRetryBoundMin);
}

seconds PollSchedule::bound() const {
  if (was_told_) return bound_max();
  seconds bound = kRetryFirst;
  for (unsigned i = 1; i < faults_ && bound < bound_max(); ++i) bound *= 2;
  return std::min(bound, bound_max());
}

Clock::Monotonic PollSchedule::next(Clock::Monotonic now, Random& random) const {
  switch (last_) {
    case Last::nothing:
      return now;
    case Last::success:
      return now + poll_after_;
    case Last::fault:
      return now + between(kRetryMin, bound(), random);
    case Last::wait:
      return now + between(retry_after_, retry_after_ + interval(), random);
  }
  return now;
}

}  // namespace titan::agent
