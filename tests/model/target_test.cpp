#include "model/target.hpp"

#include <gtest/gtest.h>

namespace titan::model {
namespace {

TEST(TargetSpec, MatchesOnlyWhenLabelsAndSelectorBothHold) {
  const TargetSpec target{.labels = {{"site", "lab"}, {"arch", "arm64"}},
                          .selector = LabelSelector::parse("!gpu").value()};
  EXPECT_TRUE(target.matches({{"site", "lab"}, {"arch", "arm64"}}));
  EXPECT_TRUE(target.matches({{"site", "lab"}, {"arch", "arm64"}, {"more", "x"}}));
  EXPECT_FALSE(target.matches({{"site", "lab"}, {"arch", "arm64"}, {"gpu", ""}}));
  EXPECT_FALSE(target.matches({{"site", "lab"}}));
  EXPECT_FALSE(target.matches({{"site", "lab"}, {"arch", "amd64"}}));
  EXPECT_FALSE(target.matches({}));
}

TEST(TargetSpec, TakesAnEmptyLabelForALabelOfItsOwn) {
  const TargetSpec target{.labels = {{"gpu", ""}}};
  EXPECT_TRUE(target.matches({{"gpu", ""}}));
  EXPECT_FALSE(target.matches({{"gpu", "yes"}}));
  EXPECT_FALSE(target.matches({}));
}

}  // namespace
}  // namespace titan::model
