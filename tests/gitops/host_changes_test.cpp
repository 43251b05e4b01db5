#include "gitops/host_changes.hpp"

#include <gtest/gtest.h>

namespace titan::gitops {
namespace {

TEST(HostChanges, NamesTheDeploymentsThatDiffer) {
  const TreeListing before = {{"default/gone", {kFolderMode, "1"}},
                              {"default/same", {kFolderMode, "1"}},
                              {"default/text", {kFolderMode, "1"}},
                              {"kustomization.yaml", {0100644, "1"}}};
  const TreeListing after = {{"default/new", {kFolderMode, "1"}},
                             {"default/same", {kFolderMode, "1"}},
                             {"default/text", {kFolderMode, "2"}},
                             {"kustomization.yaml", {0100644, "2"}}};
  const HostChanges expected = {
      .deployed = {"default/new"}, .updated = {"default/text"}, .removed = {"default/gone"}};
  EXPECT_EQ(compare(before, after), expected);
}

TEST(HostChanges, TakesPathsOutsideOfDeploymentsForNone) {
  const TreeListing before = {{"README.md", {0100644, "1"}},
                              {"default/stray", {0100644, "1"}},
                              {"default/file-now", {kFolderMode, "1"}},
                              {"empty", {kFolderMode, "1"}}};
  const TreeListing after = {{"default/file-now", {0100644, "1"}},
                             {"kustomization.yaml", {0100644, "1"}}};
  EXPECT_EQ(compare(before, after), HostChanges{.removed = {"default/file-now"}});
}

TEST(HostChanges, KnowsAHostThatIsNew) {
  EXPECT_TRUE(compare({}, {{"kustomization.yaml", {0100644, "1"}}}).first);
}

}  // namespace
}  // namespace titan::gitops
