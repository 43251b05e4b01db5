#include "reconciler/dependencies.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace titan::reconciler {
namespace {

using model::Key;

// A walk along the dependencies, depth first, on a stack of its own.
class Walk {
 public:
  explicit Walk(const Dependencies& dependencies) : dependencies_(dependencies) {}

  // Goes along all that can be reached from `start` and was not seen yet. True, and at once, when
  // that leads back to `start`.
  bool comes_back(const Key& start) {
    bool back = false;
    if (!seen_.contains(start)) enter(start);
    while (!path_.empty() && !back) {
      Place& place = path_.back();
      if (place.next == place.needs->size()) {
        done_.push_back(place.key);
        path_.pop_back();
        continue;
      }
      const Key& needed = (*place.needs)[place.next++];
      back = needed == start;
      if (!seen_.contains(needed)) enter(needed);
    }
    return back;
  }
  // The same, to the end.
  void visit(const Key& start) {
    while (comes_back(start)) {
    }
  }
  [[nodiscard]] std::vector<Key> path() const {
    std::vector<Key> keys;
    for (const Place& place : path_) keys.push_back(place.key);
    return keys;
  }
  [[nodiscard]] const std::vector<Key>& done() const { return done_; }

 private:
  struct Place {
    Key key;
    const std::vector<Key>* needs;
    std::size_t next = 0;
  };

  void enter(const Key& key) {
    static const std::vector<Key> kNone;
    seen_.insert(key);
    const auto found = dependencies_.find(key);
    path_.push_back({key, found == dependencies_.end() ? &kNone : &found->second});
  }
  const Dependencies& dependencies_;
  std::set<Key> seen_;
  std::vector<Place> path_;
  std::vector<Key> done_;  // each after all that it depends on, but for cycles
};

}  // namespace

std::vector<Key> cycle_from(const Dependencies& dependencies, const Key& start) {
  Walk walk(dependencies);
  if (!walk.comes_back(start)) return {};
  std::vector<Key> cycle = walk.path();
  cycle.push_back(start);
  return cycle;
}

std::string cycle_text(const std::vector<Key>& cycle) {
  std::vector<std::string> names;
  names.reserve(cycle.size());
  for (const Key& key : cycle) names.push_back(key.short_text());
  return join(names, " -> ");
}

std::vector<Key> dependents_first(const Dependencies& dependencies, const std::vector<Key>& keys) {
  Walk walk(dependencies);
  for (const Key& key : keys) walk.visit(key);
  std::vector<Key> ordered;
  for (auto key = walk.done().rbegin(); key != walk.done().rend(); ++key) {
    if (std::ranges::binary_search(keys, *key)) ordered.push_back(*key);
  }
  return ordered;
}

}  // namespace titan::reconciler
