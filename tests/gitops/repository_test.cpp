#include "gitops/repository.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/file_system.hpp"
#include "base/text.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

using testing::deployment;
using testing::info_at;
using testing::small_deployment;
using Lines = std::vector<std::string>;

class RepositoryTest : public ::testing::Test {
 protected:
  static std::unique_ptr<Repository> open(const std::string& path) {
    auto repository = Repository::open_or_create(path);
    EXPECT_TRUE(repository.ok()) << repository.error().text();
    return std::move(repository).value();
  }
  // The new commit's id; empty when there was nothing to commit.
  std::string commit(const HostState& state, std::uint64_t seq = 1) {
    const auto id = repository_->commit(state, info_at(seq));
    EXPECT_TRUE(id.ok()) << id.error().text();
    return id.value().value_or("");
  }
  void write(const std::string& file, const std::string& content) {
    std::ofstream(path_ + "/" + file) << content;
  }

  testing::TemporaryDirectory folder_;
  std::string path_ = folder_.path() + "/state/git";
  std::unique_ptr<Repository> repository_ = open(path_);
  testing::GitTool git_{path_};
};

TEST_F(RepositoryTest, LaysOutAHost) {
  const std::string object = "apiVersion: v1\nkind: Pod\n";
  const HostState state = {
      .host = "tim-pi",
      .deployments = {
          deployment("default", "prod",
                     {{"pod.yaml", 0640, object}, {"root/usr/bin/run", 0755, "#!/bin/sh\n"}}),
          deployment("lab", "sensor", {{"a/b/c.conf", 0600, "x"}, {"a.conf", 0444, ""}})}};
  const std::string id = commit(state);

  EXPECT_EQ(git_.files(), (Lines{"100644 hosts/tim-pi/default/prod/pod.yaml",
                                 "100755 hosts/tim-pi/default/prod/root/usr/bin/run",
                                 "100644 hosts/tim-pi/kustomization.yaml",
                                 "100644 hosts/tim-pi/lab/sensor/a.conf",
                                 "100644 hosts/tim-pi/lab/sensor/a/b/c.conf"}));
  EXPECT_EQ(git_.content("hosts/tim-pi/default/prod/pod.yaml"), object);
  EXPECT_NE(git_.content("hosts/tim-pi/kustomization.yaml").find("default/prod/pod.yaml"),
            std::string::npos);
  EXPECT_EQ(git_.tip(), id);
  EXPECT_EQ(repository_->head().value(), id);
  git_.expect_sound();
}

TEST_F(RepositoryTest, SaysInTrailersWhatACommitHolds) {
  const Digest digest = Digest::of("desired");
  const CommitInfo info = info_at(42);
  ASSERT_TRUE(repository_
                  ->commit({.host = "tim-pi",
                            .deployments = {deployment("default", "prod", {{"a", 0644, ""}}, 7)},
                            .digest = digest},
                           info)
                  .ok());
  const std::string message = git_.run({"log", "-1", "--format=%B", "main"});
  EXPECT_EQ(git_.run({"interpret-trailers", "--parse"}, message),
            "Titan-Host: tim-pi\n"
            "Titan-Bookmark: 00c0ffee00c0ffee.42\n"
            "Titan-Deployment: default/deployment/default/prod@7\n"
            "Titan-Digest: " +
                digest.text() + "\n");
  EXPECT_EQ(git_.run({"log", "-1", "--format=%an <%ae> %cn <%ce> %aI", "main"}),
            "titan-agent <titan-agent@tim-pi> titan-agent <titan-agent@tim-pi> "
            "2026-03-01T12:00:00+00:00\n");
}

TEST_F(RepositoryTest, TellsTheStoryOfAHostInSubjects) {
  const auto state = [](std::vector<model::RenderedDeployment> deployments) {
    return HostState{.host = "tim-pi", .deployments = std::move(deployments)};
  };
  commit(state({}));
  commit(state({small_deployment("a", "1")}));
  commit(state({small_deployment("a", "2")}));
  commit(state({small_deployment("a", "3"), small_deployment("b", "1")}));
  commit(state({}));
  EXPECT_EQ(git_.subjects(),
            (Lines{"tim-pi: remove 2 deployments", "tim-pi: deploy 1, update 1 deployments",
                   "tim-pi: update default/a", "tim-pi: deploy default/a",
                   "tim-pi: start without deployments"}));
  EXPECT_EQ(git_.files(), Lines{"100644 hosts/tim-pi/kustomization.yaml"});
  EXPECT_NE(git_.content("hosts/tim-pi/kustomization.yaml").find("resources: []"),
            std::string::npos);
}

TEST_F(RepositoryTest, WritesNothingWhenNothingChanged) {
  const HostState state = {.host = "tim-pi", .deployments = {small_deployment("prod", "1")}};
  const std::string first = commit(state, 1);
  const std::string objects_before = git_.run({"count-objects", "-v"});
  EXPECT_EQ(commit(state, 2), "");
  EXPECT_EQ(open(path_)->commit(state, info_at(3)).value(), std::nullopt);
  EXPECT_EQ(git_.tip(), first);
  EXPECT_EQ(git_.run({"count-objects", "-v"}), objects_before);
}

TEST_F(RepositoryTest, NoticesAModeAlone) {
  commit({.host = "tim-pi", .deployments = {deployment("a", "b", {{"run", 0644, "x"}})}});
  EXPECT_NE(commit({.host = "tim-pi", .deployments = {deployment("a", "b", {{"run", 0755, "x"}})}}),
            "");
  EXPECT_EQ(git_.files().front(), "100755 hosts/tim-pi/a/b/run");
}

TEST_F(RepositoryTest, LeavesForeignPathsAsTheyAre) {
  git_.commit_file("README.md", "read me");
  git_.commit_file("hosts/other/default/prod/a", "theirs");
  git_.commit_file("hosts/tim-pi-2/x", "theirs too");
  commit({.host = "tim-pi", .deployments = {small_deployment("prod", "1")}});
  commit({.host = "tim-pi"});
  EXPECT_EQ(git_.files(),
            (Lines{"100644 README.md", "100644 hosts/other/default/prod/a",
                   "100644 hosts/tim-pi-2/x", "100644 hosts/tim-pi/kustomization.yaml"}));
  git_.expect_sound();
}

TEST_F(RepositoryTest, PutsItsOwnPathsRightAgain) {
  const HostState state = {.host = "tim-pi", .deployments = {small_deployment("prod", "1")}};
  commit(state);
  const Lines expected = git_.files();
  git_.commit_file("hosts/tim-pi/notes.txt", "by hand");
  EXPECT_NE(commit(state), "");
  EXPECT_EQ(git_.files(), expected);
  EXPECT_EQ(git_.subjects().front(), "tim-pi: restore the rendered state");

  git_.commit_file("hosts/tim-pi/default/prod/settings.conf", "by hand");
  EXPECT_NE(commit(state), "");
  EXPECT_EQ(git_.subjects().front(), "tim-pi: update default/prod");
  EXPECT_EQ(git_.content("hosts/tim-pi/default/prod/settings.conf"), "1");
}

TEST_F(RepositoryTest, TakesTheFolderOfAHostThatIsAFileNow) {
  git_.commit_file("hosts/tim-pi", "a file");
  EXPECT_NE(commit({.host = "tim-pi"}), "");
  EXPECT_EQ(git_.files(), Lines{"100644 hosts/tim-pi/kustomization.yaml"});
}

TEST_F(RepositoryTest, DoesNotReplaceAForeignFileNamedHosts) {
  git_.commit_file("hosts", "a file");
  EXPECT_EQ(repository_->commit({.host = "tim-pi"}, info_at(1)).error().code, ErrorCode::conflict);
}

TEST_F(RepositoryTest, GivesTheSameCommitIdForTheSameHistory) {
  const testing::TemporaryDirectory other;
  const auto twin = open(other.path());
  for (const std::string content : {"1", "2"}) {
    const HostState state = {.host = "tim-pi", .deployments = {small_deployment("prod", content)}};
    EXPECT_EQ(twin->commit(state, info_at(5)).value(), commit(state, 5));
  }
}

TEST_F(RepositoryTest, RefusesWhatItMustNotWriteAndWritesNothing) {
  const HostState good = {.host = "tim-pi", .deployments = {small_deployment("prod", "1")}};
  HostState bad_path = good;
  bad_path.deployments[0].files[0].path = "a/.Git/hooks/post-checkout";
  bad_path.deployments[0].digest = model::digest_of(bad_path.deployments[0].files);
  CommitInfo forged = info_at(1);
  forged.author_name = "titan\nparent 0000";
  CommitInfo nobody = info_at(1);
  nobody.author_name = "";
  CommitInfo bracket = info_at(1);
  bracket.author_email = "a>b";
  CommitInfo no_bookmark = info_at(1);
  no_bookmark.bookmark = {};
  CommitInfo before_time = info_at(1);
  before_time.time = Timestamp::from_micros(-1);
  struct Row {
    std::string what;
    HostState state;
    CommitInfo info;
  };
  for (const Row& row : {Row{"path", bad_path, info_at(1)}, Row{"forged author", good, forged},
                         Row{"no author", good, nobody}, Row{"bracket", good, bracket},
                         Row{"no bookmark", good, no_bookmark}, Row{"time", good, before_time}}) {
    const auto committed = repository_->commit(row.state, row.info);
    ASSERT_FALSE(committed.ok()) << row.what;
    EXPECT_EQ(committed.error().code, ErrorCode::invalid) << row.what;
  }
  EXPECT_EQ(repository_->head().error().code, ErrorCode::not_found);
  EXPECT_TRUE(git_.run({"count-objects", "-v"}).starts_with("count: 0\n"));
}

TEST_F(RepositoryTest, IsWrittenByOneAtATime) {
  const auto files = DiskFileSystem::open(path_).value();
  const auto lock = files->lock("titan.lock").value();
  const auto committed = repository_->commit({.host = "tim-pi"}, info_at(1));
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().code, ErrorCode::conflict);
  EXPECT_EQ(committed.error().subject, path_);
}

TEST_F(RepositoryTest, GoesOnWhereAKilledRunLeftItsLock) {
  write("refs/heads/main.lock", "");
  EXPECT_NE(commit({.host = "tim-pi"}), "");
  git_.expect_sound();
}

TEST_F(RepositoryTest, StartsAnewWhenAPowerCutEmptiedTheBranch) {
  const HostState state = {.host = "tim-pi", .deployments = {small_deployment("prod", "1")}};
  commit(state);
  write("refs/heads/main", "");
  EXPECT_NE(commit(state), "");
  EXPECT_EQ(git_.subjects(), Lines{"tim-pi: deploy default/prod"});
  git_.expect_sound();
}

TEST_F(RepositoryTest, SaysThatTheBranchIsDamaged) {
  write("refs/heads/main", "1111111111111111111111111111111111111111\n");
  const auto committed = repository_->commit({.host = "tim-pi"}, info_at(1));
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().code, ErrorCode::internal);
}

TEST_F(RepositoryTest, DoesNotOpenWhatIsNoBareRepository) {
  testing::make_repository_with_work_tree(folder_.path() + "/work");
  const auto opened = Repository::open_or_create(folder_.path() + "/work");
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::conflict);
}

TEST_F(RepositoryTest, IsNotSwayedByTheConfigurationOfTheUser) {
  const std::string home = folder_.path() + "/home";
  ASSERT_TRUE(DiskFileSystem::create(home).ok());
  std::ofstream(home + "/.gitconfig") << "[core\nthis is broken";
  const std::string old_home = ::getenv("HOME") != nullptr ? ::getenv("HOME") : "";
  repository_.reset();
  ::setenv("HOME", home.c_str(), 1);
  auto opened = Repository::open_or_create(path_);
  ::setenv("HOME", old_home.c_str(), 1);
  ASSERT_TRUE(opened.ok()) << opened.error().text();
  EXPECT_TRUE(opened.value()->commit({.host = "tim-pi"}, info_at(1)).ok());
}

// What was committed before is not hashed again; so what it came to has to be remembered right.
TEST_F(RepositoryTest, RemembersWhatDeploymentsCameTo) {
  const std::string object = "apiVersion: v1\nkind: Pod\n";
  const auto with = [&](const std::string& content) {
    return HostState{.host = "tim-pi",
                     .deployments = {deployment("default", "pod", {{"pod.yaml", 0644, object}}),
                                     small_deployment("a", content), small_deployment("b", "x"),
                                     deployment("default", "none", {})}};
  };
  const testing::TemporaryDirectory other;
  for (const std::string content : {"1", "2", "1", "x", "3"}) {
    commit(with(content));
    // One that remembers nothing comes to the same.
    const auto anew = open(other.path() + "/" + git_.tip());
    ASSERT_TRUE(anew->commit(with(content), info_at(1)).ok());
    EXPECT_EQ(testing::GitTool(other.path() + "/" + git_.tip()).run({"rev-parse", "main^{tree}"}),
              git_.run({"rev-parse", "main^{tree}"}));
  }
  git_.expect_sound();
  // By hand, as somebody changed what is remembered.
  git_.commit_file("hosts/tim-pi/default/a/settings.conf", "by hand");
  git_.commit_file("hosts/tim-pi/kustomization.yaml", "by hand");
  EXPECT_NE(commit(with("3")), "");
  EXPECT_EQ(git_.content("hosts/tim-pi/default/a/settings.conf"), "3");
  EXPECT_NE(git_.content("hosts/tim-pi/kustomization.yaml").find("default/pod/pod.yaml"),
            std::string::npos);
}

TEST_F(RepositoryTest, HoldsThousandsOfFiles) {
  constexpr int kFiles = 1000;
  HostState state = {.host = "tim-pi"};
  for (int i = 0; i < kFiles; ++i) {
    const std::string number = std::to_string(i);
    state.deployments.push_back(
        deployment("default", "d" + number, {{"folder/file", 0644, number}}));
  }
  commit(state);
  EXPECT_EQ(git_.files().size(), kFiles + 1U);
  EXPECT_EQ(git_.subjects().front(), "tim-pi: deploy 1000 deployments");
  state.deployments[500] = deployment("default", "d500", {{"folder/file", 0644, "changed"}});
  commit(state);
  EXPECT_EQ(git_.subjects().front(), "tim-pi: update default/d500");
  git_.expect_sound();
}

}  // namespace
}  // namespace titan::gitops
