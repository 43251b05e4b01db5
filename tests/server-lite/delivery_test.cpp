#include <gtest/gtest.h>

#include "model/secret_value.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using model::Status;
using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

class Delivery : public ::testing::Test {
 protected:
  Delivery() { server_.put_prod(); }

  Status status(const std::string& name) { return server_.deployment(name).status; }

  TestServer server_;
  ObedientHost pi_{server_, "pi"};
};

TEST_F(Delivery, ADeploymentGoesFromInitializedOverCreatingToReady) {
  EXPECT_EQ(status("prod"), Status::initialized);
  EXPECT_EQ(server_.deployment("prod").reason,
            std::vector<std::string>{"waiting for 1 of 1 hosts: pi"});
  EXPECT_EQ(pi_.sync(), "full: +prod");
  EXPECT_EQ(status("prod"), Status::creating);
  pi_.report();
  EXPECT_EQ(pi_.sync(), "nothing");
  EXPECT_EQ(status("prod"), Status::ready);
  EXPECT_TRUE(server_.deployment("prod").reason.empty());
}

TEST_F(Delivery, AHostIsInitializedUntilItIsHeardOf) {
  EXPECT_EQ(server_.json("GET", "/v1/hosts/pi")["status"], "INITIALIZED");
  pi_.sync();
  EXPECT_EQ(server_.json("GET", "/v1/hosts/pi")["status"], "READY");
}

TEST_F(Delivery, APollWithoutNewsWritesNothing) {
  pi_.sync_and_report();
  const std::string head = server_.store().head().value().text();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(pi_.sync(), "nothing");
  EXPECT_EQ(server_.store().head().value().text(), head);
}

TEST_F(Delivery, EditingATemplateBringsItsDeploymentsAgainAndNoOther) {
  server_.put_template("tool", "tool\n", "root/bin/{{deployment.name}}");
  server_.put_deployment("test", "tool");
  pi_.sync_and_report();
  server_.put_template("service", "host {{host.name}}, edited\n");
  EXPECT_EQ(status("prod"), Status::updating);
  EXPECT_EQ(status("test"), Status::ready);
  EXPECT_EQ(pi_.sync_and_report(), " +prod");
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(Delivery, LabelsThatNoLongerMatchGiveTombstones) {
  pi_.sync_and_report();
  server_.put_host("pi", {{"site", "shop"}});
  EXPECT_EQ(pi_.sync_and_report(), " -prod");
  EXPECT_EQ(status("prod"), Status::initialized);
  EXPECT_EQ(server_.deployment("prod").reason,
            std::vector<std::string>{"target \"lab\" matches no host"});
}

TEST_F(Delivery, AForeignBookmarkGivesEverything) {
  pi_.sync_and_report();
  pi_.set_bookmark(model::Bookmark{"0123456789abcdef", 3});
  EXPECT_EQ(pi_.sync(), "full: +prod");
  pi_.set_bookmark(model::Bookmark{pi_.bookmark()->epoch, 1'000'000});
  EXPECT_EQ(pi_.sync(), "full: +prod");
}

TEST_F(Delivery, ARepeatedReportChangesNothing) {
  pi_.sync_and_report();
  const std::string head = server_.store().head().value().text();
  pi_.report();
  pi_.sync();
  pi_.sync();
  EXPECT_EQ(server_.store().head().value().text(), head);
}

TEST_F(Delivery, ADeletedDeploymentWaitsUntilItsHostsConfirm) {
  pi_.sync_and_report();
  const HttpResponse answer = server_.call("DELETE", "/v1/workspaces/default/deployments/prod");
  EXPECT_EQ(answer.header("Titan-Outcome"), "deleting");
  EXPECT_EQ(status("prod"), Status::deleting);
  EXPECT_EQ(server_.deployment("prod").reason,
            std::vector<std::string>{"waiting for removal from pi"});
  EXPECT_EQ(server_.call("DELETE", "/v1/workspaces/default").status, 409);

  server_.restart();
  EXPECT_EQ(pi_.sync(), " -prod");
  EXPECT_EQ(status("prod"), Status::deleting);
  pi_.report();
  pi_.sync();
  EXPECT_EQ(server_.call("GET", "/v1/workspaces/default/deployments/prod").status, 404);
}

TEST_F(Delivery, ForcedDeletionDoesNotWaitAndTheHostStillGetsItsTombstone) {
  pi_.sync_and_report();
  const HttpResponse answer =
      server_.call("DELETE", "/v1/workspaces/default/deployments/prod?force=true");
  EXPECT_EQ(answer.header("Titan-Outcome"), "deleted");
  EXPECT_EQ(pi_.sync(), " -prod");
}

TEST_F(Delivery, DeletingTheHostThatHoldsItEndsTheWait) {
  pi_.sync_and_report();
  server_.call("DELETE", "/v1/workspaces/default/deployments/prod");
  EXPECT_EQ(server_.call("DELETE", "/v1/hosts/pi").status, 200);
  EXPECT_EQ(server_.call("GET", "/v1/workspaces/default/deployments/prod").status, 404);
}

TEST_F(Delivery, AFailureOnAHostIsAnErrorWithTheHostAndItsReason) {
  pi_.sync();
  pi_.report("no space left");
  pi_.sync();
  EXPECT_EQ(status("prod"), Status::error);
  EXPECT_EQ(server_.deployment("prod").reason, std::vector<std::string>{"host pi: no space left"});
  pi_.report();
  pi_.sync();
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(Delivery, WhatCannotBeRenderedIsAnErrorWithThePlaceAndLeavesItsSiblingsAlone) {
  server_.put_template("tool", "tool\n", "root/bin/{{deployment.name}}");
  server_.put_deployment("test", "tool");
  pi_.sync_and_report();
  server_.put_template("service", "{{values.unknown}}\n");
  EXPECT_EQ(status("prod"), Status::error);
  const auto reason = server_.deployment("prod").reason.at(0);
  EXPECT_NE(reason.find("1:1"), std::string::npos) << reason;
  EXPECT_NE(reason.find("values.unknown"), std::string::npos) << reason;
  EXPECT_EQ(status("test"), Status::ready);
  const auto manifest = server_.client().host_changes("pi", "", false).value().manifest;
  ASSERT_EQ(manifest.deployments.size(), 2U);
  EXPECT_FALSE(manifest.deployments[0].error.empty());
  EXPECT_TRUE(manifest.deployments[1].error.empty());
}

TEST_F(Delivery, AnUnknownNameInAHealthCheckIsAnErrorWithThePlace) {
  const model::Key key{.kind = model::Kind::template_, .name = "service"};
  const auto put_check = [&](const std::string& url) {
    model::Entity service = server_.client().get(key).value();
    std::get<model::TemplateSpec>(service.spec).health.checks = {
        {.kind = model::HealthCheck::Kind::http, .url = url}};
    return server_.client().put(service);
  };
  ASSERT_TRUE(put_check("http://{{values.unknown}}/").ok());
  EXPECT_EQ(status("prod"), Status::error);
  const auto reason = server_.deployment("prod").reason.at(0);
  EXPECT_TRUE(reason.starts_with("host pi: health.checks[0].http.url:1:8: \"values.unknown\""))
      << reason;

  ASSERT_TRUE(put_check("http://{{host.name}}/").ok());
  EXPECT_EQ(pi_.sync_and_report(), "full: +prod");
  EXPECT_EQ(status("prod"), Status::ready);
  const auto desired = server_.client().host_changes("pi", "", false).value().manifest.deployments;
  EXPECT_EQ(desired.at(0).health.checks.at(0).url, "http://{{host.name}}/");

  const auto refused = put_check("http://{{values.x");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().field, "spec.health");
  EXPECT_TRUE(refused.error().message.starts_with("health.checks[0].http.url:1:8: "))
      << refused.error().message;
}

TEST_F(Delivery, AHealthCheckMayNotHoldASecret) {
  const model::Key secret{.kind = model::Kind::secret, .workspace = "default", .name = "db"};
  const std::string sealed =
      model::seal_secret_value(server_.keys().key(), secret, "password", "hunter2");
  ASSERT_EQ(server_
                .call("PUT", "/v1/workspaces/default/secrets/db",
                      json{{"spec", {{"data", {{"password", {{"sealed", sealed}}}}}}}}.dump())
                .status,
            201);
  model::Entity prod = server_.deployment("prod");
  std::get<model::DeploymentSpec>(prod.spec).values =
      model::Values::from({{"password", {{"$secret", "db"}, {"key", "password"}}}}).value();
  server_.put(prod);
  EXPECT_EQ(pi_.sync_and_report(), "full: +prod");
  const model::Key key{.kind = model::Kind::template_, .name = "service"};
  model::Entity service = server_.client().get(key).value();
  std::get<model::TemplateSpec>(service.spec).health.checks = {
      {.kind = model::HealthCheck::Kind::exec, .command = {"login", "{{values.password}}"}}};
  server_.put(service);
  EXPECT_EQ(server_.deployment("prod").reason.at(0),
            "host pi: health.checks[0].exec[1]:1:1: \"values.password\" is the value of a secret, "
            "which may not stand here");
}

TEST_F(Delivery, AHostThatWaitsForAnotherDeploymentSaysSo) {
  server_.put_host("nuc", {{"site", "lab"}});
  ObedientHost nuc(server_, "nuc");
  nuc.sync_and_report();
  pi_.sync();
  pi_.report("waiting for default/base", Status::updating);
  pi_.sync();
  EXPECT_EQ(status("prod"), Status::creating);
  EXPECT_EQ(server_.deployment("prod").reason,
            std::vector<std::string>{"waiting for 1 of 2 hosts: pi (waiting for default/base)"});
  pi_.report("waiting for default/other", Status::updating);
  pi_.sync();
  EXPECT_EQ(server_.deployment("prod").reason,
            std::vector<std::string>{"waiting for 1 of 2 hosts: pi (waiting for default/other)"});
  pi_.report();
  pi_.sync();
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(Delivery, TellsWhatAHostSaysOfTrouble) {
  const json trouble = {{"output", "a\nb"},
                        {"attempts", 3},
                        {"stalled", true},
                        {"drift", {"x.service is not active"}},
                        {"healed", 2}};
  json deployment = {{"key", "default/deployment/default/prod"},
                     {"status", "ERROR"},
                     {"reason", "does not start"}};
  deployment.update(trouble);
  const json report = {
      {"deployments", {deployment}}, {"drivers", {"files", "git"}}, {"clockSkewSeconds", -3600}};
  ASSERT_EQ(server_.call("POST", "/v1/hosts/pi/sync", json{{"report", report}}.dump()).status, 200);
  const json of_host = server_.json("GET", "/v1/hosts/pi/state");
  EXPECT_EQ(of_host["drivers"], json({"files", "git"}));
  EXPECT_EQ(of_host["clockSkewSeconds"], -3600);
  const json of_deployment =
      server_.json("GET", "/v1/workspaces/default/deployments/prod/hosts")["items"][0];
  for (const auto& [field, value] : trouble.items()) {
    EXPECT_EQ(of_host["deployments"][0][field], value) << field;
    EXPECT_EQ(of_deployment[field], value) << field;
  }
  const client::Trouble read{.output = "a\nb",
                             .attempts = 3,
                             .stalled = true,
                             .drift = {"x.service is not active"},
                             .healed = 2};
  const model::Key prod{.kind = model::Kind::deployment, .workspace = "default", .name = "prod"};
  EXPECT_EQ(server_.client().deployment_hosts(prod).value().at(0).trouble, read);
  EXPECT_EQ(server_.client().host_state("pi").value().deployments.at(0).trouble, read);
  const std::string metrics = server_.call("GET", "/v1/metrics").body;
  EXPECT_NE(metrics.find("\ntitan_hosts_stalled 1\n"), std::string::npos);
  EXPECT_NE(metrics.find("\ntitan_hosts_drifting 1\n"), std::string::npos);
}

TEST_F(Delivery, EverythingIsTheSameAfterARestart) {
  pi_.sync_and_report();
  server_.put_template("service", "edited\n");
  server_.restart();
  EXPECT_EQ(status("prod"), Status::updating);
  EXPECT_EQ(pi_.sync_and_report(), " +prod");
  EXPECT_EQ(status("prod"), Status::ready);
  server_.restart();
  EXPECT_EQ(pi_.sync(), "nothing");
  EXPECT_EQ(status("prod"), Status::ready);
}

TEST_F(Delivery, ATimeInPlaceOfABookmarkGivesWhatWasModifiedSince) {
  const auto created = server_.deployment("prod").created_time;
  const auto since = [&](Timestamp time) {
    return server_.client().host_changes("pi", time.text(), false).value().manifest;
  };
  EXPECT_EQ(since(created).deployments.size(), 1U);
  server_.clock().advance(std::chrono::hours(1));
  EXPECT_TRUE(since(server_.clock().wall()).deployments.empty());
}

TEST_F(Delivery, ShowsTheRenderedFilesWhenAsked) {
  const auto changes = server_.client().host_changes("pi", "", true).value();
  ASSERT_EQ(changes.rendered.size(), 1U);
  ASSERT_EQ(changes.rendered[0].files.size(), 1U);
  EXPECT_EQ(changes.rendered[0].files[0].path, "root/etc/prod.conf");
  EXPECT_EQ(changes.rendered[0].files[0].content, "host pi\n");
  EXPECT_EQ(changes.rendered[0].digest, changes.manifest.deployments[0].rendered_digest);
}

TEST_F(Delivery, TheManifestOfAKnownBookmarkIs304) {
  const HttpResponse first = server_.call("GET", "/v1/hosts/pi/changes");
  const HttpResponse again =
      server_.call("GET", "/v1/hosts/pi/changes", "", {{"If-None-Match", first.header("ETag")}});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
}

TEST_F(Delivery, AReportHasItsTimeAlsoAfterARestart) {
  pi_.sync();
  server_.clock().advance(std::chrono::hours(1));
  pi_.report();
  pi_.sync();
  const Timestamp time = server_.client().host_report("pi").value().time;
  EXPECT_GE(time, server_.clock().wall());
  server_.restart();
  EXPECT_EQ(server_.client().host_report("pi").value().time, time);
}

TEST_F(Delivery, TellsHowADeploymentStandsOnEachHost) {
  server_.put_host("nuc", {{"site", "lab"}});
  pi_.sync_and_report();
  const model::Key prod{.kind = model::Kind::deployment, .workspace = "default", .name = "prod"};
  const auto hosts = server_.client().deployment_hosts(prod).value();
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_EQ(hosts[0].host, "nuc");
  EXPECT_EQ(hosts[0].status, Status::initialized);
  EXPECT_FALSE(hosts[0].current);
  EXPECT_EQ(hosts[1].host, "pi");
  EXPECT_EQ(hosts[1].status, Status::ready);
  EXPECT_TRUE(hosts[1].current);
  EXPECT_EQ(server_.client().host_report("pi").value().report.agent_version, "test");
  EXPECT_EQ(server_.client().host_report("nuc").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace titan::server_lite
