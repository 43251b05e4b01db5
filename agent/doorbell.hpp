#pragma once

#include <string>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace titan::agent {

// By which a person's command wakes the daemon: the named pipe `wake` in the run directory, mode
// 0600. The daemon holds it open; a byte that is written to it means "look now". A pipe that nobody
// holds open tells so, unlike a file with a process's number, which may be another program's by
// now: so nothing is ever told to the wrong one. What is written while the daemon is at work is
// found when it waits next.
class Doorbell {
 public:
  // Makes the pipe unless it is there. conflict: something else stands in its place. And the errors
  // of the system.
  static Result<Doorbell> open(const std::string& run_directory);

  // Readable once somebody has rung.
  [[nodiscard]] int descriptor() const { return pipe_.get(); }
  // Forgets all rings so far.
  void clear() const;

  // Whether a daemon of this run directory was rung; false when there is none. denied: others than
  // its owner may not.
  static Result<bool> ring(const std::string& run_directory);

 private:
  explicit Doorbell(Descriptor pipe) : pipe_(std::move(pipe)) {}
  Descriptor pipe_;
};

}  // namespace titan::agent
