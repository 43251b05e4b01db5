#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "gitops/repository.hpp"
#include "tests/e2e/git/git_servers.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

using testing::GitWebServer;
using testing::info_at;
using testing::small_deployment;

class WebRemote : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!GitWebServer::is_installed()) GTEST_SKIP() << "nginx or fcgiwrap is not installed";
    server_ = std::make_unique<GitWebServer>(folder_.path() + "/web");
    testing::make_bare_repository(server_->repositories() + "/fleet.git");
    local_ = Repository::open_or_create(folder_.path() + "/local").value();
  }
  [[nodiscard]] testing::GitTool remote() const {
    return testing::GitTool(server_->repositories() + "/fleet.git");
  }
  Result<Repository::Pushed> push(const std::string& url, const RemoteOptions& access,
                                  const std::string& content = "1") {
    const auto committed = local_->commit(
        {.host = "tim-pi", .deployments = {small_deployment("a", content)}}, info_at(1));
    EXPECT_TRUE(committed.ok());
    return local_->push(url, {.access = access});
  }
  void expect_refused(const std::string& url, const RemoteOptions& access, ErrorCode code,
                      const std::string& says) {
    const auto pushed = push(url, access);
    ASSERT_FALSE(pushed.ok()) << url;
    EXPECT_EQ(pushed.error().code, code) << pushed.error().text();
    EXPECT_NE(pushed.error().text().find(says), std::string::npos) << pushed.error().text();
    EXPECT_EQ(pushed.error().text().find("s3cret"), std::string::npos) << pushed.error().text();
    EXPECT_EQ(remote().lines({"for-each-ref"}).size(), 0U);
  }

  testing::TemporaryDirectory folder_;
  std::unique_ptr<GitWebServer> server_;
  std::unique_ptr<Repository> local_;
};

TEST_F(WebRemote, IsPushedToAndFetchedFromByTlsAndWithoutOnThisMachine) {
  for (const std::string& url : {server_->url("fleet.git"), server_->plain_url("fleet.git")}) {
    const auto pushed = push(url, server_->options(), "to " + url);
    ASSERT_TRUE(pushed.ok()) << pushed.error().text();
    EXPECT_EQ(remote().tip(), pushed->id);
    remote().commit_file("notes", "before " + url);
  }
  ASSERT_TRUE(push(server_->url("fleet.git"), server_->options(), "3").ok());
  EXPECT_EQ(remote().content("hosts/tim-pi/default/a/settings.conf"), "3");
  EXPECT_EQ(remote().run({"rev-list", "--merges", "main"}), "");
  remote().expect_sound();
  testing::GitTool(folder_.path() + "/local").expect_sound();
}

TEST_F(WebRemote, TakesManyFilesAtOnce) {
  HostState state = {.host = "tim-pi"};
  for (int i = 0; i < 2000; ++i) {
    state.deployments.push_back(
        small_deployment("d" + std::to_string(i), std::string(300, 'x') + std::to_string(i)));
  }
  ASSERT_TRUE(local_->commit(state, info_at(1)).ok());
  const auto pushed = local_->push(server_->url("fleet.git"), {.access = server_->options()});
  ASSERT_TRUE(pushed.ok()) << pushed.error().text();
  EXPECT_EQ(remote().files().size(), 2001U);
  remote().expect_sound();
  // And brings them to a repository that has nothing of it.
  const auto other = Repository::open_or_create(folder_.path() + "/other").value();
  ASSERT_TRUE(other->commit({.host = "ada-pi"}, info_at(1)).ok());
  ASSERT_TRUE(other->push(server_->url("fleet.git"), {.access = server_->options()}).ok());
  EXPECT_EQ(testing::GitTool(folder_.path() + "/other").files().size(), 2002U);
}

TEST_F(WebRemote, LetsInWhoHasTheToken) {
  RemoteOptions access = server_->options();
  std::ofstream(server_->file("wrong")) << "s3cret-but-wrong\n";
  access.token_file = server_->file("wrong");
  expect_refused(server_->url("fleet.git"), access, ErrorCode::denied, "chmod 600");
  ::chmod(access.token_file.c_str(), 0600);
  expect_refused(server_->url("fleet.git"), access, ErrorCode::denied, "the token");
  access.token_file = "";
  expect_refused(server_->url("fleet.git"), access, ErrorCode::denied, "no token file is set");
  access = server_->options();
  access.user = "ada";
  expect_refused(server_->url("fleet.git"), access, ErrorCode::denied, "the token");
}

TEST_F(WebRemote, IsBelievedByItsCertificate) {
  const auto other =
      testing::make_certificate(folder_.path(), "other_authority", {.is_authority = true});
  expect_refused(server_->url("fleet.git"), server_->options(other.certificate), ErrorCode::denied,
                 "https://127.0.0.1");
}

TEST_F(WebRemote, SaysWhatIsWrongWithTheAddress) {
  expect_refused(server_->url("absent.git"), server_->options(), ErrorCode::unavailable, "404");
  expect_refused(server_->url("page"), server_->options(), ErrorCode::invalid, "no Git is served");
  expect_refused("http://git.example.org/fleet.git", server_->options(), ErrorCode::invalid,
                 "https://");
  expect_refused("https://127.0.0.1:1/fleet.git", server_->options(), ErrorCode::unavailable,
                 "127.0.0.1:1");
  RemoteOptions without = server_->options();
  without.connect = nullptr;
  expect_refused(server_->url("fleet.git"), without, ErrorCode::invalid, "cannot be used here");
}

}  // namespace
}  // namespace titan::gitops
