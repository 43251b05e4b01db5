// Health checks, the way back and what depends on what, with the real programs: templates from
// folders, as people write them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

using testing::RunningServer;

class AgentTransactions : public ::testing::Test {
 protected:
  AgentTransactions() : server_(folder_.path() + "/server") {
    titan({"create", "host", "--name", "pi", "--labels", "name=pi"});
    titan({"create", "workload", "w", "--repo", "https://example.org/w"});
    titan({"create", "target", "pi", "--labels", "name=pi"});
    testing::enroll(server_, "pi", folder_.path());
  }

  Outcome titan(std::vector<std::string> arguments) {
    Outcome outcome = testing::run_titan(server_, std::move(arguments));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    return outcome;
  }
  // A template's folder as somebody writes it; what is below hooks/ can be executed.
  void put_template(const std::string& name, const std::map<std::string, std::string>& files) {
    namespace fs = std::filesystem;
    const std::string folder = folder_.path() + "/templates/" + name;
    fs::remove_all(folder);
    for (const auto& [path, content] : files) {
      const fs::path place = fs::path(folder) / path;
      fs::create_directories(place.parent_path());
      std::ofstream(place) << content;
      if (path.starts_with("hooks/")) fs::permissions(place, fs::perms::owner_all);
    }
    titan({"apply", "template", name, "-f", folder});
  }
  void put_deployment(const std::string& name, const std::string& template_name,
                      std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"create", "deployment", name, "--workload", "w", "--template",
                               template_name, "--target", "pi"});
    titan(std::move(more));
  }
  Outcome once() {
    return SystemProcessRunner()
        .run({.arguments = testing::agent_once(server_, "pi", folder_.path())})
        .value();
  }
  std::string placed(const std::string& path) {
    return testing::read_text(folder_.path() + "/root/" + path);
  }
  std::string describe(const std::string& name) {
    server_.settle();
    return titan({"describe", "deployment", name}).output;
  }

  testing::TemporaryDirectory folder_{testing::folder_in_memory()};
  RunningServer server_;
};

// What a template says of health: its value has to be a certain word.
std::string manifest_with_check() {
  return "health:\n"
         "  startPeriod: 0s\n"
         "  interval: 1s\n"
         "  window: 0s\n"
         "  checks:\n"
         "    - exec: [sh, -c, 'echo looking at {{deployment.name}}; test {{values.is}} = well']\n"
         "defaults: {is: well}\n";
}

TEST_F(AgentTransactions, AVersionThatIsNotHealthyGoesAndItsReasonAndOutputAreShown) {
  put_template("t", {{"template.yaml", manifest_with_check()},
                     {"root/etc/{{deployment.name}}", "{{values.is}}\n"}});
  put_deployment("prod", "t");
  put_deployment("other", "t");
  ASSERT_EQ(once().exit_code, 0);
  EXPECT_EQ(placed("etc/prod"), "well\n");
  titan({"apply", "deployment", "prod", "--workload", "w", "--template", "t", "--target", "pi",
         "--values", "{is: ill}"});
  EXPECT_EQ(once().exit_code, 1);
  EXPECT_EQ(placed("etc/prod"), "well\n");
  EXPECT_EQ(placed("etc/other"), "well\n");
  const std::string shown = describe("prod");
  EXPECT_NE(shown.find("it is not healthy: sh ended with 1"), std::string::npos) << shown;
  EXPECT_NE(shown.find("looking at prod"), std::string::npos) << shown;
  EXPECT_NE(describe("other").find("READY"), std::string::npos);
}

TEST_F(AgentTransactions, ADeploymentThatKillsTheAgentIsGivenUpAndItsSiblingsGoOn) {
  put_template("good", {{"root/etc/{{deployment.name}}", "one\n"}});
  put_template("deadly", {{"root/etc/{{deployment.name}}", "one\n"}});
  put_deployment("prod", "deadly");
  put_deployment("sibling", "good");
  ASSERT_EQ(once().exit_code, 0);
  put_template("good", {{"root/etc/{{deployment.name}}", "two\n"}});
  put_template("deadly", {{"root/etc/{{deployment.name}}", "deadly\n"},
                          {"hooks/post-apply", "#!/bin/sh\nkill -9 $PPID\nsleep 5\n"}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(once().exit_code, 128 + SIGKILL);
    std::filesystem::remove_all(folder_.path() + "/run");  // and the machine starts again
  }
  EXPECT_EQ(once().exit_code, 1);
  EXPECT_EQ(placed("etc/prod"), "one\n");
  EXPECT_EQ(placed("etc/sibling"), "two\n");
  EXPECT_EQ(server_.await_status(model::Key::parse("default/deployment/default/sibling").value(),
                                 model::Status::ready),
            model::Status::ready);
  EXPECT_NE(describe("prod").find("stopped while it was applied"), std::string::npos);
  // Until somebody has put it right.
  put_template("deadly", {{"root/etc/{{deployment.name}}", "three\n"}});
  EXPECT_EQ(once().exit_code, 0);
  EXPECT_EQ(placed("etc/prod"), "three\n");
}

TEST_F(AgentTransactions, WaitForWhatTheyDependOn) {
  put_template("t", {{"template.yaml", manifest_with_check()},
                     {"root/etc/{{deployment.name}}", "{{values.is}}\n"}});
  put_deployment("base", "t", {"--values", "{is: ill}"});
  put_deployment("app", "t", {"--depends-on", "base"});
  EXPECT_EQ(once().exit_code, 1);
  EXPECT_EQ(testing::read_files(folder_.path() + "/root"), (std::map<std::string, std::string>{}));
  EXPECT_NE(describe("app").find("waiting for default/base"), std::string::npos);
  titan({"apply", "deployment", "base", "--workload", "w", "--template", "t", "--target", "pi"});
  EXPECT_EQ(once().exit_code, 0);
  EXPECT_EQ(placed("etc/app"), "well\n");
  EXPECT_NE(describe("app").find("READY"), std::string::npos);
}

}  // namespace
}  // namespace titan
