#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/text.hpp"
#include "gitops/repository.hpp"
#include "tests/e2e/git/git_servers.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

using testing::info_at;
using testing::small_deployment;
using testing::SshServer;

class SshRemote : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SshServer::is_installed()) GTEST_SKIP() << "openssh-server is not installed";
    server_ = std::make_unique<SshServer>(folder_.path() + "/sshd");
    testing::make_bare_repository(remote_path_);
    local_ = Repository::open_or_create(folder_.path() + "/local").value();
  }
  Result<Repository::Pushed> push(const RemoteOptions& access, const std::string& content = "1") {
    const auto committed = local_->commit(
        {.host = "tim-pi", .deployments = {small_deployment("a", content)}}, info_at(1));
    EXPECT_TRUE(committed.ok());
    return local_->push(server_->url(remote_path_), {.access = access});
  }
  void expect_refused(const RemoteOptions& access, ErrorCode code,
                      const std::vector<std::string>& says) {
    const auto pushed = push(access);
    ASSERT_FALSE(pushed.ok());
    EXPECT_EQ(pushed.error().code, code) << pushed.error().text();
    for (const std::string& what : says) {
      EXPECT_NE(pushed.error().text().find(what), std::string::npos) << pushed.error().text();
    }
    EXPECT_EQ(remote_.lines({"for-each-ref"}).size(), 0U);
  }

  testing::TemporaryDirectory folder_;
  std::unique_ptr<SshServer> server_;
  std::string remote_path_ = folder_.path() + "/a fleet's.git";
  testing::GitTool remote_{remote_path_};
  std::unique_ptr<Repository> local_;
};

TEST_F(SshRemote, IsPushedToAndFetchedFrom) {
  for (const std::string content : {"1", "2"}) {
    const auto pushed = push(server_->options(), content);
    ASSERT_TRUE(pushed.ok()) << pushed.error().text();
    EXPECT_EQ(remote_.tip(), pushed->id);
    remote_.commit_file("notes-" + content, "by a person");
  }
  ASSERT_TRUE(push(server_->options(), "3").ok());
  EXPECT_EQ(remote_.content("hosts/tim-pi/default/a/settings.conf"), "3");
  EXPECT_EQ(remote_.content("notes-2"), "by a person");
  EXPECT_EQ(remote_.lines({"rev-list", "main"}).size(), 5U);
  EXPECT_EQ(remote_.run({"rev-list", "--merges", "main"}), "");
  remote_.expect_sound();
  testing::GitTool(folder_.path() + "/local").expect_sound();
}

TEST_F(SshRemote, IsBelievedByItsKeyAlone) {
  const std::string name = "[127.0.0.1]:" + std::to_string(server_->port());
  testing::run_tool(
      {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", server_->file("other_key")});
  const auto words = split(testing::read_text(server_->file("other_key.pub")), ' ');
  const std::string other = words[0] + " " + words[1];
  RemoteOptions access = server_->options();

  access.known_hosts_file = server_->write("empty", "");
  expect_refused(access, ErrorCode::denied, {server_->fingerprint(), access.known_hosts_file});
  access.known_hosts_file = server_->write("other_host", "example.org " + server_->host_key());
  expect_refused(access, ErrorCode::denied, {server_->fingerprint(), access.known_hosts_file});
  access.known_hosts_file = server_->write("changed", name + " " + other);
  expect_refused(access, ErrorCode::denied,
                 {server_->fingerprint(), access.known_hosts_file, "another"});
  access.known_hosts_file = server_->write(
      "revoked", name + " " + server_->host_key() + "\n@revoked * " + server_->host_key());
  expect_refused(access, ErrorCode::denied, {server_->fingerprint(), "revoked"});
  access.known_hosts_file = server_->file("absent");
  expect_refused(access, ErrorCode::not_found, {access.known_hosts_file});
}

TEST_F(SshRemote, IsFoundUnderItsHashedName) {
  RemoteOptions access = server_->options();
  testing::run_tool({"ssh-keygen", "-q", "-H", "-f", access.known_hosts_file});
  ASSERT_TRUE(testing::read_text(access.known_hosts_file).starts_with("|1|"));
  EXPECT_TRUE(push(access).ok());
}

TEST_F(SshRemote, LetsInWhoHasAKeyThatItKnows) {
  RemoteOptions access = server_->options();
  testing::run_tool({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", server_->file("mine")});
  access.key_file = server_->file("mine");
  expect_refused(access, ErrorCode::denied, {access.key_file});
  access.key_file = server_->file("user_key");
  ::chmod(access.key_file.c_str(), 0644);
  expect_refused(access, ErrorCode::denied, {access.key_file, "chmod 600"});
  access.key_file = server_->file("absent");
  expect_refused(access, ErrorCode::not_found, {access.key_file});
  access.key_file = "";
  expect_refused(access, ErrorCode::denied, {"no key file is set"});
}

TEST_F(SshRemote, OpensAKeyWithItsPassphrase) {
  RemoteOptions access = server_->options();
  testing::run_tool({"ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", access.key_file});
  access.passphrase_file = server_->write("passphrase", "open wheat\n");
  ::chmod(access.passphrase_file.c_str(), 0600);
  expect_refused(access, ErrorCode::denied, {access.key_file});
  access.passphrase_file = server_->write("passphrase", "open sesame\n");
  const auto pushed = push(access);
  EXPECT_TRUE(pushed.ok()) << pushed.error().text();
}

TEST_F(SshRemote, SaysWhatIsWrongWithTheRepository) {
  std::filesystem::rename(remote_path_, folder_.path() + "/away");
  const auto pushed = push(server_->options());
  ASSERT_FALSE(pushed.ok());
  EXPECT_EQ(pushed.error().code, ErrorCode::unavailable);
  EXPECT_NE(pushed.error().text().find("no repository answers there"), std::string::npos)
      << pushed.error().text();
}

TEST_F(SshRemote, IsGivenUpWhenItSaysNothing) {
  const testing::SilentServer silent;
  RemoteOptions access = server_->options();
  access.silence_max = std::chrono::milliseconds(100);
  ASSERT_TRUE(local_->commit({.host = "tim-pi"}, info_at(1)).ok());
  const auto pushed = local_->push("ssh://127.0.0.1:" + std::to_string(silent.port()) + "/a.git",
                                   {.access = access});
  ASSERT_FALSE(pushed.ok());
  EXPECT_EQ(pushed.error().code, ErrorCode::unavailable) << pushed.error().text();
}

TEST_F(SshRemote, RefusesThroughAHookWithItsReason) {
  const std::string written = server_->write("../a fleet's.git/hooks/pre-receive",
                                             "#!/bin/sh\necho not today >&2\nexit 1\n");
  ::chmod(written.c_str(), 0755);
  expect_refused(server_->options(), ErrorCode::denied, {"hook declined", "not today"});
}

}  // namespace
}  // namespace titan::gitops
