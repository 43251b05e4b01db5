#pragma once

#include <mutex>
#include <random>

#include "base/random.hpp"

namespace titan::testing {

// The same numbers for the same seed, on every machine. For one thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t next() override { return engine_(); }
  // A number from 0 up to and without `end`, which is not 0.
  std::uint64_t below(std::uint64_t end) { return next() % end; }

 private:
  std::mt19937_64 engine_;
};

// One of those for several threads, which take turns. Borrows it.
class SharedRandom final : public Random {
 public:
  explicit SharedRandom(Random& random) : random_(random) {}

  std::uint64_t next() override {
    const std::lock_guard lock(mutex_);
    return random_.next();
  }

 private:
  std::mutex mutex_;  // guards the next
  Random& random_;
};

}  // namespace titan::testing
