#include "base/process_runner.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace titan {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// The scripts here are fixed texts of the test; titan itself never runs a shell.
Command shell(const std::string& script) {
  return {.arguments = {"/bin/sh", "-c", script}};
}

class SystemProcessRunnerTest : public ::testing::Test {
 protected:
  Outcome run(const Command& command) {
    auto outcome = runner_.run(command);
    EXPECT_TRUE(outcome.ok()) << outcome.error().text();
    return outcome ? *outcome : Outcome{.exit_code = -1};
  }

  SystemProcessRunner runner_;
  testing::TemporaryDirectory directory_;
};

TEST_F(SystemProcessRunnerTest, GivesBackExitCodeAndBothStreams) {
  const Outcome outcome = run(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.output, "out\n");
  EXPECT_EQ(outcome.errors, "err\n");
  EXPECT_FALSE(outcome.timed_out);
}

TEST_F(SystemProcessRunnerTest, PassesArgumentsAsTheyAre) {
  const Outcome outcome = run({.arguments = {"printf", "%s|", "a b", "$HOME", "*", "", "\"'\n"}});
  EXPECT_EQ(outcome.output, "a b|$HOME|*||\"'\n|");
}

TEST_F(SystemProcessRunnerTest, GivesTheInputAndThenItsEnd) {
  EXPECT_EQ(run({.arguments = {"cat"}, .input = "some input"}).output, "some input");
  EXPECT_EQ(run({.arguments = {"cat"}}).output, "");
  const std::string large(3'000'000, 'x');
  EXPECT_EQ(run({.arguments = {"wc", "-c"}, .input = large}).output, "3000000\n");
  EXPECT_EQ(run({.arguments = {"true"}, .input = large}).exit_code, 0);  // reads nothing of it
}

TEST_F(SystemProcessRunnerTest, AddsToTheEnvironment) {
  ASSERT_EQ(::setenv("TITAN_TEST_KEPT", "kept", 1), 0);
  ASSERT_EQ(::setenv("TITAN_TEST_CHANGED", "old", 1), 0);
  Command command = shell("echo $TITAN_TEST_KEPT $TITAN_TEST_CHANGED $TITAN_TEST_NEW");
  command.environment = {{"TITAN_TEST_CHANGED", "changed"}, {"TITAN_TEST_NEW", "a=b"}};
  EXPECT_EQ(run(command).output, "kept changed a=b\n");
}

TEST_F(SystemProcessRunnerTest, GivesACleanEnvironmentWhenAsked) {
  ASSERT_EQ(::setenv("TITAN_TEST_KEPT", "kept", 1), 0);
  Command command = {.arguments = {"env"}, .environment = {{"ONLY", "this"}}};
  command.clean_environment = true;
  EXPECT_EQ(run(command).output, "ONLY=this\n");
}

TEST_F(SystemProcessRunnerTest, RunsInTheGivenFolder) {
  EXPECT_EQ(run({.arguments = {"pwd"}, .directory = directory_.path()}).output,
            directory_.path() + "\n");
  const auto missing = runner_.run({.arguments = {"pwd"}, .directory = directory_.path() + "/no"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().message.find("working folder"), std::string::npos);
}

TEST_F(SystemProcessRunnerTest, NamesAProgramThatCannotBeStarted) {
  const std::string plain = directory_.path() + "/plain";
  const std::string text = directory_.path() + "/text";
  std::ofstream(plain) << "#!/bin/sh\n";
  std::ofstream(text) << "no program\n";
  std::filesystem::permissions(text, std::filesystem::perms::owner_all);
  const struct {
    std::string program;
    ErrorCode code;
  } rows[] = {
      {"titan-no-such-program", ErrorCode::not_found},
      {directory_.path() + "/missing", ErrorCode::not_found},
      {plain + "/inside", ErrorCode::not_found},
      {"", ErrorCode::not_found},
      {plain, ErrorCode::denied},              // not executable
      {directory_.path(), ErrorCode::denied},  // a folder
      {text, ErrorCode::denied},               // no format that the kernel knows
  };
  for (const auto& row : rows) {
    const auto outcome = runner_.run({.arguments = {row.program}});
    ASSERT_FALSE(outcome.ok()) << row.program;
    EXPECT_EQ(outcome.error().code, row.code) << outcome.error().text();
    EXPECT_NE(outcome.error().message.find('"' + row.program.substr(0, 64)), std::string::npos);
  }
}

TEST_F(SystemProcessRunnerTest, RefusesCommandsThatCannotBePassedOn) {
  const std::string nul("a\0b", 3);
  for (const Command& command : {
           Command{},
           Command{.arguments = {"true", nul}},
           Command{.arguments = {"true"}, .environment = {{"", "x"}}},
           Command{.arguments = {"true"}, .environment = {{"A=B", "x"}}},
           Command{.arguments = {"true"}, .environment = {{nul, "x"}}},
           Command{.arguments = {"true"}, .environment = {{"A", nul}}},
           Command{.arguments = {"true"}, .directory = nul},
       }) {
    const auto outcome = runner_.run(command);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code, ErrorCode::invalid);
  }
  const auto too_long = runner_.run({.arguments = {"true", std::string(10'000'000, 'a')}});
  ASSERT_FALSE(too_long.ok());
  EXPECT_EQ(too_long.error().code, ErrorCode::invalid);
}

TEST_F(SystemProcessRunnerTest, CountsASignalFrom128) {
  EXPECT_EQ(run(shell("kill -TERM $$")).exit_code, 128 + SIGTERM);
  EXPECT_EQ(run(shell("kill -KILL $$")).exit_code, 128 + SIGKILL);
}

TEST_F(SystemProcessRunnerTest, StartsWithDefaultSignalsWhateverTheCallerSet) {
  ::signal(SIGTERM, SIG_IGN);
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &term, nullptr);
  EXPECT_EQ(run(shell("kill -TERM $$")).exit_code, 128 + SIGTERM);
  EXPECT_EQ(run(shell("kill -USR1 $$")).exit_code, 128 + SIGUSR1);
  ::pthread_sigmask(SIG_UNBLOCK, &term, nullptr);
  ::signal(SIGTERM, SIG_DFL);
}

TEST_F(SystemProcessRunnerTest, TakesNoLostExitCodeForSuccess) {
  ::signal(SIGCHLD, SIG_IGN);
  const auto outcome = runner_.run(shell("exit 1"));
  ::signal(SIGCHLD, SIG_DFL);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, ErrorCode::internal);
}

TEST_F(SystemProcessRunnerTest, DropsOutputOverTheLimitAndLetsTheProgramGoOn) {
  Command command = shell("head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2; exit 4");
  command.output_bytes_max = 1000;
  const Outcome outcome = run(command);
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_EQ(outcome.output.size(), 1000U);
  EXPECT_EQ(outcome.errors.size(), 1000U);
  command.output_bytes_max = 10'000'000;
  EXPECT_EQ(run(command).output.size(), 5'000'000U);
}

TEST_F(SystemProcessRunnerTest, KillsTheWholeGroupAtTheTimeout) {
  Command command = shell("echo $$; sleep 600 & echo $!; wait");
  command.timeout = seconds(3);  // time enough to say both numbers on a busy machine
  const auto start = steady_clock::now();
  const Outcome outcome = run(command);
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.exit_code, 128 + SIGKILL);
  EXPECT_LT(steady_clock::now() - start, seconds(60));
  std::istringstream ids(outcome.output);
  int leader = 0;
  int child = 0;
  ASSERT_TRUE(ids >> leader >> child) << outcome.output;
  EXPECT_EQ(::kill(leader, 0), -1);
  // The orphan dies of the signal in its own time; whoever adopted it may not have reaped it yet.
  const auto is_dead = [child] {
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string line;
    if (!std::getline(stat, line)) return true;
    const char state = line[line.rfind(')') + 2];
    return state == 'Z' || state == 'X';
  };
  const auto deadline = steady_clock::now() + seconds(30);
  while (!is_dead() && steady_clock::now() < deadline) {
  }
  EXPECT_TRUE(is_dead());
}

TEST_F(SystemProcessRunnerTest, KillsAtTheTimeoutAProgramThatNeverStopsWriting) {
  const Outcome outcome = run({.arguments = {"yes"}, .timeout = seconds(3)});
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_EQ(outcome.output.size(), Command{}.output_bytes_max);
}

TEST_F(SystemProcessRunnerTest, DoesNotWaitForWhatTheProgramLeavesRunning) {
  const auto start = steady_clock::now();
  const Outcome outcome = run(shell("sleep 600 & echo $!"));
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_LT(steady_clock::now() - start, seconds(20));
  EXPECT_EQ(::kill(std::stoi(outcome.output), SIGKILL), 0);
}

TEST_F(SystemProcessRunnerTest, SeesTheOutputOfAProgramThatClosedItsStreams) {
  EXPECT_EQ(run(shell("echo a; exec >&- 2>&-; exit 5")).exit_code, 5);
}

TEST_F(SystemProcessRunnerTest, PassesOnNoDescriptorAndLeavesNoneOpen) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const int leaky = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  const auto before = count();
  EXPECT_EQ(run({.arguments = {"ls", "/proc/self/fd"}}).output, "0\n1\n2\n3\n");  // 3: ls itself
  EXPECT_FALSE(runner_.run({.arguments = {"titan-no-such-program"}}).ok());
  EXPECT_EQ(count(), before);
  ::close(leaky);
}

TEST_F(SystemProcessRunnerTest, LeavesNoZombies) {
  run(shell("exit 1"));
  run({.arguments = {"sleep", "600"}, .timeout = milliseconds(1)});
  EXPECT_FALSE(runner_.run({.arguments = {"titan-no-such-program"}}).ok());
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(SystemProcessRunnerTest, LeavesAnInteractiveProgramInItsOwnGroupAndAtItsTerminal) {
  // The fifth field of /proc/self/stat is the process group.
  Command command =
      shell("read a b c d group rest < /proc/$$/stat; [ $group = $1 ] && [ /proc/$$/fd/2 -ef $2 ]");
  const std::string errors = "/proc/" + std::to_string(getpid()) + "/fd/2";
  command.arguments.insert(command.arguments.end(), {"sh", std::to_string(getpgrp()), errors});
  command.interactive = true;
  command.timeout = milliseconds(0);
  EXPECT_EQ(run(command).exit_code, 0);
  command = shell("kill -INT $$");
  command.interactive = true;
  EXPECT_EQ(run(command).exit_code, 128 + SIGINT) << "the program must not inherit an ignored one";
  command.input = "x";
  EXPECT_EQ(runner_.run(command).error().code, ErrorCode::invalid);
}

TEST_F(SystemProcessRunnerTest, IgnoresWhatIsTypedForAnInteractiveProgramAndNothingAfterwards) {
  Command command = shell("kill -INT $PPID");
  command.interactive = true;
  // Who runs tests in the background may have the signal ignored already.
  const auto before = ::signal(SIGINT, SIG_DFL);
  EXPECT_EQ(run(command).exit_code, 0);
  EXPECT_EQ(::signal(SIGINT, before), SIG_DFL);
}

TEST_F(SystemProcessRunnerTest, RunsFromSeveralThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string text = std::to_string(t) + "-" + std::to_string(i);
        EXPECT_EQ(run({.arguments = {"cat"}, .input = text}).output, text);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace titan
