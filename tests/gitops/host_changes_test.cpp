#include "gitops/host_changes.hpp"

#include <gtest/gtest.h>

namespace titan::gitops {
namespace {

TEST(HostChanges, NamesTheDeploymentsThatDiffer) {
  const TreeListing before = {
      {"default/gone/a", {0100644, "1"}}, {"default/mode/a", {0100644, "1"}},
      {"default/same/a", {0100644, "1"}}, {"default/text/a", {0100644, "1"}},
      {"default/text/b", {0100644, "1"}}, {"kustomization.yaml", {0100644, "1"}}};
  const TreeListing after = {{"default/mode/a", {0100755, "1"}},
                             {"default/new/x/y", {0100644, "1"}},
                             {"default/same/a", {0100644, "1"}},
                             {"default/text/a", {0100644, "1"}},
                             {"kustomization.yaml", {0100644, "2"}}};
  const HostChanges expected = {.deployed = {"default/new"},
                                .updated = {"default/mode", "default/text"},
                                .removed = {"default/gone"}};
  EXPECT_EQ(compare(before, after), expected);
}

TEST(HostChanges, TakesPathsOutsideOfDeploymentsForNone) {
  const TreeListing before = {{"README.md", {0100644, "1"}}, {"default/stray", {0100644, "1"}}};
  const TreeListing after = {{"kustomization.yaml", {0100644, "1"}}};
  EXPECT_EQ(compare(before, after), HostChanges());
}

TEST(HostChanges, KnowsAHostThatIsNew) {
  EXPECT_TRUE(compare({}, {{"kustomization.yaml", {0100644, "1"}}}).first);
}

}  // namespace
}  // namespace titan::gitops
