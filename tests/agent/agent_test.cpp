#include "agent/agent.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/process_runner.hpp"
#include "tests/agent/test_host.hpp"

namespace titan::agent {
namespace {

using model::Status;
using titan::testing::TestHost;
using titan::testing::TestServer;
using Files = std::map<std::string, std::string>;
using Outcome = StepResult::Outcome;

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() { server_.put_prod(); }

  Status status(const std::string& name) { return server_.deployment(name).status; }
  void put_second() {
    server_.put_template("tool", "tool\n", "root/usr/bin/{{deployment.name}}");
    server_.put_deployment("test", "tool");
  }
  std::string git(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"git", "-c", "safe.directory=*", "--git-dir", host_.git_path()});
    return SystemProcessRunner().run({.arguments = std::move(arguments)}).value().output;
  }
  // What the manifest last said of the deployment, and what the host reports of it.
  Digest wanted_form(const std::string& name) { return wanted_forms_.at(name); }
  model::DeploymentReport report_of(const std::string& name) {
    const auto report = server_.client().host_report("pi").value().report;
    const auto found =
        std::find_if(report.deployments.begin(), report.deployments.end(),
                     [&](const auto& deployment) { return deployment.key.name == name; });
    return found == report.deployments.end() ? model::DeploymentReport{} : *found;
  }
  void note_wanted_forms() {
    host_.tamper = [this](const HttpRequest& request, HttpResponse& response) {
      if (!request.target.ends_with("/sync") || response.status != 200) return;
      const auto manifest = model::parse_manifest(parse_json(response.body).value()).value();
      for (const auto& form : manifest.deployments) {
        wanted_forms_[form.key.name] = form.desired_digest;
      }
    };
  }
  // What the calls did to the host's disks, apart from the lock.
  std::vector<std::string> writes() {
    std::vector<std::string> writes;
    for (auto* disk : {&host_.state(), &host_.root()}) {
      for (const std::string& call : disk->faults().calls()) {
        const std::string verb = call.substr(0, call.find(' '));
        if (verb != "read" && verb != "info" && verb != "list" && verb != "lock") {
          writes.push_back(call);
        }
      }
    }
    return writes;
  }

  TestServer server_;
  TestHost host_{server_};
  std::map<std::string, Digest> wanted_forms_;
};

TEST_F(AgentTest, BringsTheHostUpToDateCommitsAndReportsInOneStep) {
  const StepResult result = host_.once_done();
  EXPECT_EQ(result.applied, 1U);
  EXPECT_EQ(host_.files(), (Files{{"etc/prod.conf", "host pi\n"}}));
  EXPECT_EQ(status("prod"), Status::ready);
  const std::string commit = git({"rev-parse", "main"});
  const auto report = server_.client().host_report("pi").value().report;
  ASSERT_EQ(report.deployments.size(), 1U);
  EXPECT_EQ(report.deployments[0].commit + "\n", commit);
  EXPECT_EQ(git({"show", "main:hosts/pi/default/prod/root/etc/prod.conf"}), "host pi\n");
}

TEST_F(AgentTest, ASecondStepWritesNothing) {
  host_.once_done();
  host_.state().faults().reset();
  host_.root().faults().reset();
  const std::string head = server_.store().head().value().text();
  const StepResult result = host_.once_done();
  EXPECT_EQ(result.applied + result.removed, 0U);
  EXPECT_EQ(writes(), std::vector<std::string>{});
  EXPECT_EQ(server_.store().head().value().text(), head);
  EXPECT_EQ(git({"rev-list", "--count", "main"}), "1\n");
}

TEST_F(AgentTest, AnAnswerThatComesAgainChangesNothing) {
  HttpResponse first;
  host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
    if (request.target.ends_with("/sync") && response.status == 200) first = response;
  };
  host_.once_done();
  ASSERT_EQ(first.status, 200);
  host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
    if (request.target.ends_with("/sync")) response = first;
  };
  host_.state().faults().reset();
  host_.root().faults().reset();
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.error->code, ErrorCode::denied);
  EXPECT_EQ(result.applied + result.removed, 0U);
  EXPECT_EQ(writes(), std::vector<std::string>{});
  EXPECT_EQ(git({"rev-list", "--count", "main"}), "1\n");
}

TEST_F(AgentTest, AnEditedTemplateTouchesItsDeploymentsAlone) {
  put_second();
  host_.once_done();
  host_.root().faults().reset();
  server_.put_template("service", "edited on {{host.name}}\n");
  EXPECT_EQ(host_.once_done().applied, 1U);
  EXPECT_EQ(host_.files(),
            (Files{{"etc/prod.conf", "edited on pi\n"}, {"usr/bin/test", "tool\n"}}));
  for (const std::string& call : writes()) {
    EXPECT_EQ(call.find("usr/bin"), std::string::npos) << call;
  }
  EXPECT_EQ(git({"log", "-1", "--format=%s", "main"}), "pi: update default/prod\n");
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(AgentTest, ATombstoneTakesTheFilesAndTheFoldersThatTheAgentMade) {
  ASSERT_TRUE(host_.root().disk().make_directory("etc", 0755));
  put_second();
  host_.once_done();
  server_.call("DELETE", "/v1/workspaces/default/deployments/prod");
  server_.call("DELETE", "/v1/workspaces/default/deployments/test");
  EXPECT_EQ(host_.once_done().removed, 2U);
  EXPECT_EQ(host_.files(), Files{});
  EXPECT_TRUE(host_.has_folder("etc"));
  EXPECT_FALSE(host_.has_folder("usr"));
  EXPECT_EQ(git({"ls-tree", "-r", "--name-only", "main"}), "hosts/pi/kustomization.yaml\n");
  EXPECT_EQ(server_.json("GET", "/v1/deployments")["items"].size(), 0U);
}

TEST_F(AgentTest, LabelsThatNoLongerMatchTakeTheDeploymentAway) {
  host_.once_done();
  server_.put_host("pi", {{"site", "shop"}});
  EXPECT_EQ(host_.once_done().removed, 1U);
  EXPECT_EQ(host_.files(), Files{});
  server_.put_host("pi", {{"site", "lab"}});
  EXPECT_EQ(host_.once_done().applied, 1U);
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(AgentTest, AnotherEpochGivesEverythingAndTakesWhatIsNotInIt) {
  put_second();
  host_.once_done();
  // Another server takes over the host, and knows one of the two deployments.
  TestServer successor({}, server_lite::OnClone::warn, 8);
  successor.put_prod();
  host_.move_to(successor);
  EXPECT_EQ(host_.once_done().removed, 1U);
  EXPECT_EQ(host_.files(), (Files{{"etc/prod.conf", "host pi\n"}}));
  EXPECT_EQ(successor.deployment("prod").status, Status::ready);
}

TEST_F(AgentTest, AServerThatForgotTheHostLearnsAgainWhatItHolds) {
  host_.once_done();
  // The host's entity is made anew; then another server, with the same fleet, takes over.
  server_.call("DELETE", "/v1/hosts/pi");
  server_.put_host("pi", {{"site", "lab"}});
  EXPECT_NE(status("prod"), Status::ready);
  EXPECT_EQ(host_.once().value().error->code, ErrorCode::denied) << "its device is gone, too";
  host_.enroll();
  host_.once_done();
  EXPECT_EQ(status("prod"), Status::ready);

  TestServer successor({}, server_lite::OnClone::warn, 8);
  successor.put_prod();
  host_.move_to(successor);
  host_.once_done();
  EXPECT_EQ(successor.deployment("prod").status, Status::ready);
}

TEST_F(AgentTest, NothingIsTakenAwayByAnAnswerThatIsMissingRefusedOrWrong) {
  host_.once_done();
  server_.call("DELETE", "/v1/workspaces/default/deployments/prod");
  struct Row {
    const char* name;
    std::function<void(HttpResponse&)> tamper;
  };
  const std::vector<Row> rows = {
      {"401", [](auto& r) { r = {.status = 401}; }},
      {"404", [](auto& r) { r = {.status = 404}; }},
      {"500", [](auto& r) { r = {.status = 500, .body = "oops"}; }},
      {"503", [](auto& r) { r = {.status = 503}; }},
      {"an empty body", [](auto& r) { r.body.clear(); }},
      {"an empty object", [](auto& r) { r.body = "{}"; }},
      {"half a body", [](auto& r) { r.body.resize(r.body.size() / 2); }},
      {"another host's", [](auto& r) { r.body.replace(r.body.find("\"pi\""), 4, "\"po\""); }},
      {"another digest", [](auto& r) { r.body[r.body.find("\"digest\":\"sha256:") + 20] ^= 1; }},
      {"a page of a proxy", [](auto& r) { r = {.status = 200, .body = "<html>"}; }},
  };
  for (const Row& row : rows) {
    host_.tamper = [&](const HttpRequest& request, HttpResponse& response) {
      if (request.target.ends_with("/sync") && response.status == 200) row.tamper(response);
    };
    const StepResult result = host_.once().value();
    EXPECT_NE(result.outcome, Outcome::done) << row.name;
    EXPECT_EQ(host_.files(), (Files{{"etc/prod.conf", "host pi\n"}})) << row.name;
  }
  host_.tamper = nullptr;
  EXPECT_EQ(host_.once_done().removed, 1U);
}

TEST_F(AgentTest, ChangesThatDoNotAddUpMakeItAskForEverything) {
  put_second();
  host_.once_done();
  server_.put_template("service", "edited\n");
  // What the host remembers loses a deployment.
  auto state = parse_json(host_.state().disk().read("state.json", 1U << 20U).value()).value();
  state["desired"].erase(1);
  ASSERT_TRUE(host_.state().disk().write("state.json", state.dump(), 0600));
  EXPECT_EQ(host_.once_done().applied, 1U);
  EXPECT_EQ(host_.files().at("etc/prod.conf"), "edited\n");
}

TEST_F(AgentTest, WithoutTheServerItTriesAgainLaterAndTheHostStays) {
  host_.once_done();
  host_.transport().faults().fail_from(1, unavailable("no route"));
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.outcome, Outcome::retry);
  EXPECT_EQ(result.error->code, ErrorCode::unavailable);
  EXPECT_GT(result.next.count(), 0);
  EXPECT_EQ(host_.files(), (Files{{"etc/prod.conf", "host pi\n"}}));
}

TEST_F(AgentTest, AsksAgainWhenTheServerSaysAndNoLaterThanItWouldItself) {
  host_.once_done();
  server_.put_template("service", "news\n");
  const std::pair<const char*, std::chrono::seconds> waits[] = {
      {"7", std::chrono::seconds(7)},
      {"0", std::chrono::seconds(1)},
      {"86400", std::chrono::seconds(300)}};
  // Of a sync, of the session that it wants, and of a blob.
  for (const char* target : {"/sync", "/v1/sessions", "/v1/blobs/"}) {
    for (const auto& [said, wait] : waits) {
      host_.reboot();
      host_.instead = [&, said = said](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (request.target.find(target) == std::string::npos) return std::nullopt;
        return HttpResponse{429, {{"Retry-After", said}}, ""};
      };
      const StepResult result = host_.once().value();
      EXPECT_EQ(result.outcome, Outcome::retry) << target;
      EXPECT_EQ(result.failing, 0U) << target;
      // And a part of the poll interval, lest all that are told the same come back at once.
      EXPECT_GE(result.next - host_.clock().monotonic(), wait) << target << said;
      EXPECT_LE(result.next - host_.clock().monotonic(), wait + kPollAfterDefault * 2)
          << target << said;
    }
  }
  host_.instead = nullptr;
  EXPECT_EQ(host_.once_done().applied, 1U);
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(AgentTest, ABlobThatDoesNotComeThroughIsNoFailureOfTheDeployment) {
  put_second();
  host_.transport().faults().fail_at(4, unavailable("no route"));  // the first blob
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.outcome, Outcome::retry);
  EXPECT_EQ(result.failing, 0U);
  EXPECT_EQ(result.applied, 1U);
  EXPECT_EQ(host_.files(), (Files{{"usr/bin/test", "tool\n"}}));
  EXPECT_EQ(status("prod"), Status::creating);
  host_.transport().faults().reset();
  host_.once_done();
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(AgentTest, AReportThatWasLostIsSentAgain) {
  // The manifest and the blob come through, the report after applying does not.
  host_.transport().faults().fail_at(5, unavailable("no route"));
  EXPECT_EQ(host_.once().value().outcome, Outcome::retry);
  EXPECT_EQ(status("prod"), Status::creating);
  host_.transport().faults().reset();
  host_.once_done();
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(AgentTest, AHostThatTheServerDoesNotKnowIsStalled) {
  TestHost stranger(server_, "stranger");
  stranger.enroll();
  server_.call("DELETE", "/v1/hosts/stranger");
  const StepResult result = stranger.once().value();
  EXPECT_EQ(result.outcome, Outcome::stalled);
  EXPECT_EQ(result.error->code, ErrorCode::denied);
}

TEST_F(AgentTest, OnlyOneAgentUsesAStateDirectory) {
  host_.enroll();
  const auto lock = host_.state().disk().lock("lock").value();
  const auto second = host_.once();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::conflict);
}

TEST_F(AgentTest, AStateThatIsNotItsOwnIsLeftAlone) {
  ASSERT_TRUE(host_.state().disk().write("state.json", "{\"x\":1}", 0600));
  const auto result = host_.once();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().subject, "state.json");
  EXPECT_EQ(host_.state().disk().read("state.json", 100).value(), "{\"x\":1}");
}

TEST_F(AgentTest, OneFailingDeploymentNeverHoldsBackAnother) {
  put_second();
  // prod needs a folder where somebody's file is.
  ASSERT_TRUE(host_.root().disk().write("etc", "a file", 0644));
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.outcome, Outcome::stalled);
  EXPECT_EQ(result.applied, 1U);
  EXPECT_EQ(result.failing, 1U);
  EXPECT_EQ(host_.files().at("usr/bin/test"), "tool\n");
  EXPECT_EQ(host_.files().at("etc"), "a file");
  EXPECT_EQ(status("test"), Status::ready);
  EXPECT_EQ(status("prod"), Status::error);
  EXPECT_NE(server_.deployment("prod").reason.at(0).find("etc"), std::string::npos);

  ASSERT_TRUE(host_.root().disk().remove_file("etc"));
  EXPECT_EQ(host_.once_done().applied, 1U);
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(AgentTest, WhatTheServerCannotRenderKeepsWhatIsThere) {
  host_.once_done();
  server_.put_template("service", "{{values.unknown}}\n");
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.outcome, Outcome::stalled);
  EXPECT_EQ(host_.files(), (Files{{"etc/prod.conf", "host pi\n"}}));
  EXPECT_EQ(status("prod"), Status::error);
  server_.put_template("service", "good again\n");
  host_.once_done();
  EXPECT_EQ(host_.files(), (Files{{"etc/prod.conf", "good again\n"}}));
}

TEST_F(AgentTest, ReportsTheFormThatWasAppliedOrTheOneThatFailed) {
  note_wanted_forms();
  host_.once_done();
  const Digest applied = wanted_form("prod");
  const Digest rendered = report_of("prod").rendered_digest;
  EXPECT_EQ(report_of("prod").desired_digest, applied);

  // The server cannot render the next form, then a later one fails on the host.
  server_.put_template("service", "{{values.unknown}}\n");
  EXPECT_EQ(host_.once().value().failing, 1U);
  EXPECT_NE(wanted_form("prod"), applied);
  EXPECT_EQ(report_of("prod").status, Status::error);
  EXPECT_EQ(report_of("prod").desired_digest, wanted_form("prod"));
  EXPECT_EQ(report_of("prod").rendered_digest, rendered);

  const Digest not_rendered = wanted_form("prod");
  ASSERT_TRUE(host_.root().disk().write("blocked", "a file", 0644));
  server_.put_template("service", "x\n", "root/blocked/x");
  EXPECT_EQ(host_.once().value().failing, 1U);
  EXPECT_NE(wanted_form("prod"), not_rendered);
  EXPECT_EQ(report_of("prod").desired_digest, wanted_form("prod"));
  EXPECT_EQ(report_of("prod").rendered_digest, rendered);

  ASSERT_TRUE(host_.root().disk().remove_file("blocked"));
  host_.once_done();
  EXPECT_EQ(report_of("prod").status, Status::ready);
  EXPECT_EQ(report_of("prod").desired_digest, wanted_form("prod"));
}

TEST_F(AgentTest, AFormThatGivesTheSameFilesIsReportedWithoutTouchingThem) {
  note_wanted_forms();
  host_.once_done();
  const Digest before = wanted_form("prod");
  host_.root().faults().reset();
  // Templates may name the workload's repository; this one does not.
  server_.put({.name = "sensor", .workspace = "default", .spec = model::WorkloadSpec{.repo = "b"}});
  host_.once_done();
  EXPECT_NE(wanted_form("prod"), before);
  EXPECT_EQ(report_of("prod").desired_digest, wanted_form("prod"));
  EXPECT_FALSE(report_of("prod").commit.empty());
  for (const std::string& call : host_.root().faults().calls()) {
    EXPECT_FALSE(call.starts_with("write") || call.starts_with("rename")) << call;
  }
  EXPECT_EQ(git({"rev-list", "--count", "main"}), "1\n");
}

TEST_F(AgentTest, CarriesOnFromTheStateOfAnOlderAgent) {
  host_.once_done();
  auto state = parse_json(host_.state().disk().read("state.json", 1U << 20U).value()).value();
  state["desired"][0].erase("desiredDigest");
  state["applied"][0]["form"].erase("desiredDigest");
  ASSERT_TRUE(host_.state().disk().write("state.json", state.dump(), 0600));
  note_wanted_forms();
  host_.once_done();
  EXPECT_EQ(report_of("prod").status, Status::ready);
  EXPECT_EQ(report_of("prod").desired_digest, wanted_form("prod"));
  EXPECT_EQ(host_.files(), (Files{{"etc/prod.conf", "host pi\n"}}));
  EXPECT_EQ(git({"rev-list", "--count", "main"}), "1\n");
}

TEST_F(AgentTest, TwoDeploymentsNeverWriteOnePath) {
  put_second();
  server_.put_template("tool", "mine\n", "root/etc/prod.conf");
  const StepResult result = host_.once().value();
  EXPECT_EQ(result.failing, 1U);
  EXPECT_EQ(host_.files(), (Files{{"etc/prod.conf", "host pi\n"}}));
  EXPECT_EQ(status("test"), Status::error);
  EXPECT_NE(server_.deployment("test").reason.at(0).find("belongs to deployment default/prod"),
            std::string::npos);
}

TEST_F(AgentTest, ADriverThatTheHostDoesNotHaveIsSaid) {
  model::Entity service =
      server_.client().get({.kind = model::Kind::template_, .name = "service"}).value();
  std::get<model::TemplateSpec>(service.spec).driver = "systemd";
  server_.put(service);
  EXPECT_EQ(host_.once().value().failing, 1U);
  EXPECT_EQ(server_.deployment("prod").reason.at(0),
            "host pi: the driver \"systemd\" does not work on this host: systemd does not run: "
            "there is no /nowhere/systemd");
}

TEST_F(AgentTest, FilesOutsideRootGoToGitAlone) {
  model::TemplateSpec spec;
  for (const char* path : {"kubernetes/app.yaml", "root/etc/app"}) {
    const std::string content = std::string("apiVersion: v1\nkind: ") + path + "\n";
    spec.files.push_back({.path = path,
                          .digest = server_.client().put_blob(content).value(),
                          .size = content.size()});
  }
  server_.put({.name = "service", .spec = spec});
  host_.once_done();
  EXPECT_EQ(host_.files().size(), 1U);
  EXPECT_EQ(git({"ls-tree", "-r", "--name-only", "main"}),
            "hosts/pi/default/prod/kubernetes/app.yaml\n"
            "hosts/pi/default/prod/root/etc/app\n"
            "hosts/pi/kustomization.yaml\n");
}

TEST_F(AgentTest, BlobsThatNothingNeedsAnyMoreAreDropped) {
  host_.once_done();
  server_.put_template("service", "edited\n");
  host_.once_done();
  // Those of the form before stay.
  EXPECT_EQ(host_.state().disk().list("blobs").value().size(), 2U);
  server_.put_template("service", "again\n");
  host_.once_done();
  std::set<std::string> blobs;
  const auto entries = host_.state().disk().list("blobs").value();
  for (const auto& entry : entries) blobs.insert(entry.name);
  EXPECT_EQ(blobs, (std::set{Digest::of("edited\n").hex(), Digest::of("again\n").hex()}));
}

TEST_F(AgentTest, AModeIsSetAndAModeAloneIsAChange) {
  const auto put = [&](std::uint32_t mode) {
    model::TemplateSpec spec;
    spec.files = {{.path = "root/bin/run",
                   .mode = mode,
                   .digest = server_.client().put_blob("#!/bin/sh\n").value(),
                   .size = 10}};
    server_.put({.name = "service", .spec = spec});
    host_.once_done();
    return host_.root().disk().info("bin/run").value().mode;
  };
  EXPECT_EQ(put(0644), 0644U);
  EXPECT_EQ(put(0755), 0755U);
}

}  // namespace
}  // namespace titan::agent
