#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"

namespace titan::server_lite {

// Slows down who guesses: after kFailuresMax failures from one address (of IPv6: one network of 64
// bits) within kFailureWindow, it has to wait until that is over. Remembers at most
// kFailingAddressesMax of them; when more fail at once, all are forgotten, since who has so many is
// not held up by this, and others should not be. Safe to share between threads.
class FailureLimit {
 public:
  // Borrows the clock.
  explicit FailureLimit(const Clock& clock) : clock_(clock) {}

  // How long the address has to wait; nothing: it may try.
  [[nodiscard]] std::optional<std::chrono::seconds> wait_of(std::string_view address) const;
  void note_failure(std::string_view address);

 private:
  struct Failures {
    Clock::Monotonic began{};
    int count = 0;
  };
  // Under the lock.
  void make_room(Clock::Monotonic now);

  const Clock& clock_;
  mutable std::mutex mutex_;  // guards the next
  std::unordered_map<std::string, Failures> failures_;
};

}  // namespace titan::server_lite
