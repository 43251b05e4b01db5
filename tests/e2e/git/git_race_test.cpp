// Two agents and a server that push to one branch of one remote at once.
#include <gtest/gtest.h>

#include <thread>

#include "gitops/repository.hpp"
#include "tests/e2e/git/git_servers.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

using testing::info_at;
using testing::small_deployment;

#ifdef TITAN_NIGHTLY
constexpr int kPushesOfEach = 167;
#else
constexpr int kPushesOfEach = 10;
#endif

// Who commits for all its hosts at once, and pushes each commit.
struct Writer {
  std::string name;
  std::vector<std::string> hosts;
  std::size_t depth = 0;
  int commits = 0;  // that it made
  std::string failure = {};
};

class GitRace : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::make_bare_repository(path_);
    const testing::GitTool remote(path_);
    remote.commit_file("README.md", "by hand");
    remote.commit_file("hosts/somebody/file", "theirs");
  }

  void work(Writer& writer, const std::string& remote, const RemoteOptions& access) {
    const auto repository =
        Repository::open_or_create(folder_.path() + "/" + writer.name, {.depth = writer.depth})
            .value();
    while (writer.commits < kPushesOfEach && writer.failure.empty()) {
      const std::string content = std::to_string(++writer.commits);
      std::vector<HostState> states;
      for (const std::string& host : writer.hosts) {
        states.push_back({.host = host, .deployments = {small_deployment("prod", content)}});
      }
      const auto committed = repository->commit(states, info_at(1));
      if (!committed || !*committed) writer.failure = "nothing was committed";
      // `unavailable` is the promise that trying again may help.
      auto pushed = repository->push(remote, {.access = access});
      while (!pushed && pushed.error().retryable()) {
        pushed = repository->push(remote, {.access = access});
      }
      if (!pushed) writer.failure = pushed.error().text();
      if (const auto tidied = repository->tidy(remote); !tidied) {
        writer.failure = tidied.error().text();
      }
    }
  }

  void race(const std::string& remote, const RemoteOptions& access) {
    Writer writers[] = {{.name = "tim", .hosts = {"tim-pi"}},
                        {.name = "ada", .hosts = {"ada-pi"}, .depth = 5},
                        {.name = "server", .hosts = {"cluster-1", "cluster-2", "cluster-3"}}};
    std::vector<std::thread> threads;
    for (Writer& writer : writers) {
      threads.emplace_back([&] { work(writer, remote, access); });
    }
    for (std::thread& thread : threads) thread.join();

    const testing::GitTool git(path_);
    for (const Writer& writer : writers) {
      EXPECT_EQ(writer.failure, "") << writer.name;
      testing::GitTool(folder_.path() + "/" + writer.name).expect_sound();
      for (const std::string& host : writer.hosts) {
        EXPECT_EQ(git.lines({"rev-list", "main", "--", "hosts/" + host}).size(), kPushesOfEach)
            << host;
      }
    }
    constexpr std::size_t kByHand = 2;
    EXPECT_EQ(git.lines({"rev-list", "main"}).size(), 3 * kPushesOfEach + kByHand);
    EXPECT_EQ(git.run({"rev-list", "--merges", "main"}), "");
    EXPECT_EQ(git.content("README.md"), "by hand");
    EXPECT_EQ(git.content("hosts/somebody/file"), "theirs");
    git.expect_no_foreign_path();
    git.expect_sound();
  }

  testing::TemporaryDirectory folder_{testing::folder_in_memory()};
  std::string path_ = folder_.path() + "/web/repositories/fleet.git";
};

TEST_F(GitRace, LosesNothingInAFolder) {
  race(path_, {});
}

TEST_F(GitRace, LosesNothingBySsh) {
  if (!testing::SshServer::is_installed()) GTEST_SKIP() << "openssh-server is not installed";
  const testing::SshServer server(folder_.path() + "/sshd");
  race(server.url(path_), server.options());
}

TEST_F(GitRace, LosesNothingByTls) {
  if (!testing::GitWebServer::is_installed()) GTEST_SKIP() << "nginx or fcgiwrap is not installed";
  const testing::GitWebServer server(folder_.path() + "/web");
  race(server.url("fleet.git"), server.options());
}

}  // namespace
}  // namespace titan::gitops
