#include "gitops/commit_message.hpp"

#include <gtest/gtest.h>

#include "tests/gitops/git_tool.hpp"

namespace titan::gitops {
namespace {

TEST(CommitMessage, HasASubjectInPlainWords) {
  struct Row {
    HostChanges changes;
    std::string subject;
  };
  const Row rows[] = {
      {{.deployed = {"default/prod"}}, "tim-pi: deploy default/prod"},
      {{.updated = {"default/prod"}}, "tim-pi: update default/prod"},
      {{.removed = {"default/prod"}}, "tim-pi: remove default/prod"},
      {{.deployed = {"a/b", "a/c"}}, "tim-pi: deploy 2 deployments"},
      {{.deployed = {"a/b", "a/c", "a/d"}, .removed = {"a/e"}},
       "tim-pi: deploy 3, remove 1 deployments"},
      {{.deployed = {"a/b"}, .updated = {"a/c"}, .removed = {"a/e"}},
       "tim-pi: deploy 1, update 1, remove 1 deployments"},
      {{.first = true}, "tim-pi: start without deployments"},
      {{}, "tim-pi: restore the rendered state"},
  };
  for (const Row& row : rows) EXPECT_EQ(commit_subject("tim-pi", row.changes), row.subject);
}

TEST(CommitMessage, EndsWithTrailersForWhatChanged) {
  HostState state = {.host = "tim-pi"};
  for (const std::string name : {"quiet", "prod", "extra"}) {
    state.deployments.push_back(testing::deployment("default", name, {}, 7));
  }
  const CommitInfo info = testing::info_at(42);
  const HostChanges changes = {
      .deployed = {"default/prod"}, .updated = {"default/extra"}, .removed = {"lab/old"}};
  EXPECT_EQ(commit_message(state, changes, info),
            "tim-pi: deploy 1, update 1, remove 1 deployments\n"
            "\n"
            "Titan-Host: tim-pi\n"
            "Titan-Bookmark: 00c0ffee00c0ffee.42\n"
            "Titan-Deployment: default/deployment/default/extra@7\n"
            "Titan-Deployment: default/deployment/default/prod@7\n"
            "Titan-Removed: default/deployment/lab/old\n"
            "Titan-Digest: " +
                info.digest.text() + "\n");
}

}  // namespace
}  // namespace titan::gitops
