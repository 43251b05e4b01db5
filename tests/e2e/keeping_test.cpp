// Backup, restore and check of a real server's store, from the command line.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "base/process_runner.hpp"
#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

using testing::RunningServer;

class Keeping : public ::testing::Test {
 protected:
  Outcome keep(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), testing::program_path("titan-server"));
    return SystemProcessRunner()
        .run({.arguments = std::move(arguments), .environment = {{"TITAN_DATA", data_}}})
        .value();
  }

  testing::TemporaryDirectory folder_;
  std::string data_ = folder_.path() + "/server";
  std::string file_ = folder_.path() + "/titan.bak";
};

TEST_F(Keeping, ABackupOfARunningServerComesBackInANewEpoch) {
  std::string epoch;
  {
    RunningServer server(data_);
    ASSERT_EQ(testing::run_titan(server, {"create", "host", "early"}).exit_code, 0);
    const Outcome backup = keep({"backup", file_});
    ASSERT_EQ(backup.exit_code, 0) << backup.errors;
    epoch = backup.output.substr(backup.output.find("bookmark ") + 9, 16);
    ASSERT_EQ(testing::run_titan(server, {"create", "host", "late"}).exit_code, 0);
    EXPECT_EQ(keep({"restore", file_, "--force"}).exit_code, 7);
    EXPECT_EQ(keep({"check"}).exit_code, 0);
    server.program().signal(SIGTERM);
    EXPECT_EQ(server.program().wait(), 0);
  }
  EXPECT_EQ(keep({"restore", file_}).exit_code, 4);
  const Outcome restored = keep({"restore", file_, "--force"});
  ASSERT_EQ(restored.exit_code, 0) << restored.errors;
  EXPECT_EQ(restored.output.find(epoch), std::string::npos) << restored.output;
  RunningServer server(data_);
  EXPECT_TRUE(server.client().get({.kind = model::Kind::host, .name = "early"}));
  EXPECT_FALSE(server.client().get({.kind = model::Kind::host, .name = "late"}));
  EXPECT_EQ(keep({"check"}).exit_code, 0);
}

TEST_F(Keeping, TheSubcommandsSayWhatTheyWant) {
  struct Row {
    std::vector<std::string> arguments;
    int exit_code;
    std::string says;
  };
  const std::vector<Row> rows = {
      {{"--help"}, 0, "Subcommands:"},
      {{"backup", "--help"}, 0, "titan-server backup /backup/titan.bak --force"},
      {{"restore", "--help"}, 0, "every host gets its full manifest"},
      {{"check", "--help"}, 0, "titan-server check --data /var/lib/titan-server"},
      {{"backup"}, 2, "FILE is required"},
      {{"check", "FILE"}, 2, "FILE"},
      {{"--data", "", "check"}, 2, "--data: expected the folder of the store"},
      {{"--listen", "127.0.0.1:1", "check"}, 2, "are for serving, not for a subcommand"},
      {{"check"}, 3, "there is no such file"},
      {{"--data", folder_.path(), "check"}, 3, folder_.path() + "/titan.db"},
      {{"check", "--data", folder_.path()}, 3, folder_.path() + "/titan.db"},
  };
  for (const Row& row : rows) {
    const Outcome outcome = keep(row.arguments);
    EXPECT_EQ(outcome.exit_code, row.exit_code) << row.says << "\n" << outcome.errors;
    EXPECT_NE((outcome.output + outcome.errors).find(row.says), std::string::npos)
        << row.says << "\n"
        << outcome.output << outcome.errors;
  }
}

}  // namespace
}  // namespace titan
