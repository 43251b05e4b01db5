#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace titan {

// A program to run: an argument vector, never a shell string.
struct Command {
  std::vector<std::string> arguments;  // the first is the program, looked up in PATH
  std::string input = {};              // given on standard input
  std::map<std::string, std::string> environment = {};  // added to the caller's own
  bool clean_environment = false;             // the program gets `environment` and nothing else
  std::string directory = {};                 // working folder; empty: the caller's
  std::chrono::milliseconds timeout{30'000};  // cut to kCommandTimeoutMax
  std::size_t output_bytes_max = 1UL << 20U;  // of each stream; what is over is dropped
  // The program talks to the person at the terminal, as an editor does: it has the caller's own
  // standard streams and process group, nothing is collected, and it takes the time it wants.
  // While it runs, the caller ignores Ctrl-C and Ctrl-\, as they are meant for the program. For
  // callers with one thread; `input` must be empty.
  bool interactive = false;
};

struct Outcome {
  int exit_code = 0;  // 128 + signal when a signal ended it
  std::string output = {};
  std::string errors = {};
  bool timed_out = false;  // it was killed at the timeout
};

// The seam to other programs. Safe to share between threads.
class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  // Waits for the end of the program, not for what it leaves running behind it. A program that
  // ran, however it ended, is an Outcome. not_found or denied: it could not be started, or its
  // working folder does not exist. invalid: no arguments, a NUL in one, or input for an interactive
  // program. internal: how it ended is lost, because the caller's process ignores SIGCHLD.
  virtual Result<Outcome> run(const Command& command) = 0;
};

// Starts real processes, each in a process group of its own, which is killed at the timeout.
class SystemProcessRunner final : public ProcessRunner {
 public:
  Result<Outcome> run(const Command& command) override;
};

}  // namespace titan
