#include "gitops/ssh_signature.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/process_runner.hpp"
#include "base/text.hpp"
#include "tests/gitops/git_tool.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::gitops {
namespace {

using testing::info_at;
using testing::small_deployment;

class SshSignature : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name)) << text;
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  [[nodiscard]] static Outcome run(std::vector<std::string> arguments,
                                   const std::string& input = "") {
    SystemProcessRunner runner;
    return runner.run({.arguments = std::move(arguments), .input = input}).value();
  }
  // What ssh-keygen says of a signature of `message`.
  [[nodiscard]] Outcome verify(const std::string& message) const {
    return run({"ssh-keygen", "-Y", "verify", "-f", file("signers"), "-I", "agent@tim-pi", "-n",
                "git", "-s", file("signature")},
               message);
  }

  testing::TemporaryDirectory folder_;
  testing::SeededRandom random_{7};
  SigningKey key_ = SigningKey::make(random_);
};

TEST_F(SshSignature, IsOneThatSshKeygenAccepts) {
  write("signers", allowed_signer_line("agent@tim-pi", key_.public_key()) + "\n");
  for (const std::string& message : {std::string(), std::string("a\n"), std::string(5000, 'x')}) {
    write("signature", ssh_signature(key_, message) + "\n");
    EXPECT_EQ(verify(message).exit_code, 0);
    EXPECT_NE(verify(message + "!").exit_code, 0);
  }
}

TEST_F(SshSignature, IsOfTheKeyThatTheLineNames) {
  const SigningKey other = SigningKey::make(random_);
  write("signers", allowed_signer_line("agent@tim-pi", other.public_key()) + "\n");
  write("signature", ssh_signature(key_, "a") + "\n");
  EXPECT_NE(verify("a").exit_code, 0);
}

TEST_F(SshSignature, HasAKeyWithTheFingerprintOfSshKeygen) {
  write("key.pub", ssh_public_key(key_.public_key()) + " tim-pi\n");
  const Outcome shown = run({"ssh-keygen", "-l", "-f", file("key.pub")});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_NE(shown.output.find("(ED25519)"), std::string::npos) << shown.output;
}

// Git's own judgement on the commits of a repository.
class SignedCommits : public SshSignature {
 protected:
  std::unique_ptr<Repository> open(const std::string& name) const {
    return Repository::open_or_create(file(name), {.signer = &key_}).value();
  }
  void expect_verified(const std::string& repository) const {
    const testing::GitTool git(file(repository));
    for (const std::string& id : git.lines({"rev-list", "main"})) {
      git.run({"-c", "gpg.format=ssh", "-c", "gpg.ssh.allowedSignersFile=" + file("signers"),
               "verify-commit", id});
    }
    git.expect_sound();
  }
};

TEST_F(SignedCommits, AreAcceptedByGit) {
  write("signers", allowed_signer_line("titan-agent@tim-pi", key_.public_key()) + "\n");
  const auto repository = open("git");
  for (const std::string content : {"1", "2", "3"}) {
    ASSERT_TRUE(repository
                    ->commit({.host = "tim-pi", .deployments = {small_deployment("a", content)}},
                             info_at(1))
                    .ok());
  }
  expect_verified("git");
}

TEST_F(SignedCommits, AreSignedAnewWhenAPushPutsThemOnTopOfOthers) {
  write("signers", allowed_signer_line("titan-agent@tim-pi", key_.public_key()) + "\n");
  testing::make_bare_repository(file("fleet.git"));
  const auto tim = open("tim");
  const auto ada = open("ada");
  const auto state = [](const std::string& host, const std::string& content) {
    return HostState{.host = host, .deployments = {small_deployment("a", content)}};
  };
  ASSERT_TRUE(tim->commit(state("tim-pi", "1"), info_at(1)).ok());
  ASSERT_TRUE(ada->commit(state("ada-pi", "1"), info_at(2)).ok());
  ASSERT_TRUE(ada->commit(state("ada-pi", "2"), info_at(3)).ok());
  ASSERT_TRUE(tim->push(file("fleet.git")).ok());
  ASSERT_TRUE(ada->push(file("fleet.git")).ok());
  EXPECT_EQ(testing::GitTool(file("fleet.git")).subjects().size(), 3U);
  expect_verified("fleet.git");
}

TEST_F(SignedCommits, HaveTheSameIdForTheSameHistory) {
  const HostState state = {.host = "tim-pi", .deployments = {small_deployment("a", "1")}};
  EXPECT_EQ(open("one")->commit(state, info_at(5)).value(),
            open("two")->commit(state, info_at(5)).value());
}

}  // namespace
}  // namespace titan::gitops
