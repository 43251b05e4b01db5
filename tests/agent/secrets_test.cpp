// Deployments that use secrets, on a host in memory.
#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "tests/agent/secret_host.hpp"

namespace titan::agent {
namespace {

using nlohmann::json;
using titan::testing::SecretHost;
using Texts = SecretHost::Texts;
using Paths = std::set<std::string>;
using Outcome = StepResult::Outcome;

constexpr const char* kOne = "first-hunter2";
constexpr const char* kTwo = "second-hunter3";

json reference(const std::string& key = "password") {
  return {{"$secret", "db"}, {"key", key}};
}

bool is_reading(const std::string& call) {
  for (const char* verb : {"read", "info", "list", "in_memory", "absolute_path", "lock"}) {
    if (call.starts_with(verb)) return true;
  }
  return false;
}

class AgentSecrets : public ::testing::Test {
 protected:
  AgentSecrets() {
    host_.set_secret("db", "password", kOne);
    deploy();
  }
  void deploy() {
    host_.deploy(
        "prod",
        {{"root/etc/db.conf", "p={{values.password}}\n"}, {"root/etc/port", "{{values.port}}\n"}},
        {{"password", reference()}, {"port", 5432}});
  }
  static Texts with(const std::string& value) {
    return {{"etc/db.conf", "p=" + value + "\n"}, {"etc/port", "5432\n"}};
  }
  // Nothing that stays, and nothing that people see, tells the value.
  void expect_untold(const std::string& value) {
    const std::string all = host_.remains() + host_.git_objects();
    for (const std::string& told : {value, base64url(value), Digest::of(value).hex(),
                                    Digest::of("p=" + value + "\n").hex()}) {
      EXPECT_EQ(all.find(told), std::string::npos) << told;
    }
    EXPECT_NE(all.find("secret:db/password@sha256:"), std::string::npos) << "it finds nothing";
  }
  std::vector<std::string> writes() {
    std::vector<std::string> writes;
    for (auto* disk : {&host_.state(), &host_.root(), &host_.run()}) {
      for (const std::string& call : disk->faults().calls()) {
        const bool own_memory =
            call.find("agent.json") != std::string::npos || call == "sync_directory ";
        if (!is_reading(call) && !own_memory) writes.push_back(call);
      }
    }
    return writes;
  }
  void forget_calls() {
    for (auto* disk : {&host_.state(), &host_.root(), &host_.run()}) disk->faults().reset();
    host_.transport().faults().reset();
  }
  std::string failure() {
    const auto text = host_.state().disk().read("state.json", 1U << 20U).value();
    return json::parse(text)["failures"].value("default/deployment/default/prod", "");
  }

  SecretHost host_;
};

TEST_F(AgentSecrets, AreReadAtTheirPlaceThroughALinkIntoMemory) {
  EXPECT_EQ(host_.once_done().applied, 1U);
  EXPECT_EQ(host_.files(), with(kOne));
  EXPECT_EQ(host_.links(), Paths{"etc/db.conf"});
  EXPECT_EQ(host_.root().read_link("etc/db.conf").value(),
            "/run/titan/secrets/default/prod/etc/db.conf");
  EXPECT_EQ(host_.run_files(),
            (Texts{{"default/prod/etc/db.conf", std::string("p=") + kOne + "\n"}}));
  expect_untold(kOne);
}

TEST_F(AgentSecrets, AreRefusedInWhatProgramsReadFromTheDisk) {
  host_.once_done();
  // As a hook belongs to every driver, it stands for what drivers unpack, too.
  host_.deploy(
      "prod",
      {{"root/etc/port", "1\n"}, {"hooks/post-apply", "#!/bin/sh\n'{{values.password}}'\n"}},
      {{"password", reference()}});
  EXPECT_EQ(host_.once().value().failing, 1U);
  EXPECT_EQ(
      failure(),
      "hooks/post-apply uses the secret \"db\", whose values come to files under root/ alone; "
      "let it name such a file");
  EXPECT_EQ(host_.files(), with(kOne));
  EXPECT_EQ(host_.state().disk().info("generations").error().code, ErrorCode::not_found);
}

TEST_F(AgentSecrets, AreLeftAloneByARunWithoutNews) {
  host_.once_done();
  host_.once_done();  // looks at the files, and remembers what it saw
  forget_calls();
  const StepResult result = host_.once_done();
  EXPECT_EQ(result.applied + result.removed, 0U);
  EXPECT_EQ(writes(), std::vector<std::string>{});
}

TEST_F(AgentSecrets, ChangeWithARotation) {
  host_.once_done();
  host_.set_secret("db", "password", kTwo);
  EXPECT_EQ(host_.once_done().applied, 1U);
  EXPECT_EQ(host_.files(), with(kTwo));
  EXPECT_EQ(host_.run_files().size(), 1U);
  expect_untold(kOne);
  expect_untold(kTwo);
}

TEST_F(AgentSecrets, GoWithTheirDeployment) {
  host_.once_done();
  host_.take_away("prod");
  EXPECT_EQ(host_.once_done().removed, 1U);
  EXPECT_EQ(host_.files(), Texts{});
  EXPECT_FALSE(host_.run().disk().info("secrets"));
}

TEST_F(AgentSecrets, MoveInAndOutOfFiles) {
  host_.once_done();
  // What was a file becomes a link, and the other way round.
  host_.deploy(
      "prod",
      {{"root/etc/db.conf", "port={{values.port}}\n"}, {"root/etc/port", "{{values.password}}\n"}},
      {{"password", reference()}, {"port", 1}});
  host_.once_done();
  EXPECT_EQ(host_.links(), Paths{"etc/port"});
  EXPECT_EQ(host_.files(),
            (Texts{{"etc/db.conf", "port=1\n"}, {"etc/port", std::string(kOne) + "\n"}}));
  EXPECT_EQ(host_.run_files().size(), 1U);

  host_.deploy("prod", {{"root/etc/port", "none\n"}}, json::object());
  host_.once_done();
  EXPECT_EQ(host_.links(), Paths{});
  EXPECT_EQ(host_.files(), (Texts{{"etc/port", "none\n"}}));
  EXPECT_FALSE(host_.run().disk().info("secrets"));
}

TEST_F(AgentSecrets, MoveBetweenFilesAndFoldersAndDeployments) {
  host_.deploy("prod", {{"root/srv/a", "{{values.password}}"}}, {{"password", reference()}});
  host_.once_done();
  host_.deploy("prod", {{"root/srv/a/b", "{{values.password}}"}}, {{"password", reference()}});
  host_.once_done();
  EXPECT_EQ(host_.files(), (Texts{{"srv/a/b", kOne}}));
  host_.take_away("prod");
  host_.deploy("next", {{"root/srv/a/b", "{{values.password}}"}}, {{"password", reference()}});
  host_.once_done();
  EXPECT_EQ(host_.files(), (Texts{{"srv/a/b", kOne}}));
  EXPECT_EQ(host_.run_files(), (Texts{{"default/next/srv/a/b", kOne}}));
}

TEST_F(AgentSecrets, AreBackAfterABootBeforeAnythingElse) {
  host_.once_done();
  host_.reboot();
  EXPECT_EQ(host_.files().at("etc/db.conf"), "(nothing)");
  forget_calls();
  Texts at_first_request;
  host_.instead = [&](const HttpRequest&) {
    if (at_first_request.empty()) at_first_request = host_.files();
    return 503;
  };
  EXPECT_EQ(host_.once().value().outcome, Outcome::retry);
  EXPECT_EQ(at_first_request, with(kOne));
  EXPECT_EQ(host_.files(), with(kOne));
  // Nothing of it touched a disk.
  for (auto* disk : {&host_.state(), &host_.root()}) {
    for (const std::string& call : disk->faults().calls()) EXPECT_TRUE(is_reading(call)) << call;
  }
  host_.instead = nullptr;
  EXPECT_EQ(host_.once_done().applied, 0U);
  expect_untold(kOne);
}

TEST_F(AgentSecrets, AreBackAfterABootWithARotationMeanwhile) {
  host_.once_done();
  host_.reboot();
  host_.set_secret("db", "password", kTwo);
  host_.once_done();
  EXPECT_EQ(host_.files(), with(kTwo));
}

TEST_F(AgentSecrets, FollowTheRunDirectoryWhenItIsAnotherOne) {
  host_.once_done();
  host_.reboot();
  host_.run().disk().stand_at("/dev/shm/titan", true);
  host_.once_done();
  EXPECT_EQ(host_.root().read_link("etc/db.conf").value(),
            "/dev/shm/titan/secrets/default/prod/etc/db.conf");
  EXPECT_EQ(host_.files(), with(kOne));
}

TEST_F(AgentSecrets, NeedARunDirectoryAndOthersGoOnWithoutOne) {
  host_.deploy("plain", {{"root/etc/plain", "plain\n"}}, json::object());
  host_.has_run_directory = false;
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.outcome, Outcome::stalled);
  EXPECT_EQ(result.applied, 1U);
  EXPECT_EQ(result.failing, 1U);
  EXPECT_EQ(host_.files(), (Texts{{"etc/plain", "plain\n"}}));
  EXPECT_NE(failure().find("there is no run directory"), std::string::npos) << failure();
  host_.has_run_directory = true;
  EXPECT_EQ(host_.once_done().applied, 1U);
}

TEST_F(AgentSecrets, AreNeverWrittenToARunDirectoryOnADisk) {
  host_.deploy("plain", {{"root/etc/plain", "plain\n"}}, json::object());
  host_.run().disk().stand_at("/var/titan", false);
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.applied, 1U);
  EXPECT_EQ(result.failing, 1U);
  EXPECT_EQ(host_.run_files(), Texts{});
  EXPECT_EQ(host_.files(), (Texts{{"etc/plain", "plain\n"}}));
  EXPECT_NE(failure().find("\"/var/titan\" is on a disk"), std::string::npos) << failure();
  EXPECT_EQ(host_.syncs().back().report->deployments.size(), 2U);

  // Neither after a boot that mounted none.
  host_.run().disk().stand_at("/run/titan", true);
  host_.once_done();
  host_.reboot();
  host_.run().disk().stand_at("/run/titan", false);
  EXPECT_EQ(host_.once().value().failing, 1U);
  EXPECT_EQ(host_.run_files(), Texts{});
  EXPECT_NE(failure().find("is on a disk"), std::string::npos) << failure();
  host_.run().disk().stand_at("/run/titan", true);
  host_.once_done();
  EXPECT_EQ(host_.files().at("etc/db.conf"), std::string("p=") + kOne + "\n");
}

TEST_F(AgentSecrets, AreAskedForAgainWhenTheDeviceHasAnotherKey) {
  host_.once_done();
  host_.enroll();
  host_.once_done();
  EXPECT_EQ(host_.files(), with(kOne));
  // What is kept opens with the new key.
  host_.reboot();
  host_.transport().faults().reset();
  host_.transport().faults().fail_from(1, unavailable("no route"));
  EXPECT_EQ(host_.once().value().outcome, Outcome::retry);
  EXPECT_EQ(host_.files(), with(kOne));
}

TEST_F(AgentSecrets, AreMissingWhileNothingOpensWithTheNewKey) {
  host_.once_done();
  host_.enroll();
  host_.reboot();
  forget_calls();
  host_.transport().faults().fail_from(1, unavailable("no route"));
  EXPECT_EQ(host_.once().value().outcome, Outcome::retry);
  EXPECT_EQ(host_.files().at("etc/db.conf"), "(nothing)");
  EXPECT_EQ(host_.files().at("etc/port"), "5432\n");
  EXPECT_NE(failure().find("was not sealed for this host's key"), std::string::npos) << failure();
  host_.transport().faults().reset();
  host_.once_done();
  EXPECT_EQ(host_.files(), with(kOne));
  EXPECT_EQ(failure(), "");
}

TEST_F(AgentSecrets, ThatAreNotTheOnesMeantHoldTheirDeploymentAlone) {
  host_.once_done();
  host_.deploy("plain", {{"root/etc/plain", "plain\n"}}, json::object());
  host_.set_secret("db", "password", kTwo);
  host_.change = [](model::DesiredDeployment& form) {
    for (model::SecretUse& use : form.secrets) use.sealed.clear();
  };
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.outcome, Outcome::stalled);
  EXPECT_EQ(result.applied, 1U);
  EXPECT_EQ(host_.files().at("etc/db.conf"), std::string("p=") + kOne + "\n");
  EXPECT_EQ(host_.files().at("etc/plain"), "plain\n");
  EXPECT_NE(failure().find("the server sent no value"), std::string::npos) << failure();
}

TEST_F(AgentSecrets, OfADeploymentThatFailsAreBackAfterABoot) {
  host_.once_done();
  host_.change = [](model::DesiredDeployment& form) {
    form.error = "does not render";
    form.rendered_digest = {};
  };
  deploy();
  EXPECT_EQ(host_.once().value().failing, 1U);
  host_.reboot();
  EXPECT_EQ(host_.once().value().failing, 1U);
  EXPECT_EQ(host_.files(), with(kOne));
}

TEST_F(AgentSecrets, InFilesBesideRootGoNowhere) {
  host_.deploy("prod", {{"compose.yaml", "p: \"{{values.password}}\"\n"}},
               {{"password", reference()}});
  host_.has_run_directory = false;
  host_.once_done();
  EXPECT_EQ(host_.files(), Texts{});
  expect_untold(kOne);
}

}  // namespace
}  // namespace titan::agent
