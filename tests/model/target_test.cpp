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
  EXPECT_FALSE(target.matches(Labels{}));
}

TEST(TargetSpec, TakesAnEmptyLabelForALabelOfItsOwn) {
  const TargetSpec target{.labels = {{"gpu", ""}}};
  EXPECT_TRUE(target.matches({{"gpu", ""}}));
  EXPECT_FALSE(target.matches({{"gpu", "yes"}}));
  EXPECT_FALSE(target.matches(Labels{}));
}

TEST(TargetSpec, LooksLabelsUpWhereverTheyAreKept) {
  const TargetSpec target{.labels = {{"site", "lab"}},
                          .selector = LabelSelector::parse("gpu,!old").value()};
  const std::string lab = "lab";
  const std::string office = "office";
  const auto site_of = [](const std::string& site) {
    return [&site](std::string_view key) -> const std::string* {
      return key == "site" || key == "gpu" ? &site : nullptr;
    };
  };
  EXPECT_TRUE(target.matches(site_of(lab)));
  EXPECT_FALSE(target.matches(site_of(office)));
}

TEST(TargetSpec, RequiresItsLabelsAndTheValuesThatItsSelectorNames) {
  const TargetSpec target{
      .labels = {{"site", "lab"}, {"gpu", ""}},
      .selector = LabelSelector::parse("region in (eu,us),tier!=db,arch=arm64,!old,new").value()};
  const std::vector<LabelAlternatives> expected = {
      {"region", {"eu", "us"}}, {"arch", {"arm64"}}, {"gpu", {""}}, {"site", {"lab"}}};
  EXPECT_EQ(target.required(), expected);
  EXPECT_TRUE(TargetSpec{.selector = LabelSelector::parse("a,!b,c!=d").value()}.required().empty());
}

}  // namespace
}  // namespace titan::model
