#pragma once

#include <chrono>
#include <cstddef>

namespace titan::bench {

// What the kernel says of another process, by /proc. Values of a process that has gone are 0.
class ProcessReadings {
 public:
  explicit ProcessReadings(int pid) : pid_(pid) {}

  // CPU time of all its threads that live, to the nanosecond.
  [[nodiscard]] std::chrono::duration<double> cpu() const;
  [[nodiscard]] std::size_t resident_bytes() const;
  // The most since the start, or since forget_peak().
  [[nodiscard]] std::size_t resident_peak_bytes() const;
  void forget_peak() const;
  [[nodiscard]] std::size_t threads() const;

 private:
  [[nodiscard]] std::size_t status_number(const char* field) const;

  int pid_;
};

}  // namespace titan::bench
