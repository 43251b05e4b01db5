// The three programs as a person meets them: their command lines, output and exit codes.
#include <gtest/gtest.h>
#include <signal.h>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

using testing::RunningServer;

Outcome run(std::vector<std::string> arguments) {
  return SystemProcessRunner().run({.arguments = std::move(arguments)}).value();
}

TEST(CommandLine, TheSevenLinesWorkAsTypedAgainstAServerThatWasJustStarted) {
  const testing::TemporaryDirectory folder;
  RunningServer server(folder.path() + "/server");
  struct Row {
    const char* line;
    const char* says;
  };
  const std::vector<Row> rows = {
      {"titan create host --name tim-pi --labels name=tim-pi,platform=kubernetes",
       "host/tim-pi created\n"},
      {"titan create template device-service -f ./device-service",
       "template/device-service created\n"},
      {"titan get workspaces", "default"},
      {"titan create workload temperature-sensor --repo "
       "https://github.com/timfpark/temp-sensor",
       "workload/temperature-sensor created\n"},
      {"titan create workload temperature-sensor --repo "
       "https://github.com/timfpark/temp-sensor --workspace iot",
       "workspace/iot created\nworkload/temperature-sensor created\n"},
      {"titan create target tim-pi --labels name=tim-pi", "target/tim-pi created\n"},
      {"titan create deployment prod --workload temperature-sensor --template device-service "
       "--target tim-pi",
       "deployment/prod created\n"},
  };
  for (const Row& row : rows) {
    std::vector<std::string> words = split(row.line, ' ');
    words.erase(words.begin());
    const Outcome outcome = testing::run_titan(server, words);
    EXPECT_EQ(outcome.exit_code, 0) << row.line << ": " << outcome.errors;
    EXPECT_NE(outcome.output.find(row.says), std::string::npos) << outcome.output;
  }
  const Outcome again = testing::run_titan(server, {"create", "host", "--name", "tim-pi"});
  EXPECT_EQ(again.exit_code, 4);
  EXPECT_EQ(again.errors, "titan: host tim-pi: it exists already, at revision 1\n");
}

TEST(CommandLine, TheServerListensBeyondLoopbackOnlyWithTlsOrWhenToldTo) {
  const testing::TemporaryDirectory folder;
  const Outcome outcome = run({testing::program_path("titan-server"), "--data",
                               folder.path() + "/server", "--listen", "0.0.0.0:7480"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.errors.find("is not on loopback"), std::string::npos) << outcome.errors;
  EXPECT_TRUE(testing::read_files(folder.path()).empty());
  RunningServer server(folder.path() + "/server", {"--insecure"}, "0.0.0.0:0");
  EXPECT_EQ(testing::run_titan(server, {"get", "hosts"}).exit_code, 0);
}

TEST(CommandLine, TheServerStopsCleanlyAndKeepsEverything) {
  const testing::TemporaryDirectory folder;
  {
    RunningServer server(folder.path() + "/server");
    ASSERT_EQ(testing::run_titan(server, {"create", "host", "pi"}).exit_code, 0);
    server.program().signal(SIGTERM);
    EXPECT_EQ(server.program().wait(), 0);
  }
  RunningServer server(folder.path() + "/server");
  EXPECT_TRUE(server.client().get({.kind = model::Kind::host, .name = "pi"}));
}

TEST(CommandLine, TwoServersNeverShareAStore) {
  const testing::TemporaryDirectory folder;
  RunningServer server(folder.path() + "/server");
  const Outcome second = run({testing::program_path("titan-server"), "--data",
                              folder.path() + "/server", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(second.exit_code, 7) << second.errors;
}

TEST(CommandLine, TellsByTheExitCodeWhatHappened) {
  const testing::TemporaryDirectory folder;
  RunningServer server(folder.path() + "/server");
  const std::string nowhere = "http://127.0.0.1:1";
  EXPECT_EQ(testing::run_titan(nowhere, {"get", "hosts"}).exit_code, 6);
  EXPECT_EQ(testing::run_titan(server, {"get", "host", "gone"}).exit_code, 3);
  EXPECT_EQ(testing::run_titan(server, {"get", "hosst"}).exit_code, 2);
  EXPECT_EQ(run(testing::agent_once(nowhere, "pi", folder.path())).exit_code, 5);  // not enrolled
  testing::enroll(server, "pi", folder.path());
  EXPECT_EQ(run(testing::agent_once(nowhere, "pi", folder.path())).exit_code, 6);
  EXPECT_EQ(testing::run_titan(server.url(), {"get", "hosts"}).exit_code, 5);  // without a token
  EXPECT_EQ(run(testing::agent_once(server.url(), "pi", folder.path())).exit_code, 0);
  EXPECT_EQ(run(testing::agent_once(server.url(), "nuc", folder.path())).exit_code, 2);
  EXPECT_EQ(run(testing::agent_once(server.url(), "../pi", folder.path())).exit_code, 2);
  EXPECT_EQ(run({testing::program_path("titan-agent"), "--help"}).exit_code, 0);
  EXPECT_EQ(run({testing::program_path("titan-server"), "--version"}).output,
            "titan-server " TITAN_VERSION "\n");
}

TEST(CommandLine, TheAgentAsADaemonAppliesAndStopsWhenTold) {
  const testing::TemporaryDirectory folder;
  RunningServer server(folder.path() + "/server");
  ASSERT_EQ(testing::run_titan(server, {"apply", "-f", "fleet"}).exit_code, 0);
  auto arguments = testing::agent_once(server, "tim-pi", folder.path());
  arguments[1] = "run";
  testing::BackgroundProgram agent(arguments, folder.path() + "/agent.log");
  const SystemClock clock;
  const auto deadline = clock.monotonic() + std::chrono::seconds(30);
  const model::Key prod{.kind = model::Kind::deployment, .workspace = "default", .name = "prod"};
  while (server.client().get(prod)->status != model::Status::ready) {
    ASSERT_LT(clock.monotonic(), deadline) << testing::read_text(folder.path() + "/agent.log");
  }
  // It holds its state directory as long as it runs.
  EXPECT_EQ(run(testing::agent_once(server, "tim-pi", folder.path())).exit_code, 7);
  agent.signal(SIGTERM);
  EXPECT_EQ(agent.wait(), 0);
  EXPECT_FALSE(testing::read_files(folder.path() + "/root").empty());
}

}  // namespace
}  // namespace titan
