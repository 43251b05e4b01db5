// Templates in Git, from a commit to the host, by the three programs.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/await_template.hpp"
#include "tests/e2e/programs.hpp"
#include "tests/support/git_work_tree.hpp"

namespace titan {
namespace {

using testing::RunningServer;

class TemplateGitTest : public ::testing::Test {
 protected:
  void titan(std::vector<std::string> arguments) {
    const Outcome outcome = testing::run_titan(server_, std::move(arguments));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  }
  std::string on_host(const std::string& file) {
    const auto arguments = testing::agent_once(server_, "tim-pi", folder_.path());
    EXPECT_EQ(SystemProcessRunner().run({.arguments = arguments})->exit_code, 0);
    return testing::read_text(folder_.path() + "/root/" + file);
  }

  testing::TemporaryDirectory folder_;
  testing::GitWorkTree tree_;
  RunningServer server_{
      folder_.path() + "/server",
      {"--template-repositories", std::filesystem::path(tree_.path()).parent_path().string(),
       "--template-interval", "1s"}};
};

TEST_F(TemplateGitTest, ACommitBecomesAVersionAndReachesTheHost) {
  tree_.write("deploy/template.yaml",
              "defaults: {n: 1}\nvaluesSchema: {properties: {n: {type: integer}}}\n"
              "ignore: ['*.md']\n");
  tree_.write("deploy/README.md", "not delivered");
  tree_.write("deploy/root/etc/service.conf", "first {{values.n}}\n");
  const std::string first = tree_.commit("first");
  titan({"create", "template", "service", "--repo", tree_.path(), "--ref", "main", "--path",
         "deploy/"});
  testing::await_commit(server_, "service", first);
  titan({"create", "host", "tim-pi", "--labels", "name=tim-pi"});
  titan({"create", "workload", "sensor", "--template", "service"});
  titan({"create", "target", "tim-pi", "--labels", "name=tim-pi"});
  const Outcome refused =
      testing::run_titan(server_, {"create", "deployment", "prod", "--workload", "sensor",
                                   "--target", "tim-pi", "--values", "{n: many}"});
  EXPECT_NE(refused.errors.find("spec.values.n: found \"many\", expected an integer"),
            std::string::npos)
      << refused.errors;
  titan({"create", "deployment", "prod", "--workload", "sensor", "--target", "tim-pi"});
  EXPECT_EQ(on_host("etc/service.conf"), "first 1\n");

  tree_.write("deploy/root/etc/service.conf", "second {{values.n}}\n");
  const std::string second = tree_.commit("second");
  const model::Entity followed = testing::await_commit(server_, "service", second);
  EXPECT_EQ(followed.status, model::Status::ready);
  EXPECT_EQ(on_host("etc/service.conf"), "second 1\n");
  const Outcome wide = testing::run_titan(server_, {"get", "templates", "-o", "wide"});
  EXPECT_NE(wide.output.find(second.substr(0, 12)), std::string::npos) << wide.output;

  tree_.write("deploy/template.yaml", "driverr: files\n");
  tree_.commit("a mistake");
  titan({"sync", "template", "service"});
  const model::Entity bad = testing::await_template(
      server_, "service",
      [](const model::Entity& entity) { return entity.status == model::Status::error; });
  ASSERT_FALSE(bad.reason.empty());
  EXPECT_NE(bad.reason[0].find("did you mean \"driver\"?"), std::string::npos) << bad.reason[0];
  EXPECT_EQ(on_host("etc/service.conf"), "second 1\n");
}

}  // namespace
}  // namespace titan
