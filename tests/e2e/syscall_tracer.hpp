#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/syscall_rules.hpp"

namespace titan::testing {

// A system call of a traced program that counts: one that changes something outside the process,
// and is about the folders, a connection or another program.
struct TracedCall {
  const SyscallRule* rule = nullptr;
  std::string path = {};    // absolute, "socket:[…]", or empty; of two: "… -> …"
  bool makes = false;       // it opens, and there was nothing, or it empties what was there
  std::uint64_t bytes = 0;  // of a transfer that may be a part
  std::optional<std::int64_t> result;  // -errno when it failed; none: it did not come back

  // "renameat2 /state/.state.json.titan-tmp -> /state/state.json"
  [[nodiscard]] std::string text() const;
  // Whether something outside the process, other than a connection, is another one since, or was
  // asked to be flushed.
  [[nodiscard]] bool changed_disk() const;
};

// What shall happen to one call of a traced program.
struct Intervention {
  enum class Kind : std::uint8_t {
    kill_before,  // the program and all that it started end by SIGKILL; the call is not made
    kill_after,   // … once the call is made
    fail,         // the call is not made, and gives `error`
    fail_on,      // the same, and so does each later one that can give this error
    shorten,      // the call is made for a part of the bytes
  };
  std::size_t call = 0;  // which of those that count, from 0 on
  Kind kind = Kind::kill_before;
  int error = 0;
};

struct TracedRun {
  std::vector<TracedCall> calls = {};  // in order; with an intervention, up to it
  bool struck = false;                 // the intervention took place
  int exit_code = 0;                   // 128 + signal when one ended it
};

// Runs a program, and whatever it starts, under ptrace(2), and stops it at the system calls of
// syscall_rules(), which a seccomp filter picks out: the others run at full speed.
//
// For x86_64; elsewhere `supported()` is false. Values; a thread may trace several programs one
// after the other, and several threads one each. While run() works, its thread must have no other
// children that end. A program that uses more than kTracedSeconds of processor time is ended.
class SyscallTracer {
 public:
  struct Options {
    std::vector<std::string> arguments = {};  // the first is the program's path
    std::string log_path = {};                // both output streams; emptied before
    std::vector<std::string> folders = {};    // absolute: files elsewhere do not count
    bool sockets = true;                      // what is sent to others counts
    bool reads = false;                       // calls that only read these files count as well
  };
  static constexpr unsigned kTracedSeconds = 20;

  explicit SyscallTracer(Options options) : options_(std::move(options)) {}
  // Whether this machine can; else `why` says what is missing.
  static bool supported(std::string& why);

  // Runs to the end. std::runtime_error when the program cannot be traced.
  [[nodiscard]] TracedRun run(const std::optional<Intervention>& intervention = {}) const;

 private:
  Options options_;
};

}  // namespace titan::testing
