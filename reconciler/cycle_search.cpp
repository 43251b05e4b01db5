#include "reconciler/cycle_search.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace titan::reconciler {

using model::Key;

std::vector<Key> CycleSearch::from(const Key& start) {
  std::vector<Step> way;
  std::vector<Key> cycle;
  const auto enter = [&](const Key& key) {
    marks_[key] = Mark::on_the_way;
    way.push_back({key, dependencies_(key)});
  };
  if (!marks_.contains(start)) enter(start);
  while (!way.empty()) {
    Step& step = way.back();
    if (step.next == step.dependencies.size()) {
      marks_[step.key] = Mark::done;
      way.pop_back();
      continue;
    }
    const Key next = step.dependencies[step.next++];
    const auto mark = marks_.find(next);
    if (mark == marks_.end()) {
      enter(next);
    } else if (mark->second == Mark::on_the_way && cycle.empty()) {
      const auto first = std::ranges::find(way, next, &Step::key);
      for (auto member = first; member != way.end(); ++member) cycle.push_back(member->key);
    }
  }
  return cycle;
}

std::string cycle_text(const std::vector<Key>& cycle, const Key& first) {
  const auto start = std::ranges::find(cycle, first) - cycle.begin();
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= cycle.size(); ++i) {
    if (names.size() == kCycleNamed) {
      names.emplace_back("...");
      break;
    }
    names.push_back(cycle[(static_cast<std::size_t>(start) + i) % cycle.size()].name);
  }
  return join(names, " -> ");
}

}  // namespace titan::reconciler
