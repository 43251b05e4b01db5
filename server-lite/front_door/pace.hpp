#pragma once

#include <chrono>
#include <cstddef>

// Internal to front_door/.
namespace titan::front_door {

// Whether bytes move quickly enough: in each span of time so many at least. An average over all of
// the time would allow somebody who was quick first to be slow for long.
class Pace {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  struct Least {
    std::chrono::seconds span;
    std::size_t bytes_per_second;
  };

  void begin(Moment now, std::size_t bytes = 0) {
    since_ = now;
    bytes_ = bytes;
  }
  // `bytes`: how many moved so far.
  bool is_too_slow(Moment now, std::size_t bytes, const Least& least) {
    if (now - since_ < least.span) return false;
    const auto wanted = static_cast<std::size_t>(least.span.count()) * least.bytes_per_second;
    const bool is_slow = bytes - bytes_ < wanted;
    begin(now, bytes);
    return is_slow;
  }

 private:
  Moment since_ = {};
  std::size_t bytes_ = 0;
};

}  // namespace titan::front_door
