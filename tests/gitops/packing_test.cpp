#include "gitops/packing.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "gitops/limits.hpp"
#include "gitops/repository.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

using testing::info_at;
using testing::small_deployment;

class PackingTest : public ::testing::Test {
 protected:
  void open(std::size_t depth) {
    repository_.reset();
    repository_ = Repository::open_or_create(path_, {.depth = depth}).value();
  }
  HostState state(int number) const {
    return {.host = "tim-pi", .deployments = {small_deployment("a", std::to_string(number))}};
  }
  void commit_and_tidy(int count, const std::string& remote = "") {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(repository_->commit(state(++number_), info_at(1)).ok());
      const auto tidied = repository_->tidy(remote);
      ASSERT_TRUE(tidied.ok()) << tidied.error().text();
    }
  }
  // Of all kinds of objects that are not packed.
  [[nodiscard]] std::size_t loose() const { return std::stoul(count_of("count")); }
  [[nodiscard]] std::size_t packs() const { return std::stoul(count_of("packs")); }
  [[nodiscard]] std::string count_of(const std::string& what) const {
    for (const std::string& line : git_.lines({"count-objects", "-v"})) {
      if (line.starts_with(what + ": ")) return line.substr(what.size() + 2);
    }
    return "";
  }

  testing::TemporaryDirectory folder_{testing::folder_in_memory()};
  std::string path_ = folder_.path() + "/git";
  std::unique_ptr<Repository> repository_;
  testing::GitTool git_{path_};
  int number_ = 0;
};

TEST_F(PackingTest, KeepsLooseObjectsAndPacksFew) {
  open(0);
  std::size_t most = 0;
  for (int round = 0; round < 20; ++round) {
    ASSERT_NO_FATAL_FAILURE(commit_and_tidy(100));
    most = std::max(most, loose());
  }
  // A folder of 256 is looked at, so it is some more or less than 256 times its limit.
  EXPECT_LT(most, 2'500U);
  EXPECT_LE(packs(), kPacksMax);
  EXPECT_GE(packs(), 2U);
  EXPECT_EQ(git_.subjects().size(), 2000U);
  git_.expect_sound();
}

TEST_F(PackingTest, PutsAllIntoOnePackWhenThereAreTooMany) {
  open(0);
  for (std::size_t pack = 0; pack <= kPacksMax; ++pack) {
    HostState many = {.host = "tim-pi"};
    for (std::size_t i = 0; i <= kLooseObjectsMax; ++i) {
      many.deployments.push_back(
          small_deployment("d" + std::to_string(i), std::to_string(pack * 1000 + i)));
    }
    ASSERT_TRUE(repository_->commit(many, info_at(1)).ok());
  }
  EXPECT_EQ(packs(), kPacksMax + 1);
  ASSERT_TRUE(repository_->tidy("").ok());
  EXPECT_EQ(packs(), 1U);
  EXPECT_EQ(git_.subjects().size(), kPacksMax + 1);
  git_.expect_sound();
  ASSERT_NO_FATAL_FAILURE(commit_and_tidy(1));
  git_.expect_sound();
}

TEST_F(PackingTest, KeepsSoManyCommitsAsTheDepthSays) {
  constexpr std::size_t kDepth = 10;
  open(kDepth);
  ASSERT_NO_FATAL_FAILURE(commit_and_tidy(600));
  const auto commits = git_.lines({"rev-list", "main"});
  EXPECT_GE(commits.size(), kDepth);
  EXPECT_LT(commits.size(), 500U);
  EXPECT_EQ(git_.run({"rev-parse", "--is-shallow-repository"}), "true\n");
  EXPECT_EQ(git_.content("hosts/tim-pi/default/a/settings.conf"), "600");
  git_.expect_sound();
  // Another start goes on, and Git's own tools read it.
  open(kDepth);
  ASSERT_NO_FATAL_FAILURE(commit_and_tidy(300));
  git_.run({"log", "--stat", "main"});
  git_.run({"blame", "main", "--", "hosts/tim-pi/default/a/settings.conf"});
  git_.expect_sound();
}

TEST_F(PackingTest, DropsNothingThatTheRemoteHasNotGot) {
  const std::string remote = folder_.path() + "/fleet.git";
  testing::make_bare_repository(remote);
  open(5);
  ASSERT_NO_FATAL_FAILURE(commit_and_tidy(300, remote));
  EXPECT_EQ(git_.lines({"rev-list", "main"}).size(), 300U);
  ASSERT_TRUE(repository_->push(remote).ok());
  ASSERT_NO_FATAL_FAILURE(commit_and_tidy(400, remote));
  // The 400 that wait, and not the 300 of before.
  EXPECT_GE(git_.lines({"rev-list", "main"}).size(), 400U);
  EXPECT_LT(git_.lines({"rev-list", "main"}).size(), 500U);
  EXPECT_EQ(repository_->queued(remote).value(), 400U);
  const auto pushed = repository_->push(remote);
  ASSERT_TRUE(pushed.ok()) << pushed.error().text();
  const testing::GitTool there(remote);
  EXPECT_EQ(there.subjects().size(), 700U);
  there.expect_sound();
  git_.expect_sound();
}

TEST_F(PackingTest, BringsAShortHistoryOnTopOfOthersAndToANewRemote) {
  const std::string remote = folder_.path() + "/fleet.git";
  testing::make_bare_repository(remote);
  const testing::GitTool there(remote);
  open(5);
  ASSERT_NO_FATAL_FAILURE(commit_and_tidy(1, remote));
  ASSERT_TRUE(repository_->push(remote).ok());
  for (int round = 0; round < 6; ++round) {
    there.commit_file("hosts/other/file", "theirs " + std::to_string(round));
    ASSERT_NO_FATAL_FAILURE(commit_and_tidy(100, remote));
    const auto pushed = repository_->push(remote);
    ASSERT_TRUE(pushed.ok()) << pushed.error().text();
  }
  EXPECT_LT(git_.lines({"rev-list", "main"}).size(), 400U);
  EXPECT_EQ(there.lines({"rev-list", "main"}).size(), 607U);
  EXPECT_EQ(there.content("hosts/other/file"), "theirs 5");
  there.expect_sound();

  const std::string other = folder_.path() + "/other.git";
  testing::make_bare_repository(other);
  const auto pushed = repository_->push(other);
  ASSERT_TRUE(pushed.ok()) << pushed.error().text();
  const testing::GitTool new_one(other);
  EXPECT_EQ(new_one.content("hosts/tim-pi/default/a/settings.conf"), std::to_string(number_));
  EXPECT_EQ(new_one.run({"rev-parse", "--is-shallow-repository"}), "false\n");
  new_one.expect_sound();
}

// A host that is new, or was reset, does not fetch what the fleet did in years.
TEST_F(PackingTest, FetchesNoMoreOfTheHistoryThanTheDepth) {
  const std::string remote = folder_.path() + "/fleet.git";
  testing::make_bare_repository(remote);
  const testing::GitTool there(remote);
  std::string commits;
  for (int i = 0; i < 300; ++i) {
    commits += "commit refs/heads/main\ncommitter Ada <ada@example.org> " +
               std::to_string(1000 + i) +
               " +0000\ndata 1\nx\nM 100644 inline hosts/other/x\ndata 4\n" +
               std::to_string(1000 + i) + "\n\n";
  }
  there.run({"fast-import", "--quiet"}, commits);
  open(10);
  ASSERT_NO_FATAL_FAILURE(commit_and_tidy(2, remote));
  const auto pushed = repository_->push(remote);
  ASSERT_TRUE(pushed.ok()) << pushed.error().text();
  EXPECT_EQ(there.lines({"rev-list", "main"}).size(), 302U);
  EXPECT_EQ(git_.lines({"rev-list", "main"}).size(), 12U);
  there.expect_sound();
  git_.expect_sound();
  there.commit_file("hosts/other/y", "more");
  ASSERT_NO_FATAL_FAILURE(commit_and_tidy(1, remote));
  ASSERT_TRUE(repository_->push(remote).ok());
  EXPECT_EQ(there.lines({"rev-list", "main"}).size(), 304U);
  there.expect_sound();
  git_.expect_sound();
}

TEST_F(PackingTest, ReadsWhatAnotherProcessHasPackedMeanwhile) {
  open(5);
  const auto other = Repository::open_or_create(path_, {.depth = 5}).value();
  for (int i = 0; i < 500; ++i) {
    Repository& turn = i % 2 == 0 ? *repository_ : *other;
    // The same states come back, whose trees may have been dropped.
    ASSERT_TRUE(turn.commit(state(i % 7), info_at(1)).ok());
    ASSERT_TRUE(turn.tidy("").ok());
  }
  git_.expect_sound();
}

// Kills a process while it commits and packs, and looks what the next one finds.
TEST_F(PackingTest, MayBeKilledAtAnyMoment) {
#ifdef __SANITIZE_ADDRESS__
  constexpr int kKills = 10;
#else
  constexpr int kKills = 40;
#endif
  std::mt19937 random(20261128);
  std::uniform_int_distribution<long> micros(1, 400'000);
  for (int round = 1; round <= kKills; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      sigevent event{};
      event.sigev_notify = SIGEV_SIGNAL;
      event.sigev_signo = SIGKILL;
      timer_t timer{};
      ::timer_create(CLOCK_MONOTONIC, &event, &timer);
      const itimerspec when = {.it_interval = {},
                               .it_value = {.tv_sec = 0, .tv_nsec = micros(random) * 1000}};
      ::timer_settime(timer, 0, &when, nullptr);
      auto repository = Repository::open_or_create(path_, {.depth = 20});
      if (!repository) ::_exit(2);
      for (int i = 0;; ++i) {
        if (!repository.value()->commit(state(round * 1'000'000 + i), info_at(1))) ::_exit(3);
        if (!repository.value()->tidy("")) ::_exit(4);
      }
    }
    micros(random);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round << ": exit " << WEXITSTATUS(status);
    if (round % 4 == 0) git_.expect_sound();
  }
  open(20);
  ASSERT_NO_FATAL_FAILURE(commit_and_tidy(300));
  git_.expect_sound();
}

}  // namespace
}  // namespace titan::gitops
