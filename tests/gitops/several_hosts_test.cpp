// One commit about several hosts: in the repository, on a race, and with a history cut short.
#include <gtest/gtest.h>

#include "gitops/repository.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

using testing::deployment;
using testing::info_at;
using testing::small_deployment;
using Lines = std::vector<std::string>;

HostState host_with(const std::string& name, const std::string& content) {
  return {.host = name, .deployments = {small_deployment("prod", content)}};
}

class SeveralHostsTest : public ::testing::Test {
 protected:
  void SetUp() override { testing::make_bare_repository(remote_path_); }

  // The new commit's id; empty when there was nothing to commit.
  std::string commit(const std::vector<HostState>& hosts) {
    const auto id = repository_->commit(hosts, info_at(1));
    EXPECT_TRUE(id.ok()) << id.error().text();
    return id.ok() ? id.value().value_or("") : "";
  }
  [[nodiscard]] Lines changed_by(const std::string& id) const {
    return git_.lines({"diff-tree", "-r", "--root", "--name-only", "--no-commit-id", id});
  }

  testing::TemporaryDirectory folder_{testing::folder_in_memory()};
  std::string path_ = folder_.path() + "/server";
  std::unique_ptr<Repository> repository_ = Repository::open_or_create(path_).value();
  testing::GitTool git_{path_};
  std::string remote_path_ = folder_.path() + "/fleet.git";
  testing::GitTool remote_{remote_path_};
};

TEST_F(SeveralHostsTest, MakesOneCommitOfAllThatChanged) {
  commit({host_with("a", "1"), host_with("b", "1"), host_with("c", "1")});
  ASSERT_EQ(git_.subjects(), Lines({"3 hosts: deploy default/prod"}));
  const std::string id = commit({host_with("a", "2"), host_with("b", "1"), {.host = "c"}});
  EXPECT_EQ(git_.subjects()[0], "2 hosts: update 1, remove 1 deployments");
  EXPECT_EQ(changed_by(id),
            Lines({"hosts/a/default/prod/settings.conf", "hosts/c/default/prod/settings.conf"}));
  EXPECT_EQ(git_.lines({"log", "-1", "--format=%(trailers:key=Titan-Host,valueonly)", id}),
            Lines({"a", "c", ""}));
  EXPECT_EQ(commit({host_with("a", "2"), host_with("b", "1"), {.host = "c"}}), "");
  git_.expect_sound();
}

TEST_F(SeveralHostsTest, ReadsTheTrailersOfEachHostBehindItsName) {
  commit({host_with("a", "1"), host_with("b", "1")});
  const std::string message = git_.run({"log", "-1", "--format=%B", "main"});
  std::string expected;
  for (const std::string host : {"a", "b"}) {
    expected += "Titan-Host: " + host +
                "\nTitan-Bookmark: 00c0ffee00c0ffee.1\n"
                "Titan-Deployment: default/deployment/default/prod@1\n"
                "Titan-Digest: " +
                Digest().text() + "\n";
  }
  EXPECT_EQ(git_.run({"interpret-trailers", "--parse"}, message), expected);
}

TEST_F(SeveralHostsTest, RemovesTheWholeFolderOfAHostThatIsGone) {
  commit({host_with("a", "1"), host_with("b", "1")});
  commit({{.host = "b", .is_gone = true}, {.host = "never", .is_gone = true}});
  EXPECT_EQ(git_.files(), Lines({"100644 hosts/a/default/prod/settings.conf",
                                 "100644 hosts/a/kustomization.yaml"}));
  EXPECT_EQ(git_.subjects()[0], "b: remove the host");
  EXPECT_EQ(commit({{.host = "b", .is_gone = true}}), "");
  commit({{.host = "a", .is_gone = true}});
  EXPECT_EQ(git_.files(), Lines()) << "no empty folder stays";
  git_.expect_sound();
  commit({host_with("a", "2")});
  EXPECT_EQ(git_.subjects()[0], "a: deploy default/prod");
  git_.expect_sound();
}

TEST_F(SeveralHostsTest, KeepsTheFolderOfADeploymentThatCannotBeRendered) {
  const std::string object = "apiVersion: v1\nkind: Pod\n";
  const auto web = deployment("default", "web", {{.path = "pod.yaml", .content = object}});
  commit({{.host = "a", .deployments = {web, small_deployment("prod", "1")}}});
  // Another process, which remembers nothing.
  repository_ = Repository::open_or_create(path_).value();
  const std::string id =
      commit({{.host = "a", .deployments = {small_deployment("prod", "2")}, .kept = {web.key}}});
  EXPECT_EQ(changed_by(id), Lines({"hosts/a/default/prod/settings.conf"}));
  EXPECT_NE(git_.content("hosts/a/kustomization.yaml").find("default/web/pod.yaml"),
            std::string::npos);
  EXPECT_EQ(commit({{.host = "a",
                     .deployments = {small_deployment("prod", "2")},
                     .kept = {web.key, small_deployment("never", "").key}}}),
            "");
  const auto twice = repository_->commit(
      HostState{.host = "a", .deployments = {web}, .kept = {web.key}}, info_at(1));
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().code, ErrorCode::invalid);
}

TEST_F(SeveralHostsTest, WritesNothingOfABatchWithOneThatIsBad) {
  HostState bad = {.host = "b", .deployments = {deployment("default", "prod", {{.path = "../x"}})}};
  const auto refused = repository_->commit(std::vector{host_with("a", "1"), bad}, info_at(1));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  const auto twice =
      repository_->commit(std::vector{host_with("a", "1"), host_with("a", "2")}, info_at(1));
  ASSERT_FALSE(twice.ok());
  EXPECT_NE(twice.error().message.find("host \"a\" is there twice"), std::string::npos);
  EXPECT_EQ(repository_->head().error().code, ErrorCode::not_found);
}

TEST_F(SeveralHostsTest, TakesTheFoldersOfAllItsHostsAlongInARace) {
  commit({host_with("a", "1"), host_with("b", "1"), host_with("gone", "1")});
  ASSERT_TRUE(repository_->push(remote_path_).ok());
  const auto other = Repository::open_or_create(folder_.path() + "/other").value();
  ASSERT_TRUE(other->commit(host_with("tim-pi", "1"), info_at(1)).ok());
  ASSERT_TRUE(other->push(remote_path_).ok());
  remote_.commit_file("README.md", "by hand");
  const std::string before =
      commit({host_with("a", "2"), host_with("b", "2"), {.host = "gone", .is_gone = true}});
  const auto pushed = repository_->push(remote_path_);
  ASSERT_TRUE(pushed.ok()) << pushed.error().text();
  EXPECT_NE(pushed->id, before);
  EXPECT_EQ(remote_.tip(), pushed->id);
  EXPECT_EQ(remote_.content("hosts/a/default/prod/settings.conf"), "2");
  EXPECT_EQ(remote_.content("hosts/b/default/prod/settings.conf"), "2");
  EXPECT_EQ(remote_.content("hosts/tim-pi/default/prod/settings.conf"), "1");
  EXPECT_EQ(remote_.content("README.md"), "by hand");
  EXPECT_EQ(remote_.lines({"ls-tree", "main", "hosts/gone"}), Lines());
  EXPECT_EQ(remote_.subjects()[0], "3 hosts: update default/prod; remove 1 host");
  EXPECT_EQ(remote_.run({"rev-list", "--merges", "main"}), "");
  remote_.expect_sound();
  git_.expect_sound();
}

// Of a commit whose parent is not kept, the message alone tells whose folders it is about.
TEST_F(SeveralHostsTest, TakesThemAlongFromTheEndOfAHistoryThatIsCutShort) {
  const auto shallow =
      Repository::open_or_create(folder_.path() + "/shallow", {.depth = 1}).value();
  constexpr int kUntilItIsPacked = 600;
  for (int i = 0; i <= kUntilItIsPacked; ++i) {
    const std::string content = std::to_string(i);
    ASSERT_TRUE(
        shallow->commit(std::vector{host_with("a", content), host_with("b", content)}, info_at(1))
            .ok());
    if (i == 0) {
      ASSERT_TRUE(shallow->push(remote_path_).ok());
    }
  }
  ASSERT_TRUE(shallow->push(remote_path_).ok());
  ASSERT_TRUE(shallow->tidy(remote_path_).ok());
  ASSERT_EQ(testing::GitTool(folder_.path() + "/shallow").lines({"rev-list", "main"}).size(), 1U);
  const std::string elsewhere = folder_.path() + "/elsewhere.git";
  testing::make_bare_repository(elsewhere);
  const testing::GitTool other(elsewhere);
  other.commit_file("hosts/tim-pi/x", "theirs");
  const auto pushed = shallow->push(elsewhere);
  ASSERT_TRUE(pushed.ok()) << pushed.error().text();
  const std::string last = std::to_string(kUntilItIsPacked);
  EXPECT_EQ(other.content("hosts/a/default/prod/settings.conf"), last);
  EXPECT_EQ(other.content("hosts/b/default/prod/settings.conf"), last);
  EXPECT_EQ(other.content("hosts/tim-pi/x"), "theirs");
  other.expect_sound();
}

}  // namespace
}  // namespace titan::gitops
