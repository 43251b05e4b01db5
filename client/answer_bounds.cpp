#include "client/answer_bounds.hpp"

namespace titan::client {

bool AnswerBounds::allow(Clock::time_point now) {
  if (now - begun_ > limits_.time_max) {
    found_ = Found::too_late;
  } else if (bytes_left() == 0) {
    found_ = Found::too_long;
  } else if (is_slow(now)) {
    found_ = Found::too_slow;
  }
  return found_ == Found::nothing;
}

void AnswerBounds::note(std::size_t bytes, Clock::time_point now) {
  if (bytes_ == 0) first_byte_ = now;
  bytes_ += bytes;
}

bool AnswerBounds::is_slow(Clock::time_point now) const {
  if (bytes_ == 0 || limits_.rate_min == 0) return false;
  const auto time = now - first_byte_;
  if (time <= limits_.rate_grace) return false;
  return static_cast<double>(bytes_) <
         static_cast<double>(limits_.rate_min) * std::chrono::duration<double>(time).count();
}

}  // namespace titan::client
