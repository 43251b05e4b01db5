// The three programs: two agents and the server itself push to one branch of one remote.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/process_runner.hpp"
#include "base/signing.hpp"
#include "tests/e2e/programs.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan {
namespace {

using testing::GitTool;
using testing::RunningServer;
using Lines = std::vector<std::string>;

constexpr int kChanges = 6;

class ServerRace : public ::testing::Test {
 protected:
  static std::string made_remote(const std::string& path) {
    testing::make_bare_repository(path);
    const GitTool remote(path);
    remote.commit_file("README.md", "by hand");
    remote.commit_file("hosts/somebody/file", "theirs");
    return path;
  }
  // A key that signs what the server commits.
  std::string made_key() {
    testing::SeededRandom random(3);
    const std::string path = folder_.path() + "/git.key";
    std::ofstream(path) << SigningKey::make(random).secret_text().bytes() << "\n";
    std::filesystem::permissions(path, std::filesystem::perms(0600));
    return path;
  }

  Outcome titan(std::vector<std::string> arguments) {
    Outcome outcome = testing::run_titan(server_, std::move(arguments));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    return outcome;
  }
  void make_fleet() {
    testing::TemporaryDirectory tree;
    std::filesystem::create_directories(tree.path() + "/root/etc");
    std::ofstream(tree.path() + "/root/etc/service.conf") << "{{host.name}} {{values.n}}\n";
    titan({"create", "template", "service", "-f", tree.path()});
    for (const std::string host : {"tim-pi", "ada-pi"}) {
      titan({"create", "host", host, "--labels", "site=lab"});
    }
    for (const std::string host : {"cluster-1", "cluster-2"}) {
      titan({"create", "host", host, "--labels", "site=lab", "--delivery", "gitops"});
    }
    titan({"create", "workload", "sensor", "--template", "service"});
    titan({"create", "target", "lab", "--labels", "site=lab"});
    titan({"create", "deployment", "prod", "--workload", "sensor", "--target", "lab", "--values",
           "{n: 0}"});
  }
  // Runs the agent until it has pushed what is wanted.
  void run_agent(const std::string& host) {
    auto arguments = testing::agent_once(server_, host, folder_.path() + "/" + host);
    arguments.back() = "file://" + remote_path_;
    constexpr int kRuns = 10;
    for (int i = 0; i < kRuns; ++i) {
      SystemProcessRunner runner;
      if (runner.run({.arguments = arguments})->exit_code == 0) return;
    }
    ADD_FAILURE() << host << " could not push";
  }

  testing::TemporaryDirectory folder_;
  std::string remote_path_ = made_remote(folder_.path() + "/fleet.git");
  GitTool remote_{remote_path_};
  RunningServer server_{folder_.path() + "/server",
                        {"--git", "file://" + remote_path_, "--git-sign", made_key()}};
};

TEST_F(ServerRace, LosesNothingAndTouchesNoForeignPath) {
  make_fleet();
  const model::Key prod{.kind = model::Kind::deployment, .workspace = "default", .name = "prod"};
  for (int i = 1; i <= kChanges; ++i) {
    model::Entity changed = server_.client().get(prod).value();
    std::get<model::DeploymentSpec>(changed.spec).values =
        model::Values::from(nlohmann::json{{"n", i}}).value();
    ASSERT_TRUE(server_.client().put(changed));
    std::thread tim([this] { run_agent("tim-pi"); });
    run_agent("ada-pi");
    tim.join();
  }
  EXPECT_EQ(server_.await_status(prod, model::Status::ready), model::Status::ready);

  const std::string last = std::to_string(kChanges);
  for (const std::string host : {"tim-pi", "ada-pi", "cluster-1", "cluster-2"}) {
    EXPECT_EQ(remote_.content("hosts/" + host + "/default/prod/root/etc/service.conf"),
              host + " " + last + "\n");
  }
  for (const std::string host : {"tim-pi", "ada-pi"}) {
    EXPECT_EQ(remote_.lines({"rev-list", "main", "--", "hosts/" + host}).size(), kChanges);
  }
  const Lines by_server = remote_.lines({"rev-list", "--author=titan-server", "main"});
  EXPECT_EQ(by_server.size(), server_.metric("titan_gitops_commits_total"));
  for (const std::string& id : by_server) {
    EXPECT_NE(remote_.run({"cat-file", "commit", id}).find("gpgsig -----BEGIN SSH SIGNATURE"),
              std::string::npos);
  }
  EXPECT_EQ(remote_.run({"rev-list", "--merges", "main"}), "");
  EXPECT_EQ(remote_.content("README.md"), "by hand");
  EXPECT_EQ(remote_.content("hosts/somebody/file"), "theirs");
  remote_.expect_no_foreign_path();
  remote_.expect_sound();

  const Outcome described = titan({"describe", "deployment", "prod"});
  EXPECT_NE(described.output.find(by_server[0].substr(0, 12)), std::string::npos)
      << described.output;
  EXPECT_NE(titan({"get", "hosts", "-o", "wide"}).output.find("gitops"), std::string::npos);
}

}  // namespace
}  // namespace titan
