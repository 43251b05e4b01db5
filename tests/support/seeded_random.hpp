#pragma once

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

}  // namespace titan::testing
