#include "reconciler/dependencies.hpp"

#include <algorithm>
#include <set>

namespace titan::reconciler {
namespace {

using model::Key;

// A walk along the dependencies, depth first, on a stack of its own.
class Walk {
 public:
  explicit Walk(const Dependencies& dependencies) : dependencies_(dependencies) {}

  void from(const Key& start) {
    enter(start);
    while (!way_.empty()) {
      Place& place = way_.back();
      if (place.next == place.needs->size()) {
        done_.push_back(place.key);
        way_.pop_back();
      } else {
        enter((*place.needs)[place.next++]);
      }
    }
  }
  // What was seen, each after all that it depends on, but for cycles.
  [[nodiscard]] const std::vector<Key>& done() const { return done_; }

 private:
  struct Place {
    Key key;
    const std::vector<Key>* needs;
    std::size_t next = 0;
  };

  void enter(const Key& key) {
    static const std::vector<Key> kNone;
    if (!seen_.insert(key).second) return;
    const auto found = dependencies_.find(key);
    way_.push_back({key, found == dependencies_.end() ? &kNone : &found->second});
  }

  const Dependencies& dependencies_;
  std::set<Key> seen_;
  std::vector<Place> way_;
  std::vector<Key> done_;
};

}  // namespace

std::vector<Key> dependents_first(const Dependencies& dependencies, const std::vector<Key>& keys) {
  Walk walk(dependencies);
  for (const Key& key : keys) walk.from(key);
  std::vector<Key> ordered;
  for (auto key = walk.done().rbegin(); key != walk.done().rend(); ++key) {
    if (std::ranges::binary_search(keys, *key)) ordered.push_back(*key);
  }
  return ordered;
}

}  // namespace titan::reconciler
