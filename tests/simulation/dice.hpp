#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/seeded_random.hpp"

namespace titan::simulation {

// The choices of one history, all from its seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t end) { return random_.below(end); }
  // True so many times in a thousand.
  bool permille(std::uint64_t chance) { return below(1000) < chance; }
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  template <class Item>
  const Item& one_of(const std::vector<Item>& items) {
    return items[below(items.size())];
  }
  // "h0" to "h<count - 1>".
  std::string name(const char* prefix, std::uint64_t count) {
    return prefix + std::to_string(below(count));
  }

 private:
  testing::SeededRandom random_;
};

}  // namespace titan::simulation
