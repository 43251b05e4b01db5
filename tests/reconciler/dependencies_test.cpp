#include "reconciler/dependencies.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/support/seeded_random.hpp"

namespace titan::reconciler {
namespace {

using model::Key;

Key key(const std::string& name) {
  return {.organization = "o", .kind = model::Kind::deployment, .workspace = "w", .name = name};
}

TEST(Dependencies, GiveTheOrderInWhichDeploymentsLeave) {
  const Dependencies dependencies = {{key("app"), {key("base")}}, {key("web"), {key("app")}}};
  EXPECT_EQ(dependents_first(dependencies, {key("app"), key("base"), key("web")}),
            (std::vector<Key>{key("web"), key("app"), key("base")}));
  // What is between them does not leave.
  EXPECT_EQ(dependents_first(dependencies, {key("base"), key("web")}),
            (std::vector<Key>{key("web"), key("base")}));
  EXPECT_EQ(dependents_first({}, {}), std::vector<Key>{});
}

TEST(Dependencies, OfACircleGiveEachOnce) {
  const Dependencies dependencies = {{key("a"), {key("b")}}, {key("b"), {key("a")}}};
  auto order = dependents_first(dependencies, {key("a"), key("b")});
  std::ranges::sort(order);
  EXPECT_EQ(order, (std::vector<Key>{key("a"), key("b")}));
}

TEST(Dependencies, GoBeforeWhatTheyDependOnInRandomGraphsWithoutCircles) {
  testing::SeededRandom random(6);
  for (int round = 0; round < 200; ++round) {
    Dependencies dependencies;
    std::vector<Key> keys;
    const auto count = 1 + random.below(30);
    for (std::uint64_t i = 0; i < count; ++i) {
      keys.push_back(key("n" + std::to_string(100 + i)));
      for (std::uint64_t other = 0; other < i; ++other) {
        if (random.below(5) == 0) dependencies[keys[i]].push_back(keys[other]);
      }
    }
    const auto order = dependents_first(dependencies, keys);
    ASSERT_EQ(order.size(), keys.size());
    for (const auto& [user, needs] : dependencies) {
      for (const Key& needed : needs) {
        EXPECT_LT(std::ranges::find(order, user), std::ranges::find(order, needed));
      }
    }
  }
}

}  // namespace
}  // namespace titan::reconciler
