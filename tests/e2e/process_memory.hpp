#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string_view>

namespace titan::testing {

// The memory of another process, by /proc: how much is resident, 0 when it has gone; and what is in
// it.
class ProcessMemory {
 public:
  explicit ProcessMemory(pid_t pid) : pid_(pid) {}

  [[nodiscard]] std::size_t resident_bytes() const;
  // The most since forget_peak().
  [[nodiscard]] std::size_t peak_bytes() const;
  void forget_peak() const;

  // All that the process may read of its memory, as a core dump would have it, piece by piece. Each
  // piece begins with the last `overlap` bytes before it, so that nothing of that length is cut in
  // two. False when the kernel does not let the test look.
  [[nodiscard]] bool read(std::size_t overlap,
                          const std::function<void(std::string_view piece)>& visit) const;

 private:
  [[nodiscard]] std::size_t status_bytes(const char* field) const;

  pid_t pid_;
};

}  // namespace titan::testing
