// Statuses, deletion, and the fields that the server writes.
#include <gtest/gtest.h>

#include "server-lite/limits.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using model::Status;
using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

constexpr const char* kProd = "/v1/workspaces/default/deployments/prod";

class EntityLife : public ::testing::Test {
 protected:
  // "UPDATING waiting for 1 of 1 hosts: pi", or "gone".
  std::string state(const std::string& path = kProd) {
    const HttpResponse response = server_.call("GET", path);
    if (response.status == 404) return "gone";
    const json entity = parse_json(response.body).value();
    std::string text = entity["status"].get<std::string>();
    for (const json& reason : entity["reason"]) text += " " + reason.get<std::string>();
    return text;
  }
  json get(const std::string& path) { return server_.json("GET", path); }
  json error_of(const HttpResponse& response) { return parse_json(response.body).value()["error"]; }

  TestServer server_;
};

// ---- deployments -------------------------------------------------------------------------------

TEST_F(EntityLife, EveryTransitionOfADeployment) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  ObedientHost nuc(server_, "nuc");
  struct Row {
    const char* what;
    std::function<void()> happens;
    const char* state;
  };
  const auto put = [&](const std::string& path, const json& body) {
    const HttpResponse response = server_.call("PUT", path, body.dump());
    EXPECT_LT(response.status, 300) << response.body;
  };
  const auto deployment = [&](const json& extra) {
    json spec = {{"workload", "sensor"}, {"template", "service"}, {"target", "lab"}};
    spec.update(extra);
    put(std::string(kProd) + "?allowMissing=true", {{"spec", spec}});
  };
  const std::vector<Row> rows = {
      {"created", [] {}, "INITIALIZED waiting for 1 of 1 hosts: pi"},
      {"handed to a host", [&] { pi.sync(); }, "CREATING waiting for 1 of 1 hosts: pi"},
      {"written while it is being created",
       [&] {
         deployment({{"values", {{"a", 1}}}});
       },
       "CREATING waiting for 1 of 1 hosts: pi"},
      {"reported", [&] { pi.sync_and_report(); }, "READY"},
      {"reported again", [&] { pi.sync_and_report(); }, "READY"},
      {"values changed",
       [&] {
         deployment({{"values", {{"a", 2}}}});
       },
       "UPDATING waiting for 1 of 1 hosts: pi"},
      {"reported", [&] { pi.sync_and_report(); }, "READY"},
      {"the template changed", [&] { server_.put_template("service", "2 {{host.name}}\n"); },
       "UPDATING waiting for 1 of 1 hosts: pi"},
      {"reported", [&] { pi.sync_and_report(); }, "READY"},
      {"the workload changed",
       [&] {
         put("/v1/workspaces/default/workloads/sensor", {{"spec", {{"repo", "other"}}}});
       },
       "UPDATING waiting for 1 of 1 hosts: pi"},
      {"reported", [&] { pi.sync_and_report(); }, "READY"},
      {"the host's values changed",
       [&] {
         put("/v1/hosts/pi", {{"spec", {{"labels", {{"site", "lab"}}}, {"values", {{"b", 1}}}}}});
       },
       "UPDATING waiting for 1 of 1 hosts: pi"},
      {"reported", [&] { pi.sync_and_report(); }, "READY"},
      {"a host joined",
       [&] {
         server_.put_host("nuc", {{"site", "lab"}});
       },
       "UPDATING waiting for 1 of 2 hosts: nuc"},
      {"it reported", [&] { nuc.sync_and_report(); }, "READY"},
      {"it left",
       [&] {
         server_.put_host("nuc", {{"site", "roof"}});
         nuc.sync_and_report();
       },
       "READY"},
      {"a tag changed",
       [&] {
         json entity = get(kProd);
         entity["tags"] = {{"owner", "tim"}};
         put(kProd, entity);
       },
       "READY"},
      {"a host failed",
       [&] {
         deployment({{"values", {{"a", 3}}}});
         pi.sync_and_report("no space left");
       },
       "ERROR host pi: no space left"},
      {"it failed in another way", [&] { pi.sync_and_report("no such user"); },
       "ERROR host pi: no such user"},
      {"changed while failing",
       [&] {
         deployment({{"values", {{"a", 4}}}});
       },
       "UPDATING waiting for 1 of 1 hosts: pi"},
      {"repaired", [&] { pi.sync_and_report(); }, "READY"},
      {"it cannot be rendered", [&] { server_.put_template("service", "{{values.none}}\n"); },
       "ERROR host pi: template service: root/etc/{{deployment.name}}.conf:1:1: "
       "values.none is not given"},
      {"the template is right again", [&] { server_.put_template("service", "3\n"); },
       "UPDATING waiting for 1 of 1 hosts: pi"},
      {"reported", [&] { pi.sync_and_report(); }, "READY"},
      {"it names what does not exist",
       [&] {
         deployment({{"target", "none"}, {"workload", "no"}});
       },
       "MISSING workload \"no\" does not exist target \"none\" does not exist"},
      {"it names what exists",
       [&] {
         deployment({{"values", {{"a", 4}}}});
       },
       "UPDATING waiting for 1 of 1 hosts: pi"},
      {"reported", [&] { pi.sync_and_report(); }, "READY"},
      {"the target matches nothing",
       [&] {
         put("/v1/workspaces/default/targets/lab", {{"spec", {{"labels", {{"site", "moon"}}}}}});
       },
       "INITIALIZED target \"lab\" matches no host"},
      {"it matches again",
       [&] {
         put("/v1/workspaces/default/targets/lab", {{"spec", {{"labels", {{"site", "lab"}}}}}});
         pi.sync_and_report();
       },
       "READY"},
      {"deleted", [&] { server_.call("DELETE", kProd); }, "DELETING waiting for removal from pi"},
      {"not yet confirmed", [&] { pi.sync(); }, "DELETING waiting for removal from pi"},
      {"confirmed", [&] { pi.sync_and_report(); }, "gone"},
  };
  for (const Row& row : rows) {
    row.happens();
    const std::string found = state();
    const bool cannot_render = std::string(row.what) == "it cannot be rendered";
    if (cannot_render) {
      EXPECT_EQ(found.rfind("ERROR host pi: ", 0), 0U) << found;
      EXPECT_NE(found.find("values.none"), std::string::npos) << found;
    } else {
      EXPECT_EQ(found, row.state) << row.what;
    }
  }
}

TEST_F(EntityLife, AHandOverBeforeTheFirstRollUpCountsToo) {
  server_.put_host("pi", {{"site", "lab"}});
  server_.put_template("service", "x\n");
  server_.put({.name = "sensor", .workspace = "default", .spec = model::WorkloadSpec{}});
  server_.put({.name = "lab",
               .workspace = "default",
               .spec = model::TargetSpec{.labels = {{"site", "lab"}}}});
  const json spec = {{"workload", "sensor"}, {"template", "service"}, {"target", "lab"}};
  server_.handle_alone({.method = "PUT", .target = kProd, .body = json{{"spec", spec}}.dump()});
  server_.handle_alone({.method = "POST", .target = "/v1/hosts/pi/sync", .body = "{}"});
  server_.settle();
  EXPECT_EQ(state(), "CREATING waiting for 1 of 1 hosts: pi");
}

TEST_F(EntityLife, AStatusMovesTheRevisionAndLeavesTheVersionAlone) {
  server_.put_prod();
  const json before = get(kProd);
  ObedientHost(server_, "pi").sync_and_report();
  const json after = get(kProd);
  EXPECT_EQ(after["status"], "READY");
  EXPECT_GT(after["revision"], before["revision"]);
  EXPECT_EQ(after["version"], before["version"]);
  EXPECT_GT(after["modifiedTime"], before["modifiedTime"]);
  EXPECT_EQ(after["createdTime"], before["createdTime"]);
  EXPECT_EQ(
      server_
          .call("PUT", kProd, after.dump(), {{"If-Match", '"' + before["revision"].dump() + '"'}})
          .status,
      409);
}

TEST_F(EntityLife, ErrorAndMissingAlwaysHaveAReason) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report("broken");
  server_.call("PUT", "/v1/workspaces/default/deployments/m?allowMissing=true",
               R"({"spec":{"workload":"no","target":"no"}})");
  server_.call("PUT", "/v1/workspaces/default/workloads/m?allowMissing=true",
               R"({"spec":{"template":"no"}})");
  server_.advance(kHostLease);
  int found = 0;
  const auto changes = server_.store().changes(0, 1000).value();
  for (const auto& change : changes) {
    if (!change.after) continue;
    const Status status = change.after->status;
    if (status != Status::error && status != Status::missing) continue;
    ++found;
    EXPECT_FALSE(change.after->reason.empty()) << change.seq;
  }
  EXPECT_GE(found, 4);
}

TEST_F(EntityLife, AWorkloadIsMissingUntilItsTemplateExists) {
  const char* path = "/v1/workspaces/default/workloads/sensor";
  const std::string body = R"({"spec":{"template":"service"}})";
  EXPECT_EQ(server_.call("PUT", path, body).status, 422);
  EXPECT_EQ(server_.call("PUT", std::string(path) + "?allowMissing=true", body).status, 201);
  EXPECT_EQ(state(path), "MISSING template \"service\" does not exist");
  server_.restart();
  EXPECT_EQ(state(path), "MISSING template \"service\" does not exist");
  server_.put_template("service", "x\n");
  EXPECT_EQ(state(path), "READY");
}

TEST_F(EntityLife, ADamagedReportKeepsNoOtherDeploymentFromItsStatus) {
  server_.put_prod();
  server_.put_deployment("also");
  ObedientHost pi(server_, "pi");
  server_.faults().fail_when([](const std::string& call) { return call.ends_with("/also"); },
                             internal("told to be damaged"));
  pi.sync_and_report();
  EXPECT_EQ(state(), "READY");
  EXPECT_NE(server_.log_text().find("told to be damaged"), std::string::npos);
  server_.faults().reset();
  server_.advance(kDamagePause);
  EXPECT_EQ(state("/v1/workspaces/default/deployments/also"), "READY");
}

// ---- hosts -------------------------------------------------------------------------------------

TEST_F(EntityLife, EveryTransitionOfAHost) {
  server_.put_host("pi", {});
  ObedientHost pi(server_, "pi");
  const auto minutes = [](int n) { return std::chrono::minutes(n); };
  struct Row {
    const char* what;
    std::function<void()> happens;
    const char* state;
  };
  const std::vector<Row> rows = {
      {"created", [] {}, "INITIALIZED"},
      {"never heard of, so nothing is missed", [&] { server_.advance(minutes(100)); },
       "INITIALIZED"},
      {"heard of", [&] { pi.sync(); }, "READY"},
      {"silent for less than its lease", [&] { server_.advance(kHostLease - minutes(1)); },
       "READY"},
      {"heard of", [&] { pi.sync(); }, "READY"},
      {"silent again", [&] { server_.advance(kHostLease - minutes(1)); }, "READY"},
      {"silent for its lease", [&] { server_.advance(minutes(1)); },
       "MISSING not heard of for 15m"},
      {"written while it is silent",
       [&] {
         server_.put_host("pi", {{"site", "lab"}});
       },
       "MISSING not heard of for 15m"},
      {"back", [&] { pi.sync(); }, "READY"},
      {"with a shorter lease",
       [&] { server_.call("PUT", "/v1/hosts/pi", R"({"spec":{"lease":"2m"}})"); }, "READY"},
      {"silent for that", [&] { server_.advance(minutes(3)); }, "MISSING not heard of for 2m"},
      {"back by a report", [&] { pi.sync_and_report(); }, "READY"},
      {"the server was started anew: a whole lease again",
       [&] {
         server_.clock().advance(minutes(1));
         server_.restart();
         server_.advance(minutes(1));
       },
       "READY"},
      {"silent for the lease since the start", [&] { server_.advance(minutes(2)); },
       "MISSING not heard of for 2m"},
      {"missing stays missing over a start", [&] { server_.restart(); },
       "MISSING not heard of for 2m"},
      {"deleted", [&] { server_.call("DELETE", "/v1/hosts/pi"); }, "gone"},
      {"it asks all the same", [&] { EXPECT_EQ(pi.sync(), "not_found"); }, "gone"},
      {"its name is used again", [&] { server_.put_host("pi", {}); }, "INITIALIZED"},
  };
  for (const Row& row : rows) {
    row.happens();
    EXPECT_EQ(state("/v1/hosts/pi"), row.state) << row.what;
  }
}

TEST_F(EntityLife, AHostIsMissingOnTimeAlsoAmongMany) {
  server_.put_host("a", {});
  server_.put_host("b", {});
  ObedientHost(server_, "a").sync();
  server_.advance(std::chrono::minutes(10));
  ObedientHost(server_, "b").sync();
  server_.advance(std::chrono::minutes(5));
  EXPECT_EQ(state("/v1/hosts/a"), "MISSING not heard of for 15m");
  EXPECT_EQ(state("/v1/hosts/b"), "READY");
  server_.advance(std::chrono::minutes(10));
  EXPECT_EQ(state("/v1/hosts/b"), "MISSING not heard of for 15m");
}

TEST_F(EntityLife, AHostThatAsksWhileItIsBeingCalledMissingIsReadyAgainSoon) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  const HttpRequest question{.method = "POST",
                             .target = "/v1/hosts/pi/sync",
                             .body = json{{"bookmark", pi.bookmark()->text()}}.dump()};
  // Without news for it the question is answered from memory, so it may come from in here.
  int asked = 0;
  server_.faults().fail_when(
      [&](const std::string& call) {
        if (!call.starts_with("commit") || asked > 0) return false;
        ++asked;
        EXPECT_EQ(server_.handle_alone(question).status, 204);
        return false;
      },
      internal("not picked"));
  server_.advance(kHostLease);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(state("/v1/hosts/pi"), "MISSING not heard of for 15m");
  server_.advance(kLeaseLookMin);
  EXPECT_EQ(state("/v1/hosts/pi"), "READY");
}

TEST_F(EntityLife, TheWallClockMakesNoHostMissing) {
  server_.put_host("pi", {});
  ObedientHost(server_, "pi").sync();
  server_.clock().set_wall(
      Timestamp::from_micros(server_.clock().wall().micros() + 86'400'000'000));
  server_.settle();
  EXPECT_EQ(state("/v1/hosts/pi"), "READY");
}

TEST_F(EntityLife, OtherKindsAreReadyOnceStored) {
  server_.put_prod();
  for (const char* path :
       {"/v1/workspaces/default", "/v1/templates/service",
        "/v1/workspaces/default/workloads/sensor", "/v1/workspaces/default/targets/lab"}) {
    EXPECT_EQ(state(path), "READY") << path;
  }
}

TEST_F(EntityLife, AReportThatCameBehindTheDeletionIsNotThatOfTheNextHost) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  const auto late = server_.store().report("default", "pi").value();
  server_.call("DELETE", "/v1/hosts/pi");
  ASSERT_TRUE(server_.store().commit({.observations = {{.host = "pi", .report = late.report}}}));
  server_.put_host("pi", {{"site", "lab"}});
  EXPECT_EQ(server_.call("GET", "/v1/hosts/pi/report").status, 404);
  server_.restart();
  EXPECT_EQ(state().rfind("READY", 0), std::string::npos) << state();
}

// ---- deletion ----------------------------------------------------------------------------------

TEST_F(EntityLife, DeleteInTheEntityIsTheSameAsDelete) {
  for (const bool by_field : {true, false}) {
    SCOPED_TRACE(by_field);
    server_.put_host("pi", {{"site", "lab"}});
    json entity = get("/v1/hosts/pi");
    entity["delete"] = true;
    const HttpResponse gone = by_field ? server_.call("PUT", "/v1/hosts/pi", entity.dump())
                                       : server_.call("DELETE", "/v1/hosts/pi");
    EXPECT_EQ(gone.status, 200);
    EXPECT_EQ(gone.header("Titan-Outcome"), "deleted");
    const json answer = parse_json(gone.body).value();
    EXPECT_EQ(answer["status"], "DELETED");
    EXPECT_TRUE(answer.contains("deletedTime"));
    EXPECT_EQ(answer["spec"]["labels"]["site"], "lab");
    EXPECT_EQ(state("/v1/hosts/pi"), "gone");
    const json last = server_.json("GET", "/v1/changes?kind=host")["items"].back();
    EXPECT_EQ(last["operation"], "DELETED");
    EXPECT_EQ(last["time"], answer["deletedTime"]);
  }
  EXPECT_EQ(server_.call("PUT", "/v1/hosts/pi", R"({"delete":true})").status, 404);
  EXPECT_EQ(server_.call("PUT", "/v1/hosts/pi", R"({"delete":"yes"})").status, 422);
}

TEST_F(EntityLife, ADeploymentIsDeletingUntilItsHostsConfirm) {
  server_.put_prod();
  server_.put_host("nuc", {{"site", "lab"}});
  ObedientHost pi(server_, "pi");
  ObedientHost nuc(server_, "nuc");
  pi.sync_and_report();
  nuc.sync_and_report();
  json entity = get(kProd);
  entity["delete"] = true;
  const HttpResponse deleting = server_.call("PUT", kProd, entity.dump());
  EXPECT_EQ(deleting.header("Titan-Outcome"), "deleting");
  EXPECT_EQ(parse_json(deleting.body).value()["delete"], true);
  EXPECT_EQ(state(), "DELETING waiting for removal from nuc, pi");

  EXPECT_EQ(server_.call("PUT", kProd, get(kProd).dump()).status, 200) << "asked for again";
  json undo = get(kProd);
  undo["delete"] = false;
  const HttpResponse refused = server_.call("PUT", kProd, undo.dump());
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(error_of(refused)["message"], "it is being deleted");
  EXPECT_EQ(server_.call("DELETE", kProd).header("Titan-Outcome"), "deleting");

  pi.sync_and_report();
  EXPECT_EQ(state(), "DELETING waiting for removal from nuc");
  server_.restart();
  EXPECT_EQ(state(), "DELETING waiting for removal from nuc");
  EXPECT_EQ(nuc.sync_and_report(), " -prod");
  EXPECT_EQ(state(), "gone");
}

TEST_F(EntityLife, ForceDoesNotWait) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  EXPECT_EQ(server_.call("DELETE", kProd).header("Titan-Outcome"), "deleting");
  const HttpResponse forced = server_.call("DELETE", std::string(kProd) + "?force=true");
  EXPECT_EQ(forced.header("Titan-Outcome"), "deleted");
  EXPECT_EQ(parse_json(forced.body).value()["status"], "DELETED");
  EXPECT_EQ(state(), "gone");
  EXPECT_EQ(pi.sync(), " -prod");
}

TEST_F(EntityLife, ADeploymentThatNoHostHoldsIsGoneAtOnce) {
  server_.put_prod();
  EXPECT_EQ(server_.call("DELETE", kProd).header("Titan-Outcome"), "deleted");
  EXPECT_EQ(state(), "gone");
}

TEST_F(EntityLife, ANameIsFreeAfterItsTombstoneAndHostsSeeTheNewOne) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  const json first = get(kProd);
  server_.call("DELETE", std::string(kProd) + "?force=true");
  server_.put_deployment("prod");
  const json second = get(kProd);
  EXPECT_NE(first["id"], second["id"]);
  EXPECT_EQ(second["revision"].get<int>() < first["revision"].get<int>(), true);
  // The same form as before: nothing is news, and what the host reported still holds.
  EXPECT_EQ(pi.sync(), "nothing");
  EXPECT_EQ(state(), "READY");
  const json tombstones =
      server_.json("GET", "/v1/workspaces/default/deployments?status=DELETED")["items"];
  ASSERT_EQ(tombstones.size(), 1U);
  EXPECT_EQ(tombstones[0]["id"], first["id"]);
}

TEST_F(EntityLife, WhatADeletingDeploymentNamesMayGoButNotItsWorkspace) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  server_.call("DELETE", kProd);
  EXPECT_EQ(server_.call("DELETE", "/v1/workspaces/default/targets/lab").status, 200);
  EXPECT_EQ(server_.call("DELETE", "/v1/templates/service").status, 200);
  EXPECT_EQ(state(), "DELETING waiting for removal from pi");
  EXPECT_EQ(pi.sync_and_report(), " -prod");
  EXPECT_EQ(state(), "gone");
}

TEST_F(EntityLife, ReferencesHoldInBothDirections) {
  server_.put_prod();
  server_.call("PUT", "/v1/workspaces/default/workloads/with",
               R"({"spec":{"template":"service"}})");
  struct Row {
    const char* path;
    json users;
  };
  const std::vector<Row> rows = {
      {"/v1/templates/service", {"deployment default/prod", "workload default/with"}},
      {"/v1/workspaces/default/workloads/sensor", {"deployment default/prod"}},
      {"/v1/workspaces/default/targets/lab", {"deployment default/prod"}},
  };
  for (const Row& row : rows) {
    const HttpResponse refused = server_.call("DELETE", row.path);
    EXPECT_EQ(refused.status, 409);
    json users = error_of(refused)["users"];
    std::sort(users.begin(), users.end());
    EXPECT_EQ(users, row.users) << row.path;
    EXPECT_EQ(error_of(refused)["revision"], get(row.path)["revision"]);
  }
  // A host is named by nobody but assignments, which are the server's.
  EXPECT_EQ(server_.call("DELETE", "/v1/hosts/pi").status, 200);
  EXPECT_EQ(state(), "INITIALIZED target \"lab\" matches no host");
}

// ---- fields that the server writes -------------------------------------------------------------

TEST_F(EntityLife, RevisionCountsWritesAndVersionCountsSpecs) {
  const auto put = [&](const json& body) {
    const HttpResponse response = server_.call("PUT", "/v1/hosts/pi", body.dump());
    const json entity = parse_json(response.body).value();
    EXPECT_EQ(response.header("ETag"), '"' + entity["revision"].dump() + '"');
    return entity["revision"].dump() + "." + entity["version"].dump() + " " +
           response.header("Titan-Outcome");
  };
  const json lab = {{"labels", {{"site", "lab"}}}};
  const json roof = {{"labels", {{"site", "roof"}}}};
  EXPECT_EQ(put({{"spec", lab}}), "1.1 created");
  EXPECT_EQ(put({{"spec", lab}}), "1.1 unchanged");
  EXPECT_EQ(put({{"spec", lab}, {"tags", {{"a", "b"}}}}), "2.1 updated");
  EXPECT_EQ(put({{"spec", roof}, {"tags", {{"a", "b"}}}}), "3.2 updated");
  EXPECT_EQ(put({{"spec", roof}, {"revision", 99}, {"status", "ERROR"}, {"tags", {{"a", "b"}}}}),
            "3.2 unchanged");
  EXPECT_EQ(put({{"spec", roof}}), "4.2 updated") << "what is left out is not kept";
}

TEST_F(EntityLife, DeleteHonoursIfMatch) {
  server_.put_host("pi", {});
  server_.put_host("pi", {{"site", "lab"}});
  EXPECT_EQ(server_.call("DELETE", "/v1/hosts/pi", "", {{"If-Match", "\"1\""}}).status, 409);
  EXPECT_EQ(server_.call("DELETE", "/v1/hosts/pi", "", {{"If-Match", "\"2\""}}).status, 200);
}

TEST_F(EntityLife, TagsAreKeptAndNoNewsForHosts) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  json entity = get(kProd);
  entity["tags"] = {{"owner", "tim"}, {"note", "any text, with = and ,"}};
  EXPECT_EQ(server_.call("PUT", kProd, entity.dump()).header("Titan-Outcome"), "updated");
  EXPECT_EQ(get(kProd)["tags"], entity["tags"]);
  EXPECT_EQ(pi.sync(), "nothing");
  EXPECT_EQ(state(), "READY");
}

}  // namespace
}  // namespace titan::server_lite
