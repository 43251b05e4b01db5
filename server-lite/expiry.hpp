#pragma once

#include <cstddef>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"
#include "server-lite/identity/registry.hpp"
#include "server-lite/writer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Removes tokens and enrollments that expired more than kExpiredKept ago: logins make many of them.
// They have opened nothing since they expired; until then people can see what became of them. For
// one thread at a time.
class ExpiryCleaner {
 public:
  // Borrows all.
  ExpiryCleaner(store::Store& store, const Registry& registry, Writer& writer, const Clock& clock)
      : store_(store), registry_(registry), writer_(writer), clock_(clock) {}

  // Looks every kExpiryPause, and removes at most kExpiredRemoved at a time; returns when to call
  // again. What is written meanwhile is left for the next look. Errors: those of the store.
  Result<Clock::Monotonic> step();

 private:
  Result<void> remove(const std::vector<model::Key>& keys, Timestamp before);

  store::Store& store_;
  const Registry& registry_;
  Writer& writer_;
  const Clock& clock_;
  Clock::Monotonic next_look_{};
};

}  // namespace titan::server_lite
