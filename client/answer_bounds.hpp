#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace titan::client {

// How long one answer may take, how long it may be, and how slowly it may come. Each read
// has a bound of its own. A plain value; pure.
class AnswerBounds {
 public:
  using Clock = std::chrono::steady_clock;
  struct Limits {
    std::chrono::milliseconds time_max{0};  // since the request was begun
    std::size_t bytes_max = 0;
    // Bytes a second, on average since the first byte, once that was `rate_grace` ago; 0: no
    // matter. What the server thinks before it answers does not count.
    std::size_t rate_min = 0;
    std::chrono::milliseconds rate_grace{0};
  };
  enum class Found : std::uint8_t { nothing, too_late, too_long, too_slow };

  AnswerBounds() = default;
  AnswerBounds(const Limits& limits, Clock::time_point begun) : limits_(limits), begun_(begun) {}

  // Before each read: whether more may be read, at most bytes_left(). Else found() says why not.
  bool allow(Clock::time_point now);
  // After each read.
  void note(std::size_t bytes, Clock::time_point now);

  [[nodiscard]] std::size_t bytes_left() const { return limits_.bytes_max - bytes_; }
  [[nodiscard]] Found found() const { return found_; }

 private:
  [[nodiscard]] bool is_slow(Clock::time_point now) const;

  Limits limits_;
  Clock::time_point begun_ = {};
  Clock::time_point first_byte_ = {};
  std::size_t bytes_ = 0;  // that were read
  Found found_ = Found::nothing;
};

}  // namespace titan::client
