#include "gitops/host_layout.hpp"

#include <gtest/gtest.h>

#include "gitops/limits.hpp"
#include "tests/gitops/git_tool.hpp"

namespace titan::gitops {
namespace {

using testing::deployment;

TEST(HostLayout, PutsEachDeploymentIntoItsFolder) {
  const HostState state = {
      .host = "tim-pi",
      .deployments = {deployment("lab", "b", {{"root/etc/x", 0600, "x"}, {"run.sh", 0100, "y"}}),
                      deployment("default", "a", {{"root/etc/x", 0644, "z"}})}};
  const HostLayout layout = lay_out(state).value();
  ASSERT_EQ(layout.files.size(), 3U);
  EXPECT_EQ(layout.files.at("default/a/root/etc/x").content, "z");
  EXPECT_EQ(layout.files.at("lab/b/root/etc/x").mode, kPlainFileMode);
  EXPECT_EQ(layout.files.at("lab/b/run.sh").mode, kExecutableFileMode);
}

TEST(HostLayout, ListsTheKubernetesFilesSorted) {
  const std::string object = "apiVersion: v1\nkind: Pod\n";
  const HostState state = {.host = "tim-pi",
                           .deployments = {deployment("lab", "b", {{"z.yaml", 0644, object}}),
                                           deployment("default", "a",
                                                      {{"kustomization.yaml", 0644, object},
                                                       {"p.yaml", 0644, object},
                                                       {"values.yaml", 0644, "a: 1\n"}})}};
  const std::string text = lay_out(state).value().kustomization;
  const std::size_t first = text.find("default/a/p.yaml");
  const std::size_t second = text.find("lab/b/z.yaml");
  EXPECT_LT(first, second);
  EXPECT_NE(second, std::string::npos);
  EXPECT_EQ(text.find("values.yaml"), std::string::npos);
  EXPECT_EQ(text.find("a/kustomization.yaml"), std::string::npos);
}

TEST(HostLayout, RefusesAStateThatGitCannotHoldSafely) {
  const auto good = deployment("default", "prod", {{"a", 0644, ""}});
  auto other_kind = good;
  other_kind.key.kind = model::Kind::workload;
  auto other_organization = good;
  other_organization.key.organization = "acme";
  struct Row {
    std::string what;
    HostState state;
    std::string subject;
  };
  const std::string ours = "deployment default/prod";
  const Row rows[] = {
      {"host outside", {"../tim-pi", {}}, ""},
      {"no host", {"", {}}, ""},
      {"workspace outside", {"tim-pi", {deployment("..", "prod", {})}}, "deployment ../prod"},
      {"no name", {"tim-pi", {deployment("default", "", {})}}, "deployment default/"},
      {"no deployment", {"tim-pi", {other_kind}}, "workload default/prod"},
      {"other organization", {"tim-pi", {other_organization}}, ours},
      {"twice", {"tim-pi", {good, good}}, ours},
      {"path outside", {"tim-pi", {deployment("default", "prod", {{"../x", 0644, ""}})}}, ours},
      {"Git's own", {"tim-pi", {deployment("default", "prod", {{".GIT/x", 0644, ""}})}}, ours},
      {"one path twice",
       {"tim-pi", {deployment("default", "prod", {{"a", 0644, ""}, {"a", 0644, ""}})}},
       ours},
      {"a file and a folder",
       {"tim-pi",
        {deployment("default", "prod", {{"a", 0644, ""}, {"a-b", 0644, ""}, {"a/b", 0644, ""}})}},
       "host tim-pi"},
      {"a workspace named as the kustomization",
       {"tim-pi", {deployment("kustomization.yaml", "prod", {{"a", 0644, ""}})}},
       "host tim-pi"},
  };
  for (const Row& row : rows) {
    const auto layout = lay_out(row.state);
    ASSERT_FALSE(layout.ok()) << row.what;
    EXPECT_EQ(layout.error().code, ErrorCode::invalid) << row.what;
    EXPECT_EQ(layout.error().subject, row.subject) << row.what;
  }
}

TEST(HostLayout, RefusesMoreFilesThanTheLimit) {
  std::vector<model::RenderedFile> files(kHostFilesMax + 1);
  for (std::size_t i = 0; i < files.size(); ++i) files[i].path = "f" + std::to_string(i);
  const HostState state = {.host = "tim-pi", .deployments = {deployment("a", "b", files)}};
  EXPECT_EQ(lay_out(state).error().code, ErrorCode::exhausted);
}

}  // namespace
}  // namespace titan::gitops
