#include "reconciler/poll_slot.hpp"

#include <algorithm>

#include "base/digest.hpp"

namespace titan::reconciler {

PollSlot poll_slot_of(const model::Key& host) {
  return static_cast<PollSlot>(Digest::of(host.text()).short_form() >> 32U);
}

std::chrono::seconds poll_after(PollSlot slot, Clock::Monotonic now,
                                std::chrono::seconds interval) {
  const auto whole = static_cast<std::uint64_t>(Clock::Monotonic(interval).count());
  const std::uint64_t place = (whole * slot) >> 32U;  // an hour of microseconds is below 2^32
  const std::uint64_t passed = static_cast<std::uint64_t>(now.count()) % whole;
  std::uint64_t wait = (place + whole - passed) % whole;
  if (2 * wait < whole) wait += whole;
  constexpr Clock::Monotonic kHalfASecond(500'000);
  const auto rounded = std::chrono::floor<std::chrono::seconds>(
      Clock::Monotonic(static_cast<std::int64_t>(wait)) + kHalfASecond);
  return std::max(rounded, std::chrono::seconds(1));
}

}  // namespace titan::reconciler
