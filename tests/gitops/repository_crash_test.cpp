#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <random>

#include "gitops/repository.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

using testing::info_at;
using testing::small_deployment;

constexpr int kKills = 50;

// The kernel kills this process with SIGKILL after so many microseconds.
void die_after(long micros) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer{};
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) ::_exit(1);
  const itimerspec when = {.it_interval = {}, .it_value = {.tv_sec = 0, .tv_nsec = micros * 1000}};
  if (::timer_settime(timer, 0, &when, nullptr) != 0) ::_exit(1);
}

HostState state_of(int number) {
  HostState state = {.host = "tim-pi"};
  for (int i = 0; i < 3; ++i) {
    state.deployments.push_back(
        small_deployment("d" + std::to_string(i), std::to_string(number * (i + 1))));
  }
  return state;
}

// Commits different states until the process is killed; with a remote, pushes each.
[[noreturn]] void work_until_killed(const std::string& path, const std::string& remote, int round) {
  auto repository = Repository::open_or_create(path);
  if (!repository) ::_exit(2);
  for (int i = 0;; ++i) {
    const auto id = repository.value()->commit(state_of(round * 1'000'000 + i), info_at(1));
    if (!id) ::_exit(3);
    if (!remote.empty() && !repository.value()->push(remote)) ::_exit(4);
  }
}

void kill_one(const std::string& path, const std::string& remote, int round, long micros) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    die_after(micros);
    work_until_killed(path, remote, round);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round << ": exit " << WEXITSTATUS(status);
}

// Kills a worker at random moments, and lets one more commit (and push) follow each time.
void survive_kills(const std::string& path, const std::string& remote) {
  std::mt19937 random(20260301);
  std::uniform_int_distribution<long> micros(1, 60'000);
  for (int round = 1; round <= kKills; ++round) {
    ASSERT_NO_FATAL_FAILURE(kill_one(path, remote, round, micros(random)));
    auto repository = Repository::open_or_create(path);
    ASSERT_TRUE(repository.ok()) << repository.error().text();
    const auto id = repository.value()->commit(state_of(-round), info_at(2));
    ASSERT_TRUE(id.ok()) << id.error().text();
    ASSERT_TRUE(id.value().has_value());
    if (remote.empty()) continue;
    const auto pushed = repository.value()->push(remote);
    ASSERT_TRUE(pushed.ok()) << pushed.error().text();
    ASSERT_EQ(testing::GitTool(remote).tip(), pushed.value().id);
  }
}

TEST(RepositoryCrash, LeavesARepositoryThatTheNextCommitContinues) {
  const testing::TemporaryDirectory folder(testing::folder_in_memory());
  const std::string path = folder.path() + "/git";
  ASSERT_NO_FATAL_FAILURE(survive_kills(path, ""));
  const testing::GitTool git(path);
  EXPECT_GE(git.subjects().size(), static_cast<std::size_t>(kKills));
  git.expect_sound();
}

TEST(RepositoryCrash, LeavesARemoteThatTheNextPushContinues) {
  const testing::TemporaryDirectory folder(testing::folder_in_memory());
  const std::string remote = folder.path() + "/fleet.git";
  testing::make_bare_repository(remote);
  ASSERT_NO_FATAL_FAILURE(survive_kills(folder.path() + "/git", remote));
  const testing::GitTool git(remote);
  EXPECT_GE(git.subjects().size(), static_cast<std::size_t>(kKills));
  EXPECT_EQ(git.run({"rev-list", "--merges", "main"}), "");
  git.expect_sound();
}

TEST(RepositoryCrash, LeavesACreationThatTheNextOpenCompletes) {
  std::mt19937 random(20260301);
  std::uniform_int_distribution<long> micros(1, 4'000);
  for (int round = 1; round <= kKills; ++round) {
    const testing::TemporaryDirectory folder(testing::folder_in_memory());
    const std::string path = folder.path() + "/a/git";
    ASSERT_NO_FATAL_FAILURE(kill_one(path, "", round, micros(random)));
    auto repository = Repository::open_or_create(path);
    ASSERT_TRUE(repository.ok()) << repository.error().text();
    ASSERT_TRUE(repository.value()->commit(state_of(-1), info_at(1)).ok());
    testing::GitTool(path).expect_sound();
  }
}

}  // namespace
}  // namespace titan::gitops
