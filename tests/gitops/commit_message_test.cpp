#include "gitops/commit_message.hpp"

#include <gtest/gtest.h>

#include "tests/gitops/git_tool.hpp"

namespace titan::gitops {
namespace {

std::vector<ChangedHost> changed(const std::vector<HostState>& states,
                                 const std::vector<HostChanges>& changes) {
  std::vector<ChangedHost> hosts;
  for (std::size_t i = 0; i < states.size(); ++i) hosts.push_back({states[i], changes[i]});
  return hosts;
}

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
  const std::vector<HostState> states = {{.host = "tim-pi"}};
  for (const Row& row : rows) {
    EXPECT_EQ(commit_subject(changed(states, {row.changes})), row.subject);
  }
}

TEST(CommitMessage, CountsWhatSeveralHostsGetAndLose) {
  struct Row {
    HostChanges one;
    HostChanges other;
    std::string subject;
  };
  const Row rows[] = {
      {{.deployed = {"a/b", "a/c"}},
       {.deployed = {"a/b"}, .removed = {"a/d"}},
       "2 hosts: deploy 3, remove 1 deployments"},
      {{.updated = {"a/b"}}, {.updated = {"a/b"}}, "2 hosts: update a/b"},
      {{.first = true}, {.first = true}, "2 hosts: start without deployments"},
      {{.first = true}, {}, "2 hosts: restore the rendered state"},
  };
  const std::vector<HostState> states = {{.host = "tim-pi"}, {.host = "ada-pi"}};
  for (const Row& row : rows) {
    EXPECT_EQ(commit_subject(changed(states, {row.one, row.other})), row.subject);
  }
}

TEST(CommitMessage, SaysWhichHostsGo) {
  const HostState here = {.host = "tim-pi"};
  const HostState gone = {.host = "ada-pi", .is_gone = true};
  const HostChanges lost = {.removed = {"a/b"}};
  EXPECT_EQ(commit_subject(changed({gone}, {lost})), "ada-pi: remove the host");
  EXPECT_EQ(commit_subject(changed({gone, gone}, {lost, {}})), "2 hosts: remove the hosts");
  EXPECT_EQ(commit_subject(changed({here, gone}, {{.deployed = {"a/b", "a/c"}}, lost})),
            "2 hosts: deploy 2 deployments; remove 1 host");
}

TEST(CommitMessage, EndsWithTrailersForWhatChanged) {
  HostState state = {.host = "tim-pi", .digest = Digest::of("desired")};
  for (const std::string name : {"quiet", "prod", "extra"}) {
    state.deployments.push_back(testing::deployment("default", name, {}, 7));
  }
  const HostChanges changes = {
      .deployed = {"default/prod"}, .updated = {"default/extra"}, .removed = {"lab/old"}};
  EXPECT_EQ(commit_message(changed({state}, {changes}), testing::info_at(42)),
            "tim-pi: deploy 1, update 1, remove 1 deployments\n"
            "\n"
            "Titan-Host: tim-pi\n"
            "Titan-Bookmark: 00c0ffee00c0ffee.42\n"
            "Titan-Deployment: default/deployment/default/extra@7\n"
            "Titan-Deployment: default/deployment/default/prod@7\n"
            "Titan-Removed: default/deployment/lab/old\n"
            "Titan-Digest: " +
                state.digest.text() + "\n");
}

TEST(CommitMessage, HasTheTrailersOfEachHostBehindItsName) {
  const HostState here = {.host = "tim-pi",
                          .deployments = {testing::deployment("default", "prod", {}, 7)},
                          .digest = Digest::of("desired")};
  const HostState gone = {.host = "ada-pi", .digest = Digest::of(""), .is_gone = true};
  EXPECT_EQ(commit_message(changed({here, gone},
                                   {{.deployed = {"default/prod"}}, {.removed = {"default/prod"}}}),
                           testing::info_at(42)),
            "2 hosts: deploy default/prod; remove 1 host\n"
            "\n"
            "Titan-Host: tim-pi\n"
            "Titan-Bookmark: 00c0ffee00c0ffee.42\n"
            "Titan-Deployment: default/deployment/default/prod@7\n"
            "Titan-Digest: " +
                here.digest.text() +
                "\n"
                "Titan-Host: ada-pi\n"
                "Titan-Bookmark: 00c0ffee00c0ffee.42\n"
                "Titan-Removed: default/deployment/default/prod\n"
                "Titan-Digest: " +
                gone.digest.text() + "\n");
}

}  // namespace
}  // namespace titan::gitops
