#pragma once

#include <cstddef>
#include <string>

#include "cli/env.hpp"

namespace titan::cli {

// One line on the error stream, "12000 hosts", that tells a person at a terminal how far long work
// has come. It shows after kProgressAfter and vanishes with the object; without a terminal it
// never shows. Borrows the Env.
class Progress {
 public:
  // `what` is counted: "hosts".
  Progress(const Env& env, std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void operator()(std::size_t count);

 private:
  const Env& env_;
  std::string what_;
  Clock::Monotonic next_;  // when the line may be written again
  bool shown_ = false;
};

}  // namespace titan::cli
