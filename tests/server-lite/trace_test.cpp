// The life of a version of a deployment: what is reported of it, and what the server tells.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "model/limits.hpp"
#include "server-lite/limits.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using model::Entity;
using nlohmann::json;
using std::chrono::seconds;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

constexpr const char* kProd = "/v1/workspaces/default/deployments/prod";

// A server with "prod" on the host "pi", and the host "pu" that may get it.
class TraceTest : public ::testing::Test {
 protected:
  TraceTest() {
    server_.put_prod();
    server_.put_host("pu", {{"site", "lab"}});
  }

  HttpResponse report(const json& body) {
    return server_.call("POST", std::string(kProd) + "/stages", body.dump());
  }
  json trace(const std::string& query = "") {
    return server_.json("GET", std::string(kProd) + "/trace" + query);
  }
  // "source@1 build@2": what the deployment keeps.
  std::string stages() {
    std::string text;
    for (const model::Stage& stage : server_.deployment("prod").stages) {
      text += (text.empty() ? "" : " ") + stage.name + "@" + std::to_string(stage.version);
    }
    return text;
  }
  // Another version of the deployment.
  void change_prod(int port) {
    Entity prod = server_.deployment("prod");
    auto& spec = std::get<model::DeploymentSpec>(prod.spec);
    spec.values = model::Values::from({{"port", port}}).value();
    server_.put(prod);
  }
  // Times as seconds since `start_`; "-" for none.
  std::string second(const json& time) {
    if (time.is_null()) return "-";
    const auto moment = Timestamp::parse(time.get<std::string>()).value();
    return std::to_string((moment.micros() - start_.micros()) / 1'000'000);
  }
  // "accepted 0, deployed - 0/2": the stages with their times.
  std::string told() {
    std::string text;
    const json answer = trace();
    for (const json& stage : answer["stages"]) {
      text += (text.empty() ? "" : ", ") + stage["stage"].get<std::string>() + " " +
              second(stage["time"]);
      if (stage.contains("of")) {
        text += " " + stage["done"].dump() + "/" + stage["of"].dump();
      }
    }
    return text;
  }
  // "pi INITIALIZED 3 - -": a host with the times at which it was delivered, committed, deployed.
  std::string told_of(const std::string& name) {
    const json answer = trace();
    for (const json& host : answer["hosts"]) {
      if (host["host"] != name) continue;
      EXPECT_EQ(host["rendered"], host["delivered"]);
      return name + " " + host["status"].get<std::string>() + " " + second(host["delivered"]) +
             " " + second(host["committed"]) + " " + second(host["deployed"]);
    }
    return "";
  }

  TestServer server_;
  Timestamp start_ = server_.clock().wall();
};

// ---- reports of stages -------------------------------------------------------------------------

TEST_F(TraceTest, AReportIsKeptBesideTheSpecAndChangesNothingElse) {
  const Entity before = server_.deployment("prod");
  server_.clock().advance(seconds(3));
  const auto response = report({{"stage", "build"},
                                {"version", 1},
                                {"outcome", "failed"},
                                {"revision", "9fceb02"},
                                {"url", "https://ci.example.com/7"}});
  ASSERT_EQ(response.status, 200) << response.body;
  const Entity after = server_.deployment("prod");
  EXPECT_EQ(parse_json(response.body).value()["stages"][0]["stage"], "build");
  EXPECT_EQ(response.header("ETag"), '"' + std::to_string(after.revision) + '"');
  ASSERT_EQ(after.stages.size(), 1U);
  EXPECT_EQ(after.stages[0], (model::Stage{.name = "build",
                                           .version = 1,
                                           .time = server_.clock().wall(),
                                           .outcome = model::Stage::Outcome::failed,
                                           .revision = "9fceb02",
                                           .url = "https://ci.example.com/7",
                                           .actor = "token/admin"}));
  EXPECT_EQ(after.revision, before.revision + 1);
  EXPECT_EQ(after.version, before.version);
  EXPECT_EQ(after.status, before.status);
  const json newest = server_.json("GET", "/v1/changes?kind=deployment")["items"].back();
  EXPECT_EQ(newest["actor"], "token/admin");
  EXPECT_EQ(newest["requestId"], response.header("Titan-Change"));
  EXPECT_EQ(newest["after"]["stages"][0]["revision"], "9fceb02");
}

TEST_F(TraceTest, AReportIsOfTheNextVersionUnlessItSaysWhich) {
  EXPECT_EQ(report({{"stage", "source"}, {"time", "2026-01-01T00:00:00Z"}}).status, 200);
  EXPECT_EQ(report({{"stage", "build"}}).status, 200);
  EXPECT_EQ(stages(), "source@2 build@2");
  EXPECT_EQ(server_.deployment("prod").stages[0].time.text(), "2026-01-01T00:00:00.000000Z");
  change_prod(1);
  EXPECT_EQ(stages(), "source@2 build@2") << "a write of the deployment keeps them";
  EXPECT_EQ(report({{"stage", "build"}, {"version", 2}, {"revision", "new"}}).status, 200);
  EXPECT_EQ(stages(), "source@2 build@2") << "in the place of the one before";
  EXPECT_EQ(server_.deployment("prod").stages[1].revision, "new");
  change_prod(2);
  EXPECT_EQ(report({{"stage", "source"}}).status, 200);
  EXPECT_EQ(stages(), "source@4") << "those of version 2 go when version 3 is the current one";
}

TEST_F(TraceTest, WhatAWriteOfTheDeploymentSaysOfStagesCountsForNothing) {
  ASSERT_EQ(report({{"stage", "build"}, {"version", 1}}).status, 200);
  json body = model::json_of(server_.deployment("prod"));
  body["stages"][0]["outcome"] = "failed";
  body["tags"] = {{"owner", "tim"}};
  ASSERT_EQ(server_.call("PUT", kProd, body.dump()).status, 200);
  EXPECT_EQ(server_.deployment("prod").tags.size(), 1U);
  EXPECT_EQ(server_.deployment("prod").stages[0].outcome, model::Stage::Outcome::succeeded);
  body.erase("stages");
  body["spec"]["values"] = {{"port", 9}};
  ASSERT_EQ(server_.call("PUT", kProd, body.dump()).status, 200);
  EXPECT_EQ(stages(), "build@1");
}

TEST_F(TraceTest, TheRollUpKeepsStages) {
  ObedientHost pi(server_, "pi");
  ObedientHost pu(server_, "pu");
  ASSERT_EQ(report({{"stage", "build"}, {"version", 1}}).status, 200);
  for (ObedientHost* host : {&pi, &pu}) {
    (void)host->sync_and_report();
    EXPECT_EQ(stages(), "build@1");
  }
  EXPECT_EQ(server_.deployment("prod").status, model::Status::ready);
  EXPECT_EQ(report({{"stage", "smoke-test"}, {"version", 1}}).status, 200);
  EXPECT_EQ(server_.deployment("prod").status, model::Status::ready);
  EXPECT_EQ(pi.sync(), "nothing") << "it is no news for hosts";
  server_.restart();
  EXPECT_EQ(stages(), "build@1 smoke-test@1");
}

TEST_F(TraceTest, AReportIsRefusedWithTheFieldNamed) {
  change_prod(1);
  struct Row {
    json body;
    int status;
    const char* field;
    const char* message;
  };
  const Row rows[] = {
      {{{"stage", "build"}, {"version", 1}},
       422,
       "version",
       "expected 2, the current version, or 3, the next; found 1"},
      {{{"stage", "build"}, {"version", 4}}, 422, "version", "found 4"},
      {{{"stage", "build"}, {"version", 0}}, 422, "version", "found 0"},
      {{{"stage", "committed"}}, 422, "stage", "the server tells itself"},
      {{{"stage", "build"}, {"url", "file:///etc/passwd"}}, 422, "url", "expected a URL"},
      {{{"stage", "build"}, {"actor", "me"}}, 422, "actor", "unknown field"},
      {json::array(), 422, "", "expected an object"},
  };
  for (const Row& row : rows) {
    const auto response = report(row.body);
    const json error = parse_json(response.body).value()["error"];
    EXPECT_EQ(response.status, row.status) << row.body;
    EXPECT_EQ(error.value("field", ""), row.field) << row.body;
    EXPECT_NE(error["message"].get<std::string>().find(row.message), std::string::npos) << error;
  }
  EXPECT_EQ(server_.call("POST", std::string(kProd) + "/stages", "{").status, 400);
  EXPECT_EQ(stages(), "");
}

TEST_F(TraceTest, ADeploymentThatIsNotThereOrGoesHasNoStages) {
  const auto missing = server_.call("POST", "/v1/workspaces/default/deployments/prd/stages",
                                    R"({"stage": "build"})");
  EXPECT_EQ(missing.status, 404);
  EXPECT_NE(missing.body.find("apply it first"), std::string::npos) << missing.body;
  EXPECT_EQ(server_.call("GET", "/v1/workspaces/default/deployments/prd/trace").status, 404);
  ObedientHost pi(server_, "pi");
  (void)pi.sync_and_report();
  ASSERT_EQ(server_.call("DELETE", kProd).status, 200);
  EXPECT_EQ(report({{"stage", "build"}}).status, 409);
  EXPECT_EQ(trace()["status"], "DELETING");
}

TEST_F(TraceTest, StagesAreBounded) {
  for (std::size_t i = 0; i < model::kStagesMax; ++i) {
    ASSERT_EQ(report({{"stage", "s" + std::to_string(i)}}).status, 200);
  }
  const auto response = report({{"stage", "one-more"}});
  EXPECT_EQ(response.status, 422);
  EXPECT_NE(response.body.find("32 stages"), std::string::npos) << response.body;
  EXPECT_EQ(report({{"stage", "s0"}}).status, 200);
}

// Each writes another revision than the one that somebody else has just read.
TEST_F(TraceTest, ReportsAtTheSameTimeAreAllKept) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, i] {
      const HttpRequest request{.method = "POST",
                                .target = std::string(kProd) + "/stages",
                                .body = R"({"stage": "s)" + std::to_string(i) + R"("})"};
      EXPECT_EQ(server_.handle_alone(request).status, 200);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server_.deployment("prod").stages.size(), 4U);
}

// ---- traces ------------------------------------------------------------------------------------

TEST_F(TraceTest, TellsTheStagesInTheOrderOfTheirTimes) {
  ObedientHost pi(server_, "pi");
  ObedientHost pu(server_, "pu");
  (void)pi.sync_and_report();
  (void)pu.sync_and_report();
  start_ = server_.clock().wall();
  ASSERT_EQ(report({{"stage", "source"}, {"revision", "9fceb02"}}).status, 200);
  server_.advance(seconds(1));
  ASSERT_EQ(report({{"stage", "build"}}).status, 200);
  server_.advance(seconds(1));
  EXPECT_NE(told().substr(0, 10), "source 0, ") << "it is of the next version";
  change_prod(1);
  EXPECT_EQ(told(),
            "source 0, build 1, accepted 2, committed 2, rendered - 0/2, delivered - 0/2, "
            "committedToGit - 0/2, deployed - 0/2");
  EXPECT_EQ(told_of("pi"), "pi INITIALIZED - - -") << "what it reports is of another form";

  server_.advance(seconds(1));
  EXPECT_EQ(pi.sync(), " +prod");
  EXPECT_EQ(told_of("pi"), "pi INITIALIZED 3 - -");
  server_.advance(seconds(1));
  pi.report("the unit starts", model::Status::updating);
  EXPECT_EQ(pi.sync(), "nothing");
  EXPECT_EQ(told_of("pi"), "pi UPDATING 3 - -");
  server_.advance(seconds(1));
  pi.report();
  EXPECT_EQ(pi.sync(), "nothing");
  EXPECT_EQ(told_of("pi"), "pi READY 3 - 5");
  EXPECT_EQ(told(),
            "source 0, build 1, accepted 2, committed 2, rendered 3 1/2, delivered 3 1/2, "
            "deployed 5 1/2, committedToGit - 0/2");

  server_.advance(seconds(1));
  EXPECT_EQ(pu.sync(), " +prod");
  server_.advance(seconds(1));
  pu.report();
  pu.report_commit("51ab");
  EXPECT_EQ(pu.sync(), "nothing");
  server_.advance(seconds(1));
  pi.report_commit("77aa");
  EXPECT_EQ(pi.sync(), "nothing");
  EXPECT_EQ(told_of("pu"), "pu READY 6 7 7");
  EXPECT_EQ(told_of("pi"), "pi READY 3 8 5");
  server_.advance(seconds(1));
  ASSERT_EQ(report({{"stage", "smoke-test"}, {"version", 2}}).status, 200);
  EXPECT_EQ(told(),
            "source 0, build 1, accepted 2, committed 2, rendered 6 2/2, delivered 6 2/2, "
            "deployed 7 2/2, committedToGit 8 2/2, smoke-test 9");

  const json answer = trace();
  EXPECT_EQ(answer["deployment"], "default/prod");
  EXPECT_EQ(answer["version"], 2);
  EXPECT_EQ(answer["status"], "READY");
  EXPECT_EQ(answer["logged"], true);
  EXPECT_EQ(answer["hostsNotCounted"], 0);
  EXPECT_EQ(answer["stages"][0]["revision"], "9fceb02");
  EXPECT_EQ(answer["stages"][2]["actor"], "token/admin");
  EXPECT_FALSE(answer["stages"][2]["requestId"].get<std::string>().empty());
  EXPECT_TRUE(model::Bookmark::parse(answer["stages"][3]["bookmark"].get<std::string>()).ok());
  EXPECT_EQ(answer["hosts"][1]["commit"], "51ab");
  EXPECT_TRUE(answer["hosts"][1]["renderedDigest"].is_string());
}

TEST_F(TraceTest, AFormThatIsGivenAgainWasGivenWhenItWasFirst) {
  ObedientHost pi(server_, "pi");
  server_.advance(seconds(1));
  EXPECT_EQ(pi.sync(), "full: +prod");
  server_.advance(seconds(1));
  pi.set_bookmark(std::nullopt);
  EXPECT_EQ(pi.sync(), "full: +prod") << "the answer did not come";
  EXPECT_EQ(told_of("pi"), "pi INITIALIZED 1 - -");
  server_.advance(seconds(1));
  pi.report("it is too small");
  (void)pi.sync();
  server_.advance(seconds(1));
  pi.set_bookmark(std::nullopt);
  EXPECT_EQ(pi.sync(), "full: +prod") << "it was looked at anew";
  EXPECT_EQ(told_of("pi"), "pi ERROR 1 - -");
  pi.report();
  (void)pi.sync();
  EXPECT_EQ(told_of("pi"), "pi READY 1 - 4");
}

// Between the delivery and the report nothing of it is on the disk.
TEST_F(TraceTest, AfterARestartADeliveryIsAsLateAsItsReport) {
  ObedientHost pi(server_, "pi");
  server_.advance(seconds(1));
  (void)pi.sync();
  server_.restart();
  EXPECT_EQ(told_of("pi"), "pi INITIALIZED - - -");
  server_.advance(seconds(2));
  pi.report();
  (void)pi.sync();
  EXPECT_EQ(told_of("pi"), "pi READY 3 - 3");
  server_.restart();
  EXPECT_EQ(told_of("pi"), "pi READY 3 - 3") << "what was reported is on the disk";
  server_.advance(seconds(5));
  pi.report("it broke later");
  (void)pi.sync();
  EXPECT_EQ(told_of("pi"), "pi ERROR 3 - 3");
}

TEST_F(TraceTest, AHostSaysNothingOfTheServersTimes) {
  ObedientHost pi(server_, "pi");
  server_.advance(seconds(1));
  (void)pi.sync();
  pi.report();
  pi.claim_times(Timestamp::from_micros(1));
  server_.advance(seconds(1));
  (void)pi.sync();
  EXPECT_EQ(told_of("pi"), "pi READY 1 - 2");
}

TEST_F(TraceTest, AHostThatShouldNotHaveItIsShownAndNotCounted) {
  ObedientHost pi(server_, "pi");
  ObedientHost pu(server_, "pu");
  (void)pi.sync_and_report();
  (void)pu.sync_and_report();
  server_.put_host("pu", {{"site", "elsewhere"}});
  const json answer = trace();
  ASSERT_EQ(answer["hosts"].size(), 2U);
  EXPECT_EQ(answer["hosts"][1]["host"], "pu");
  EXPECT_EQ(answer["hosts"][1]["wanted"], false);
  EXPECT_EQ(answer["stages"].back()["of"], 1);
}

TEST_F(TraceTest, WithoutItsChangeInTheLogTheRestIsTold) {
  TestServer server({.changes = 5});
  server.put_prod();
  const std::string path = std::string(kProd) + "/trace";
  EXPECT_EQ(server.json("GET", path)["logged"], true);
  for (int i = 0; i < 20; ++i) server.put_host("busy", {{"n", std::to_string(i)}});
  server.advance(kCompactionPause);
  for (const bool restarted : {false, true}) {
    if (restarted) server.restart();
    const json answer = server.json("GET", path);
    EXPECT_EQ(answer["logged"], false);
    EXPECT_EQ(answer["version"], 1);
    ASSERT_EQ(answer["stages"].size(), 4U);
    EXPECT_EQ(answer["stages"][0]["stage"], "rendered");
    EXPECT_EQ(answer["hosts"].size(), 1U);
  }
}

// A status or a stage is a change, too, and does not make the version.
TEST_F(TraceTest, TheChangeIsTheOneThatMadeTheVersion) {
  ObedientHost pi(server_, "pi");
  change_prod(1);
  const json accepted = trace()["stages"][0];
  server_.advance(seconds(1));
  (void)pi.sync_and_report();
  ASSERT_EQ(report({{"stage", "smoke-test"}, {"version", 2}}).status, 200);
  EXPECT_EQ(trace()["stages"][0], accepted);
  server_.restart();
  EXPECT_EQ(trace()["stages"][0], accepted);
}

TEST_F(TraceTest, HostsComeInPagesAndTheStagesWithTheFirst) {
  server_.put_host("pa", {{"site", "lab"}});
  const json first = trace("?limit=2");
  EXPECT_EQ(first["hosts"].size(), 2U);
  EXPECT_EQ(first["hosts"][0]["host"], "pa");
  EXPECT_EQ(first["stages"].back()["of"], 3) << "over all hosts";
  const json second = trace("?limit=2&continue=" + first["continue"].get<std::string>());
  EXPECT_EQ(second["hosts"].size(), 1U);
  EXPECT_EQ(second["hosts"][0]["host"], "pu");
  EXPECT_TRUE(second["stages"].empty());
  EXPECT_FALSE(second.contains("continue"));
  EXPECT_EQ(server_.call("GET", std::string(kProd) + "/trace?limit=0").status, 400);
  const auto whole =
      server_.client()
          .trace({.kind = model::Kind::deployment, .workspace = "default", .name = "prod"})
          .value();
  EXPECT_EQ(whole.hosts.size(), 3U);
  EXPECT_EQ(whole.stages.size(), 6U);
}

TEST_F(TraceTest, AViewerOfTheWorkspaceSeesItAndADeveloperReports) {
  server_.put({.name = "iot", .spec = model::WorkspaceSpec{}});
  struct Row {
    model::Role role;
    const char* workspace;
    int reading;
    int reporting;
  };
  const Row rows[] = {{model::Role::viewer, "default", 200, 403},
                      {model::Role::developer, "default", 200, 200},
                      {model::Role::admin, "iot", 404, 404}};
  for (const Row& row : rows) {
    const std::string name = std::string(model::name_of(row.role)) + "-of-" + row.workspace;
    Entity token{.name = name,
                 .spec = model::TokenSpec{.grants = {{row.role, row.workspace}},
                                          .digest = Digest::of("titan_" + name)},
                 .status = model::Status::ready};
    ASSERT_TRUE(server_.store().commit({.mutations = {{token.key(), {}, token}}}));
    const HttpHeaders headers = {{"Authorization", "Bearer titan_" + name}};
    EXPECT_EQ(server_.call("GET", std::string(kProd) + "/trace", "", headers).status, row.reading)
        << name;
    EXPECT_EQ(server_.call("POST", std::string(kProd) + "/stages", R"({"stage": "build"})", headers)
                  .status,
              row.reporting)
        << name;
  }
  const auto prod = server_.client().get(
      {.kind = model::Kind::deployment, .workspace = "default", .name = "prod"});
  ASSERT_TRUE(prod.ok()) << prod.error().text();
  EXPECT_EQ(prod->stages.at(0).actor, "token/developer-of-default");
}

}  // namespace
}  // namespace titan::server_lite
