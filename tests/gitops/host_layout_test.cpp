#include "gitops/host_layout.hpp"

#include <gtest/gtest.h>

#include "gitops/limits.hpp"
#include "tests/gitops/git_tool.hpp"

namespace titan::gitops {
namespace {

using testing::deployment;

TEST(HostLayout, KeepsOfModesWhetherAFileMayBeExecuted) {
  const auto prod = deployment("lab", "b", {{"root/etc/x", 0600, "x"}, {"run.sh", 0100, "y"}});
  const DeploymentLayout layout = lay_out(prod).value();
  ASSERT_EQ(layout.files.size(), 2U);
  EXPECT_EQ(layout.files.at("root/etc/x").content, "x");
  EXPECT_EQ(layout.files.at("root/etc/x").mode, kPlainFileMode);
  EXPECT_EQ(layout.files.at("run.sh").mode, kExecutableFileMode);
}

TEST(HostLayout, ListsTheKubernetesFilesSorted) {
  const std::string object = "apiVersion: v1\nkind: Pod\n";
  const auto prod = deployment("default", "a",
                               {{"z.yaml", 0644, object},
                                {"Kustomization", 0644, object},
                                {"kustomization.yaml", 0644, object},
                                {"p.yaml", 0644, object},
                                {"values.yaml", 0644, "a: 1\n"}});
  EXPECT_EQ(lay_out(prod).value().resources, (std::vector<std::string>{"p.yaml", "z.yaml"}));
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
       ours},
      {"a workspace named as the kustomization",
       {"tim-pi", {deployment("kustomization.yaml", "prod", {{"a", 0644, ""}})}},
       "deployment kustomization.yaml/prod"},
  };
  for (const Row& row : rows) {
    auto checked = check_host(row.state);
    for (const auto& one : row.state.deployments) {
      if (!checked) break;
      if (const auto layout = lay_out(one); !layout) checked = layout.error();
    }
    ASSERT_FALSE(checked.ok()) << row.what;
    EXPECT_EQ(checked.error().code, ErrorCode::invalid) << row.what;
    EXPECT_EQ(checked.error().subject, row.subject) << row.what;
  }
}

TEST(HostLayout, RefusesMoreFilesThanTheLimit) {
  std::vector<model::RenderedFile> files(kHostFilesMax + 1);
  for (std::size_t i = 0; i < files.size(); ++i) files[i].path = "f" + std::to_string(i);
  EXPECT_EQ(lay_out(deployment("a", "b", files)).error().code, ErrorCode::exhausted);
}

}  // namespace
}  // namespace titan::gitops
