#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "tests/fleet/host_clock.hpp"

namespace titan::fleet {

// The one queue of events of a simulation, in the order of virtual time, and its story: a line for
// each thing that happens. Nothing sleeps: the time is what the next event says. What an event does
// may take time, in which others happen (pass()). For one thread.
class Timeline {
 public:
  using Time = Clock::Monotonic;

  // `moved` is told how far the time went, each time.
  explicit Timeline(std::function<void(Time)> moved) : moved_(std::move(moved)) {}

  [[nodiscard]] const VirtualTime& time() const { return time_; }
  [[nodiscard]] Time now() const { return time_.now; }
  // What is due at the same time happens in the order in which it was put here. Not before now.
  void at(Time when, std::function<void()> what);
  void after(Time wait, std::function<void()> what) { at(now() + wait, std::move(what)); }
  // All that happens until then; the time is then or later afterwards.
  void run_until(Time until);
  // Time goes by within an event, and what is due happens. Nested at most kDepthMax times: deeper
  // down, no time is taken.
  void pass(Time wait);
  // From now on nothing happens any more: something is not as it should be.
  void stop() { is_stopped_ = true; }
  [[nodiscard]] bool is_stopped() const { return is_stopped_; }

  // "   12.345678 h0 <what>", in seconds.
  void tell(const std::string& who, const std::string& what);
  [[nodiscard]] const std::string& story() const { return story_; }

 private:
  static constexpr int kDepthMax = 3;

  void move_to(Time when);

  std::function<void(Time)> moved_;
  VirtualTime time_;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t last_number_ = 0;
  int depth_ = 0;
  bool is_stopped_ = false;
  std::string story_;
};

}  // namespace titan::fleet
