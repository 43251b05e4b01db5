#pragma once

#include <sys/types.h>

#include <cstddef>

namespace titan::testing {

// What another process has resident in memory, by /proc; 0 when it has gone.
class ProcessMemory {
 public:
  explicit ProcessMemory(pid_t pid) : pid_(pid) {}

  [[nodiscard]] std::size_t resident_bytes() const;
  // The most since forget_peak().
  [[nodiscard]] std::size_t peak_bytes() const;
  void forget_peak() const;

 private:
  [[nodiscard]] std::size_t status_bytes(const char* field) const;

  pid_t pid_;
};

}  // namespace titan::testing
