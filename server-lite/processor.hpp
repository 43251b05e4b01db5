#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/change.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// A processor brings about what follows from changes: a status, an assignment. It reads the feed
// from its own cursor on, which is stored; what it was told may come again after a restart, so
// doing a thing twice must be as good as once. It writes nothing itself: it says what it wants
// written, and a ProcessorRunner commits that together with the cursor. All calls come from one
// thread.
class Processor {
 public:
  struct Work {
    std::vector<store::Mutation> mutations = {};  // at most kProcessorWritesMax
    // Once they are written, nothing is left to do of changes up to this seq.
    std::uint64_t done = 0;
    Clock::Monotonic next = Clock::Monotonic::max();  // when there is more to do; now: at once
  };

  virtual ~Processor() = default;
  // Names the cursor: never changes. At most 32 bytes.
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Takes note of the next change of the feed. No I/O.
  virtual void take(const model::Change& change) = 0;
  // Finds out what to write: a bounded piece of what is due.
  // Errors: those of the store, or whatever keeps it from finding out; it is asked again later.
  virtual Result<Work> work(Clock::Monotonic now) = 0;
  // This write of the last work() was refused, since the entity was written meanwhile.
  virtual void redo(const model::Key& key) = 0;
};

}  // namespace titan::server_lite
