// What the tools that read the repository make of it.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/text.hpp"
#include "gitops/repository.hpp"
#include "tests/e2e/git/git_servers.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

using testing::deployment;
using testing::info_at;

std::string object(const std::string& name, const std::string& value) {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  value: \"" +
         value + "\"\n";
}

class GitTools : public ::testing::Test {
 protected:
  void commit(HostState state) {
    const auto done = repository_->commit(state, info_at(++seq_));
    ASSERT_TRUE(done.ok()) << done.error().text();
  }
  // Two hosts through some of their life.
  void live() {
    for (const std::string host : {"cluster-1", "cluster-2"}) {
      commit({.host = host});
      for (const std::string value : {"1", "2", "3"}) {
        commit({.host = host,
                .deployments = {
                    deployment(
                        "default", "web",
                        {{"config.yaml", 0644, object("web", value)},
                         {"more/two.yml", 0644, object("a", value) + "---\n" + object("b", value)},
                         {"values.yaml", 0644, "not: an object\n"},
                         {"root/etc/web.conf", 0644, "value = " + value + "\n"}}),
                    deployment("lab", "tool", {{"run.sh", 0755, "#!/bin/sh\n"}})}});
      }
    }
    commit({.host = "cluster-2"});
  }

  testing::TemporaryDirectory folder_{testing::folder_in_memory()};
  std::string path_ = folder_.path() + "/git";
  std::unique_ptr<Repository> repository_ = Repository::open_or_create(path_).value();
  testing::GitTool git_{path_};
  std::uint64_t seq_ = 0;
};

TEST_F(GitTools, SeeNothingOdd) {
  live();
  const std::string log = git_.run({"log", "--stat", "--format=%s", "main"});
  EXPECT_NE(log.find(" hosts/cluster-1/default/web/root/etc/web.conf "), std::string::npos) << log;
  const std::string path = "hosts/cluster-1/default/web/root/etc/web.conf";
  EXPECT_EQ(git_.lines({"log", "--format=%s", "main", "--", path}).size(), 3U);
  EXPECT_NE(git_.run({"blame", "main", "--", path}).find("value = 3"), std::string::npos);
  git_.expect_sound();
  EXPECT_EQ(git_.run({"diff", "--stat", "main", "main"}), "");
}

TEST_F(GitTools, HaveAKustomizationOfEachHost) {
  if (!std::filesystem::exists("/usr/bin/kubectl")) GTEST_SKIP() << "kubectl is not installed";
  live();
  const std::string clone = folder_.path() + "/clone";
  testing::run_tool({"git", "clone", "-q", path_, clone});
  const auto build = [&](const std::string& host) {
    return testing::run_tool({"/usr/bin/kubectl", "kustomize", clone + "/hosts/" + host});
  };
  const std::string built = build("cluster-1");
  for (const std::string name : {"web", "a", "b"}) {
    EXPECT_NE(built.find("name: " + name + "\n"), std::string::npos) << built;
  }
  EXPECT_EQ(built.find("not: an object"), std::string::npos);
  EXPECT_EQ(trim(build("cluster-2")), "");  // nothing is on it any more
}

}  // namespace
}  // namespace titan::gitops
