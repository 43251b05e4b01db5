// Templates in Git, from a commit to the host, by the three programs.
#include <gtest/gtest.h>

#include <filesystem>

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
  model::Entity stored() {
    return server_.client().get({.kind = model::Kind::template_, .name = "service"}).value();
  }
  // Waits for the changes after which the template is as wanted.
  template <class Condition>
  model::Entity await(const Condition& condition) {
    std::string since = server_.client().status().value().bookmark;
    for (int i = 0; i < 60; ++i) {
      const model::Entity entity = stored();
      if (condition(entity)) return entity;
      const auto news =
          server_.client().changes({.since = since, .wait = std::chrono::seconds(1)}).value();
      since = news.bookmark.text();
    }
    ADD_FAILURE() << "it did not come about: "
                  << (stored().reason.empty() ? "" : stored().reason[0]);
    return stored();
  }
  model::Entity await_commit(const std::string& commit) {
    return await([&](const model::Entity& entity) {
      return std::get<model::TemplateSpec>(entity.spec).git->commit == commit;
    });
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
  await_commit(first);
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
  const model::Entity followed = await_commit(second);
  EXPECT_EQ(followed.status, model::Status::ready);
  EXPECT_EQ(on_host("etc/service.conf"), "second 1\n");
  const Outcome wide = testing::run_titan(server_, {"get", "templates", "-o", "wide"});
  EXPECT_NE(wide.output.find(second.substr(0, 12)), std::string::npos) << wide.output;

  tree_.write("deploy/template.yaml", "driverr: files\n");
  tree_.commit("a mistake");
  titan({"sync", "template", "service"});
  const model::Entity bad =
      await([](const model::Entity& entity) { return entity.status == model::Status::error; });
  ASSERT_FALSE(bad.reason.empty());
  EXPECT_NE(bad.reason[0].find("did you mean \"driver\"?"), std::string::npos) << bad.reason[0];
  EXPECT_EQ(on_host("etc/service.conf"), "second 1\n");
}

}  // namespace
}  // namespace titan
