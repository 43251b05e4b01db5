#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/key.hpp"

namespace titan::reconciler {

// Finds entities that depend on each other in a circle: a depth-first search, which looks at each
// of them and at each of their dependencies once, however often it is asked. Needs no stack of its
// own in proportion to the depth. Borrows the question, which must give the same answers as long as
// this lives. Not for use from several threads.
class CycleSearch {
 public:
  // What the entity depends on; empty for what does not exist.
  using Dependencies = std::function<std::vector<model::Key>(const model::Key& key)>;
  explicit CycleSearch(const Dependencies& dependencies) : dependencies_(dependencies) {}

  // A cycle among all that `start` leads to and that was not looked at before: {a, b} when a
  // depends on b and b on a. Empty: there is none.
  std::vector<model::Key> from(const model::Key& start);

 private:
  enum class Mark : std::uint8_t { on_the_way, done };
  struct Step {
    model::Key key;
    std::vector<model::Key> dependencies;
    std::size_t next = 0;  // of the dependencies
  };

  const Dependencies& dependencies_;
  std::map<model::Key, Mark> marks_;
};

// "a -> b -> a", from `first` on, with at most kCycleNamed names. REQUIRES: it is in the cycle.
constexpr std::size_t kCycleNamed = 10;
std::string cycle_text(const std::vector<model::Key>& cycle, const model::Key& first);

}  // namespace titan::reconciler
