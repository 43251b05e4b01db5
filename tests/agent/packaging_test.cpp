// What starts the agent on a host has a form that its reader takes. agent.yaml is in
// configuration_test.cpp.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "base/process_runner.hpp"
#include "base/text.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using titan::testing::TemporaryDirectory;

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool has_program(const std::string& name) {
  const auto found = SystemProcessRunner().run({.arguments = {name, "--version"}});
  return found && found->exit_code == 0;
}

// The commands of another machine are not here: their place is taken by one that is.
void copy_units(const std::string& folder) {
  for (const auto& entry : std::filesystem::directory_iterator("packaging/systemd")) {
    const std::string text = std::regex_replace(read(entry.path().string()),
                                                std::regex("/usr/bin/titan-agent"), "/bin/true");
    std::ofstream(folder + "/" + entry.path().filename().string()) << text;
  }
}

TEST(Packaging, HasUnitsThatSystemdTakes) {
  if (!has_program("systemd-analyze")) GTEST_SKIP() << "systemd-analyze is not there";
  const TemporaryDirectory folder;
  copy_units(folder.path());
  for (const char* unit :
       {"titan-agent.service", "titan-agent-once.service", "titan-agent.timer"}) {
    const auto checked =
        SystemProcessRunner()
            .run({.arguments = {"systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                                folder.path() + "/" + unit},
                  .environment = {{"SYSTEMD_UNIT_PATH", folder.path() + ":"}}})
            .value();
    EXPECT_EQ(checked.exit_code, 0) << unit << ": " << checked.errors;
    // What it says of other units of this machine is no matter of ours.
    for (const std::string& line : split(checked.errors, '\n')) {
      EXPECT_EQ(line.find(folder.path()), std::string::npos) << line;
    }
  }
}

TEST(Packaging, LetsTheDaemonOfSystemdDeliverFilesAndKeepItsSession) {
  const std::string unit = read("packaging/systemd/titan-agent.service");
  for (const char* line : {"Restart=always", "RuntimeDirectory=titan", "RuntimeDirectoryMode=0711",
                           "RuntimeDirectoryPreserve=yes", "KillSignal=SIGTERM",
                           "ExecReload=/bin/kill -HUP $MAINPID"}) {
    EXPECT_NE(unit.find(std::string("\n") + line + "\n"), std::string::npos) << line;
  }
  // A mount namespace, or fewer devices and rights, would be those of hooks and containers as well.
  for (const char* unit_name : {"titan-agent.service", "titan-agent-once.service"}) {
    const std::string text = read(std::string("packaging/systemd/") + unit_name);
    for (const char* hindrance :
         {"\nProtect", "\nPrivate", "\nReadOnly", "\nUser=", "\nDynamicUser", "\nDevice",
          "\nNoNewPrivileges", "\nRestrict", "\nMemory", "\nWatchdogSec"}) {
      EXPECT_EQ(text.find(hindrance), std::string::npos) << unit_name << ":" << hindrance;
    }
  }
}

TEST(Packaging, HasALineThatCronTakes) {
  const std::string text = read("packaging/cron.d/titan-agent");
  ASSERT_TRUE(text.ends_with('\n')) << "cron drops a last line without an end";
  const std::regex comment("#.*|");
  const std::regex variable("[A-Z]+=\\S+");
  const std::regex job(R"(((\*|[0-9]+)(/[0-9]+)? ){5}root (\S.*))");
  int jobs = 0;
  for (const std::string& line : split(text, '\n')) {
    std::smatch match;
    if (std::regex_match(line, match, job)) {
      ++jobs;
      const std::string command = match[4];
      EXPECT_NE(command.find("titan-agent once"), std::string::npos) << command;
      // A bare "%" ends the command.
      for (std::size_t at = command.find('%'); at != std::string::npos;
           at = command.find('%', at + 1)) {
        EXPECT_EQ(command[at - 1], '\\') << command;
      }
      const std::string plain = std::regex_replace(command, std::regex(R"(\\%)"), "%");
      const auto parsed = SystemProcessRunner().run({.arguments = {"sh", "-n", "-c", plain}});
      EXPECT_EQ(parsed->exit_code, 0) << parsed->errors;
    } else {
      EXPECT_TRUE(std::regex_match(line, comment) || std::regex_match(line, variable)) << line;
    }
  }
  EXPECT_EQ(jobs, 1);
  const std::string name = "packaging/cron.d/titan-agent";
  EXPECT_EQ(name.find('.', name.rfind('/')), std::string::npos) << "cron passes over such names";
}

TEST(Packaging, HasAnOpenRcScriptThatAShellTakes) {
  const std::string path = "packaging/openrc/titan-agent";
  EXPECT_TRUE(read(path).starts_with("#!/sbin/openrc-run\n"));
  const auto mode = std::filesystem::status(path).permissions();
  EXPECT_NE(mode & std::filesystem::perms::owner_exec, std::filesystem::perms::none);
  const auto parsed = SystemProcessRunner().run({.arguments = {"sh", "-n", path}}).value();
  EXPECT_EQ(parsed.exit_code, 0) << parsed.errors;
  if (!has_program("shellcheck")) GTEST_SKIP() << "shellcheck is not there";
  // SC2034: openrc-run reads the variables.
  const auto checked =
      SystemProcessRunner()
          .run({.arguments = {"shellcheck", "--shell=sh", "--exclude=SC2034,SC1008", path}})
          .value();
  EXPECT_EQ(checked.exit_code, 0) << checked.output;
}

}  // namespace
}  // namespace titan::agent
