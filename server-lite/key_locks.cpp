#include "server-lite/key_locks.hpp"

#include <algorithm>
#include <utility>

namespace titan::server_lite {

bool KeyLocks::free(const Uses& uses) const {
  return std::all_of(uses.begin(), uses.end(), [&](const auto& wanted) {
    const auto held = holders_.find(wanted.first);
    return held == holders_.end() || (wanted.second == Use::shared && held->second > 0);
  });
}

// All at once or none: two that wait for each other's keys cannot be.
KeyLocks::Guard::Guard(KeyLocks& locks, Uses uses) : locks_(locks), uses_(std::move(uses)) {
  std::unique_lock lock(locks_.mutex_);
  locks_.changed_.wait(lock, [this] { return locks_.free(uses_); });
  for (const auto& [key, use] : uses_) {
    if (use == Use::alone) {
      locks_.holders_[key] = -1;
    } else {
      ++locks_.holders_[key];
    }
  }
}

KeyLocks::Guard::~Guard() {
  {
    const std::lock_guard lock(locks_.mutex_);
    for (const auto& [key, use] : uses_) {
      const auto held = locks_.holders_.find(key);
      if (use == Use::alone || --held->second == 0) locks_.holders_.erase(held);
    }
  }
  locks_.changed_.notify_all();
}

}  // namespace titan::server_lite
