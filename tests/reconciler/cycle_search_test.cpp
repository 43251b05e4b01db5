#include "reconciler/cycle_search.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "tests/reconciler/fleet_builder.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::reconciler {
namespace {

using model::Key;
using titan::testing::deployment_key;

using Graph = std::map<std::string, std::vector<std::string>>;

CycleSearch::Dependencies in(const Graph& graph, std::size_t* asked = nullptr) {
  return [&graph, asked](const Key& key) {
    if (asked != nullptr) ++*asked;
    std::vector<Key> keys;
    const auto found = graph.find(key.name);
    if (found == graph.end()) return keys;
    for (const std::string& name : found->second) keys.push_back(deployment_key(name));
    return keys;
  };
}

std::string text_of(const std::vector<Key>& cycle) {
  std::string text;
  for (const Key& key : cycle) text += key.name;
  return text;
}

std::string cycle_from(const std::string& start, const Graph& graph) {
  const auto dependencies = in(graph);
  return text_of(CycleSearch(dependencies).from(deployment_key(start)));
}

TEST(CycleSearch, FindsWhatLeadsBackToItself) {
  EXPECT_EQ(cycle_from("a", {{"a", {"a"}}}), "a");
  EXPECT_EQ(cycle_from("a", {{"a", {"b"}}, {"b", {"a"}}}), "ab");
  EXPECT_EQ(cycle_from("a", {{"a", {"x", "b"}}, {"b", {"y", "c"}}, {"c", {"a"}}}), "abc");
  EXPECT_EQ(cycle_from("a", {{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}}), "bc");
}

TEST(CycleSearch, FindsNoneWhereThereIsNone) {
  EXPECT_EQ(cycle_from("a", {}), "");
  EXPECT_EQ(cycle_from("a", {{"a", {"b"}}}), "");
  EXPECT_EQ(cycle_from("a", {{"a", {"b", "c"}}, {"b", {"d"}}, {"c", {"d"}}, {"d", {"e"}}}), "");
  EXPECT_EQ(cycle_from("a", {{"b", {"b"}}}), "") << "nothing leads there";
}

TEST(CycleSearch, LooksAtEachOnceAndIsNotLimitedInDepth) {
  Graph chain;
  constexpr int kLength = 100'000;
  for (int i = 0; i < kLength; ++i) chain[std::to_string(i)] = {std::to_string(i + 1)};
  std::size_t asked = 0;
  const auto dependencies = in(chain, &asked);
  CycleSearch search(dependencies);
  for (int i = kLength; i >= 0; i -= 1000) {
    EXPECT_TRUE(search.from(deployment_key(std::to_string(i))).empty());
  }
  EXPECT_EQ(asked, kLength + 1);
}

// Whatever is found is a cycle; nothing is found exactly when the entities can be put in an order.
TEST(CycleSearch, AgreesWithSortingTheGraph) {
  titan::testing::SeededRandom random(5);
  int cyclic = 0;
  for (int round = 0; round < 2000; ++round) {
    Graph graph;
    const std::uint64_t size = 2 + random.below(7);
    for (std::uint64_t edges = random.below(size + 3); edges > 0; --edges) {
      graph[std::to_string(random.below(size))].push_back(std::to_string(random.below(size)));
    }
    const auto dependencies = in(graph);
    CycleSearch search(dependencies);
    std::vector<Key> cycle;
    for (const auto& [name, others] : graph) {
      const auto found = search.from(deployment_key(name));
      if (cycle.empty()) cycle = found;
    }
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      const auto& others = graph.at(cycle[i].name);
      const std::string& next = cycle[(i + 1) % cycle.size()].name;
      EXPECT_NE(std::find(others.begin(), others.end(), next), others.end()) << "round " << round;
    }
    Graph left = graph;
    const auto is_ready = [&](const auto& node) {
      return std::none_of(node.second.begin(), node.second.end(),
                          [&](const std::string& other) { return left.contains(other); });
    };
    while (std::erase_if(left, is_ready) > 0) {
    }
    EXPECT_EQ(cycle.empty(), left.empty()) << "round " << round;
    cyclic += cycle.empty() ? 0 : 1;
  }
  EXPECT_GT(cyclic, 300);
}

}  // namespace
}  // namespace titan::reconciler
