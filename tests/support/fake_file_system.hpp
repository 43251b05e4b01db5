#pragma once

#include <string>

#include "tests/support/failing_file_system.hpp"
#include "tests/support/memory_file_system.hpp"

namespace titan::testing {

// The usual disk of a test: in memory, recorded, failing on demand, and ready for a power cut.
// For one thread.
class FakeFileSystem final : public FailingFileSystem {
 public:
  FakeFileSystem() : FailingFileSystem(memory_) {}

  // The disk itself, without records and faults: what a later look finds on it.
  MemoryFileSystem& disk() { return memory_; }
  void power_cut() { memory_.power_cut(); }

 private:
  MemoryFileSystem memory_;
};

}  // namespace titan::testing
