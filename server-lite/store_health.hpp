#pragma once

#include <atomic>

#include "base/clock.hpp"
#include "server-lite/limits.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Whether the store is well. A good answer holds for kHealthAge, so that who asks again and again
// does not keep the store busy, and may be answered without waiting for it. Safe to share between
// threads.
class StoreHealth {
 public:
  // Borrows both.
  StoreHealth(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  // Asks the store.
  Result<void> check() {
    const Clock::Monotonic now = clock_.monotonic();
    auto checked = store_.check();
    well_until_us_ = checked ? (now + kHealthAge).count() : 0;
    return checked;
  }
  // It was well a moment ago.
  [[nodiscard]] bool was_well() const { return clock_.monotonic().count() < well_until_us_; }

 private:
  store::Store& store_;
  const Clock& clock_;
  std::atomic<std::int64_t> well_until_us_ = 0;
};

}  // namespace titan::server_lite
