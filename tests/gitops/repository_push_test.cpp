#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file_system.hpp"
#include "gitops/repository.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

using testing::info_at;
using testing::small_deployment;
using Lines = std::vector<std::string>;

// A host's agent with a repository of its own.
class Agent {
 public:
  Agent(std::string host, const std::string& path)
      : host_(std::move(host)), git_(path), repository_(Repository::open_or_create(path).value()) {}

  void commit(const std::string& content) {
    const auto committed = repository_->commit(
        {.host = host_, .deployments = {small_deployment("prod", content)}}, info_at(1));
    ASSERT_TRUE(committed.ok()) << committed.error().text();
  }
  Result<std::string> push(const std::string& remote) {
    TITAN_ASSIGN(Repository::Pushed pushed, repository_->push(remote));
    return std::move(pushed.id);
  }
  [[nodiscard]] const testing::GitTool& git() const { return git_; }
  [[nodiscard]] Repository& repository() { return *repository_; }

 private:
  std::string host_;
  testing::GitTool git_;
  std::unique_ptr<Repository> repository_;
};

class RepositoryPush : public ::testing::Test {
 protected:
  void SetUp() override { testing::make_bare_repository(remote_path_); }
  std::string content_of(const std::string& host) {
    return remote_.content("hosts/" + host + "/default/prod/settings.conf");
  }
  void expect_linear_and_sound() {
    EXPECT_EQ(remote_.run({"rev-list", "--merges", "main"}), "");
    remote_.expect_sound();
  }

  testing::TemporaryDirectory folder_{testing::folder_in_memory()};
  std::string remote_path_ = folder_.path() + "/fleet.git";
  testing::GitTool remote_{remote_path_};
  Agent tim_{"tim-pi", folder_.path() + "/tim"};
  Agent ada_{"ada-pi", folder_.path() + "/ada"};
};

TEST_F(RepositoryPush, BringsTheBranchToAPathAndAFileUrl) {
  tim_.commit("1");
  const std::string first = tim_.push(remote_path_).value();
  EXPECT_EQ(tim_.git().tip(), first);
  EXPECT_EQ(remote_.tip(), first);
  tim_.commit("2");
  const std::string second = tim_.push("file://" + remote_path_).value();
  EXPECT_EQ(remote_.tip(), second);
  EXPECT_EQ(content_of("tim-pi"), "2");
  EXPECT_EQ(tim_.push(remote_path_).value(), second);  // nothing new
  expect_linear_and_sound();
}

TEST_F(RepositoryPush, LosesNothingWhenTwoPushInTurns) {
  constexpr int kTurns = 10;
  for (int i = 1; i <= kTurns; ++i) {
    tim_.commit("tim " + std::to_string(i));
    ada_.commit("ada " + std::to_string(i));
    ASSERT_TRUE(tim_.push(remote_path_).ok());
    ASSERT_TRUE(ada_.push(remote_path_).ok());
  }
  EXPECT_EQ(remote_.subjects().size(), 2U * kTurns);
  EXPECT_EQ(content_of("tim-pi"), "tim 10");
  EXPECT_EQ(content_of("ada-pi"), "ada 10");
  EXPECT_EQ(ada_.git().tip(), remote_.tip());
  expect_linear_and_sound();
  tim_.git().expect_sound();
}

TEST_F(RepositoryPush, ReplaysCommitsWithTheirMessagesAuthorsAndTimes) {
  ada_.commit("1");
  ASSERT_TRUE(ada_.push(remote_path_).ok());
  const std::string theirs = remote_.tip();
  tim_.commit("1");
  tim_.commit("2");
  tim_.commit("3");
  const std::string format = "--format=%B%an %ae %at %cn %ce %ct";
  const std::string before = tim_.git().run({"log", format, "main"});
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  EXPECT_EQ(remote_.run({"log", format, theirs + "..main"}), before);
  EXPECT_EQ(remote_.run({"merge-base", theirs, "main"}), theirs + "\n");
}

TEST_F(RepositoryPush, LeavesForeignPathsOfTheRemoteAsTheyAre) {
  tim_.commit("1");
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  remote_.commit_file("README.md", "read me");
  remote_.commit_file("hosts/other/x", "theirs");
  tim_.commit("2");
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  EXPECT_EQ(remote_.content("README.md"), "read me");
  EXPECT_EQ(remote_.content("hosts/other/x"), "theirs");
  EXPECT_EQ(content_of("tim-pi"), "2");
  expect_linear_and_sound();
}

TEST_F(RepositoryPush, FollowsARemoteThatIsAhead) {
  tim_.commit("1");
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  remote_.commit_file("README.md", "read me");
  const std::string theirs = remote_.tip();
  EXPECT_EQ(tim_.push(remote_path_).value(), theirs);
  EXPECT_EQ(tim_.repository().head().value(), theirs);
}

TEST_F(RepositoryPush, FetchesALongHistory) {
  std::string commits;
  for (int i = 0; i < 200; ++i) {
    commits += "commit refs/heads/main\ncommitter Ada <ada@example.org> " + std::to_string(i) +
               " +0000\ndata 1\nx\nM 100644 inline hosts/h" + std::to_string(i) +
               "/x\ndata 2\nx\n\n";
  }
  remote_.run({"fast-import", "--quiet"}, commits);
  tim_.commit("1");
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  EXPECT_EQ(remote_.subjects().size(), 201U);
  expect_linear_and_sound();
  tim_.git().expect_sound();
}

TEST_F(RepositoryPush, LeavesOutCommitsThatChangeNothingAnyMore) {
  tim_.commit("1");
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  // The same host with a new disk: it commits its state again, without knowing the remote.
  Agent reborn("tim-pi", folder_.path() + "/reborn");
  remote_.commit_file("README.md", "read me");
  const std::string before = remote_.tip();
  reborn.commit("1");
  EXPECT_EQ(reborn.push(remote_path_).value(), before);
  EXPECT_EQ(remote_.tip(), before);
  EXPECT_EQ(reborn.repository().head().value(), before);
}

TEST_F(RepositoryPush, DoesNotBringBackWhatTheRemoteTookBack) {
  ada_.commit("old");
  ASSERT_TRUE(ada_.push(remote_path_).ok());
  const std::string start = remote_.tip();
  ada_.commit("taken back");
  ASSERT_TRUE(ada_.push(remote_path_).ok());
  tim_.commit("1");
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  remote_.run({"update-ref", "refs/heads/main", start});
  tim_.commit("2");
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  EXPECT_EQ(content_of("ada-pi"), "old");
  EXPECT_EQ(content_of("tim-pi"), "2");
}

TEST_F(RepositoryPush, ServesAnotherRemoteAnew) {
  tim_.commit("1");
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  const std::string other_path = folder_.path() + "/other.git";
  testing::make_bare_repository(other_path);
  const testing::GitTool other(other_path);
  other.commit_file("README.md", "read me");
  ASSERT_TRUE(tim_.push(other_path).ok());
  EXPECT_EQ(other.content("hosts/tim-pi/default/prod/settings.conf"), "1");
  EXPECT_EQ(other.subjects(), (Lines{"tim-pi: deploy default/prod", "Add README.md"}));
}

TEST_F(RepositoryPush, DoesNotReplayAForeignCommit) {
  tim_.commit("1");
  tim_.git().commit_file("README.md", "by hand, in the agent's own repository");
  ada_.commit("1");
  ASSERT_TRUE(ada_.push(remote_path_).ok());
  const auto pushed = tim_.push(remote_path_);
  ASSERT_FALSE(pushed.ok());
  EXPECT_EQ(pushed.error().code, ErrorCode::conflict);
  EXPECT_NE(pushed.error().message.find("README.md"), std::string::npos);
}

TEST_F(RepositoryPush, SaysWhyItCannotPush) {
  tim_.commit("1");
  const std::string work = folder_.path() + "/work";
  testing::make_repository_with_work_tree(work);
  const std::string empty = folder_.path() + "/empty";
  ASSERT_TRUE(DiskFileSystem::create(empty).ok());
  struct Row {
    std::string remote;
    ErrorCode code;
    std::string subject;
  };
  const Row rows[] = {
      {folder_.path() + "/gone.git", ErrorCode::unavailable, folder_.path() + "/gone.git"},
      {empty, ErrorCode::unavailable, empty},
      {work + "/.git", ErrorCode::invalid, work + "/.git"},
      {"https://ada:s3cret@example.org/a.git", ErrorCode::invalid, "https://example.org/a.git"},
      {"https://example.org/a.git", ErrorCode::invalid, "https://example.org/a.git"},
  };
  for (const Row& row : rows) {
    const auto pushed = tim_.push(row.remote);
    ASSERT_FALSE(pushed.ok()) << row.remote;
    EXPECT_EQ(pushed.error().code, row.code) << pushed.error().text();
    EXPECT_EQ(pushed.error().subject, row.subject);
    EXPECT_EQ(pushed.error().text().find("s3cret"), std::string::npos);
  }
  EXPECT_EQ(ada_.push(remote_path_).error().code, ErrorCode::not_found);
}

TEST_F(RepositoryPush, NoticesThatTheRemoteHasLostCommits) {
  tim_.commit("1");
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  const std::string start = remote_.tip();
  tim_.commit("2");
  EXPECT_FALSE(tim_.repository().push(remote_path_)->was_rewritten);
  const std::string lost = remote_.tip();
  struct Row {
    std::string what;
    std::vector<std::string> command;
  };
  const Row rows[] = {{"set back", {"update-ref", "refs/heads/main", start}},
                      {"gone", {"update-ref", "-d", "refs/heads/main"}}};
  for (const Row& row : rows) {
    remote_.run(row.command);
    tim_.commit("after it was " + row.what);
    const auto stopped =
        tim_.repository().push(remote_path_, {.on_rewrite = Repository::OnRewrite::stop});
    ASSERT_FALSE(stopped.ok()) << row.what;
    EXPECT_EQ(stopped.error().code, ErrorCode::conflict);
    EXPECT_NE(stopped.error().text().find("until a person decides"), std::string::npos);
    EXPECT_EQ(remote_.lines({"for-each-ref"}).empty(), row.what == "gone");

    const auto pushed = tim_.repository().push(remote_path_);
    ASSERT_TRUE(pushed.ok()) << pushed.error().text();
    EXPECT_TRUE(pushed->was_rewritten) << row.what;
    EXPECT_EQ(content_of("tim-pi"), "after it was " + row.what);
    EXPECT_FALSE(tim_.repository().push(remote_path_)->was_rewritten);
  }
  expect_linear_and_sound();
}

TEST_F(RepositoryPush, SaysHowManyCommitsWait) {
  EXPECT_EQ(tim_.repository().queued(remote_path_).value(), 0U);
  tim_.commit("1");
  tim_.commit("2");
  EXPECT_EQ(tim_.repository().queued(remote_path_).value(), 2U);
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  EXPECT_EQ(tim_.repository().queued(remote_path_).value(), 0U);
  tim_.commit("3");
  EXPECT_EQ(tim_.repository().queued(remote_path_).value(), 1U);
  EXPECT_EQ(remote_head(remote_path_, {}).value(), remote_.tip());
}

TEST_F(RepositoryPush, GoesOnWhenTheRemoteComesBack) {
  tim_.commit("1");
  const std::string away = folder_.path() + "/away";
  std::filesystem::rename(remote_path_, away);
  EXPECT_EQ(tim_.push(remote_path_).error().code, ErrorCode::unavailable);
  tim_.commit("2");
  std::filesystem::rename(away, remote_path_);
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  EXPECT_EQ(remote_.subjects().size(), 2U);
}

TEST_F(RepositoryPush, GivesUpForNowWhileTheRemoteIsLocked) {
  tim_.commit("1");
  std::ofstream(remote_path_ + "/refs/heads/main.lock") << "";
  EXPECT_EQ(tim_.push(remote_path_).error().code, ErrorCode::unavailable);
}

TEST_F(RepositoryPush, ClearsWhatAPushLeftThatDiedOnceTheBranchHadMoved) {
  tim_.commit("1");
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  const std::string mark = remote_path_ + "/titan.pushing";
  std::ofstream(mark) << "";
  ASSERT_TRUE(tim_.push(remote_path_).ok());
  EXPECT_FALSE(std::filesystem::exists(mark));
}

TEST_F(RepositoryPush, LosesNothingWhenTwoPushAtOnce) {
  constexpr int kCommits = 15;
  std::atomic<bool> failed = false;
  const auto work = [&](Agent& agent) {
    for (int i = 1; i <= kCommits; ++i) {
      agent.commit(std::to_string(i));
      // `unavailable` is the promise that trying again may help.
      auto pushed = agent.push(remote_path_);
      while (!pushed && pushed.error().retryable()) pushed = agent.push(remote_path_);
      if (!pushed) failed = true;
    }
  };
  std::thread other([&] { work(ada_); });
  work(tim_);
  other.join();
  EXPECT_FALSE(failed);
  EXPECT_EQ(remote_.subjects().size(), 2U * kCommits);
  EXPECT_EQ(content_of("tim-pi"), "15");
  EXPECT_EQ(content_of("ada-pi"), "15");
  expect_linear_and_sound();
}

}  // namespace
}  // namespace titan::gitops
