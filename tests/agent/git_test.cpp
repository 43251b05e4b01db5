// What the agent does with Git besides committing.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/git_key_command.hpp"
#include "base/process_runner.hpp"
#include "base/text.hpp"
#include "gitops/git_settings.hpp"
#include "tests/agent/test_host.hpp"

namespace titan::agent {
namespace {

using titan::testing::TestHost;
using titan::testing::TestServer;
using Outcome = StepResult::Outcome;

class AgentGit : public ::testing::Test {
 protected:
  AgentGit() {
    server_.put_prod();
    run({"git", "init", "--bare", "--initial-branch=main", remote_});
  }
  static std::string run(std::vector<std::string> arguments) {
    const auto outcome = SystemProcessRunner().run({.arguments = std::move(arguments)}).value();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    return outcome.output;
  }
  std::string git(const std::string& repository, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"git", "-c", "safe.directory=*", "-c", "gpg.format=ssh", "-c",
                      "gpg.ssh.allowedSignersFile=" + signers_, "--git-dir", repository});
    return run(std::move(arguments));
  }
  std::string there(std::vector<std::string> arguments) {
    return git(remote_, std::move(arguments));
  }
  // Once the time between two comparisons of files has passed, and with it that between two looks.
  StepResult look_later() {
    host_.clock().advance(kDriftInterval);
    return host_.once_done();
  }

  TestServer server_;
  TestHost host_{server_};
  testing::TemporaryDirectory folder_{testing::folder_in_memory()};
  std::string remote_ = folder_.path() + "/fleet.git";
  std::string signers_ = folder_.path() + "/signers";
};

TEST_F(AgentGit, SignsCommitsByTheKeyOfTheHost) {
  host_.push_to("file://" + remote_);
  host_.sign_as_host = true;
  host_.once_done();
  std::ostringstream line;
  ASSERT_TRUE(print_git_key({}, host_.state().disk(), line));
  EXPECT_TRUE(line.str().starts_with("titan-agent@pi namespaces=\"git\" ssh-ed25519 "));
  std::ofstream(signers_) << line.str();
  there({"verify-commit", "main"});
  there({"fsck", "--strict"});
}

TEST_F(AgentGit, NamesTheKeyOfAFileThatSigns) {
  host_.once_done();
  const std::string file = folder_.path() + "/key";
  Configuration configuration;
  configuration.git_sign = file;
  std::ostringstream line;
  EXPECT_EQ(print_git_key(configuration, host_.state().disk(), line).error().code,
            ErrorCode::not_found);
  const SigningKey key = SigningKey::make(host_.random());
  std::ofstream(file) << key.secret_text().bytes() << "\n";
  EXPECT_EQ(print_git_key(configuration, host_.state().disk(), line).error().code,
            ErrorCode::denied);
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  ASSERT_TRUE(print_git_key(configuration, host_.state().disk(), line));
  EXPECT_EQ(gitops::read_signing_key(file)->public_key(), key.public_key());
}

TEST_F(AgentGit, QueuesCommitsWhileTheRemoteIsAwayAndSaysSo) {
  host_.push_to("file://" + remote_);
  const std::string away = folder_.path() + "/away";
  std::filesystem::rename(remote_, away);
  EXPECT_EQ(host_.once()->outcome, Outcome::retry);
  server_.put_template("tool", "tool\n", "root/usr/bin/{{deployment.name}}");
  server_.put_deployment("test", "tool");
  EXPECT_EQ(host_.once()->outcome, Outcome::retry);
  EXPECT_EQ(host_.status().memory.git_queued, 2U);
  const std::string text = host_.status_text();
  EXPECT_NE(text.find("2 commits wait for the remote"), std::string::npos) << text;
  EXPECT_NE(text.find("git failure    unavailable"), std::string::npos) << text;

  std::filesystem::rename(away, remote_);
  host_.once_done();
  EXPECT_EQ(there({"log", "--format=%s", "main"}),
            "pi: deploy default/test\npi: deploy default/prod\n");
  EXPECT_EQ(host_.status().memory.git_queued, 0U);
  EXPECT_EQ(host_.status_text().find("git failure"), std::string::npos);
}

TEST_F(AgentGit, PutsARemoteRightThatLostCommits) {
  host_.push_to("file://" + remote_);
  host_.once_done();
  const std::string first = there({"rev-parse", "main"});
  server_.put_template("tool", "tool\n", "root/usr/bin/{{deployment.name}}");
  server_.put_deployment("test", "tool");
  host_.once_done();
  const std::string files = there({"ls-tree", "-r", "main"});

  there({"update-ref", "refs/heads/main", std::string(trim(first))});
  look_later();
  EXPECT_EQ(there({"ls-tree", "-r", "main"}), files);
  there({"merge-base", "--is-ancestor", std::string(trim(first)), "main"});

  there({"update-ref", "-d", "refs/heads/main"});
  look_later();
  EXPECT_EQ(there({"ls-tree", "-r", "main"}), files);
  there({"fsck", "--strict"});
}

TEST_F(AgentGit, StopsAtARemoteThatLostCommitsUntilAPersonDecides) {
  using OnRewrite = gitops::Repository::OnRewrite;
  host_.push_to("file://" + remote_, {.push = {.on_rewrite = OnRewrite::stop}});
  host_.once_done();
  there({"update-ref", "-d", "refs/heads/main"});
  look_later();
  EXPECT_EQ(there({"for-each-ref"}), "");
  EXPECT_NE(host_.status_text().find("until a person decides"), std::string::npos)
      << host_.status_text();
  server_.put_template("tool", "tool\n", "root/usr/bin/{{deployment.name}}");
  server_.put_deployment("test", "tool");
  EXPECT_EQ(host_.once()->outcome, Outcome::stalled);
  EXPECT_EQ(there({"for-each-ref"}), "");

  host_.push_to("file://" + remote_);  // as with --git-on-rewrite recreate
  host_.once_done();
  EXPECT_EQ(there({"log", "--format=%s", "main"}),
            "pi: deploy default/test\npi: deploy default/prod\n");
}

}  // namespace
}  // namespace titan::agent
