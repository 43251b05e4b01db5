// The life of a change: proposed, refused or committed, and followed.
#include <gtest/gtest.h>

#include <set>

#include "server-lite/limits.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

using Changes = std::vector<json>;

json put(const char* operation, json entity) {
  return {{"operation", operation}, {"entity", std::move(entity)}};
}

json host(const std::string& name, const json& labels = {{"site", "lab"}}) {
  return {{"kind", "Host"}, {"name", name}, {"spec", {{"labels", labels}}}};
}

json workload(const std::string& name) {
  return {{"kind", "Workload"}, {"name", name}, {"spec", {{"repo", "r"}}}};
}

json target(const std::string& name) {
  return {{"kind", "Target"}, {"name", name}, {"spec", {{"labels", {{"site", "lab"}}}}}};
}

json deployment(const std::string& name, const std::string& of_workload = "sensor",
                const std::string& on_target = "lab") {
  return {{"kind", "Deployment"},
          {"name", name},
          {"spec", {{"workload", of_workload}, {"template", "service"}, {"target", on_target}}}};
}

json removal(const char* kind, const std::string& name) {
  return {{"operation", "DELETE"}, {"kind", kind}, {"name", name}};
}

class ChangeLife : public ::testing::Test {
 protected:
  HttpResponse propose(const Changes& changes, const std::string& parameters = "") {
    return server_.call("POST", "/v1/changes" + parameters, json{{"changes", changes}}.dump());
  }
  // The request alone, and nothing that follows from it.
  HttpResponse propose_alone(const Changes& changes, const std::string& parameters) {
    return server_.handle_alone({.method = "POST",
                                 .target = "/v1/changes" + parameters,
                                 .body = json{{"changes", changes}}.dump()});
  }
  static json body_of(const HttpResponse& response) { return parse_json(response.body).value(); }
  static json error_of(const HttpResponse& response) { return body_of(response)["error"]; }
  json follow(const std::string& id) { return server_.json("GET", "/v1/changes/" + id); }
  json follow_alone(const std::string& id) {
    return body_of(server_.handle_alone({.method = "GET", .target = "/v1/changes/" + id}));
  }
  bool exists(const std::string& path) { return server_.call("GET", path).status == 200; }
  std::string head() { return server_.store().head().value().text(); }

  TestServer server_;
};

// ---- batches -----------------------------------------------------------------------------------

TEST_F(ChangeLife, ABatchIsWrittenInOneGoAndSaysWhatItDidToEach) {
  server_.put_template("service", "x\n");
  server_.put_host("old", {});
  server_.put_host("same", {{"site", "lab"}});
  const HttpResponse response =
      propose({put("CREATE", workload("sensor")), put("APPLY", host("same")),
               put("UPDATE", host("old")), removal("Host", "old2"), put("APPLY", target("lab"))});
  EXPECT_EQ(response.status, 404) << response.body;
  server_.put_host("old2", {});
  const HttpResponse done =
      propose({put("CREATE", workload("sensor")), put("APPLY", host("same")),
               put("UPDATE", host("old")), removal("Host", "old2"), put("APPLY", target("lab"))});
  ASSERT_EQ(done.status, 200) << done.body;
  const json body = body_of(done);
  std::string outcomes;
  for (const json& item : body["items"]) {
    outcomes +=
        item["entity"]["name"].get<std::string>() + " " + item["outcome"].get<std::string>() + "; ";
  }
  EXPECT_EQ(outcomes, "sensor created; same unchanged; old updated; old2 deleted; lab created; ");
  EXPECT_EQ(body["state"], "COMMITTED");
  EXPECT_EQ(body["bookmark"], head());
  EXPECT_EQ(done.header("Titan-Change"), body["id"]);
  EXPECT_EQ(body["items"][3]["entity"]["status"], "DELETED");
  EXPECT_TRUE(body["items"][3]["entity"].contains("deletedTime"));
  EXPECT_EQ(body["items"][2]["entity"]["revision"], 2);
}

TEST_F(ChangeLife, ItemsReferToEachOtherInAnyOrder) {
  server_.put_template("service", "x\n");
  const HttpResponse response =
      propose({put("CREATE", deployment("prod")), put("CREATE", target("lab")),
               put("CREATE", workload("sensor")), put("CREATE", host("pi"))});
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(server_.deployment("prod").status, model::Status::initialized);
}

TEST_F(ChangeLife, WhatABatchStopsUsingItMayDelete) {
  server_.put_prod();
  EXPECT_EQ(propose({removal("Target", "lab")}).status, 409);
  const HttpResponse moved =
      propose({removal("Target", "lab"), put("UPDATE", deployment("prod", "sensor", "roof")),
               put("CREATE", target("roof"))});
  EXPECT_EQ(moved.status, 200) << moved.body;
  EXPECT_FALSE(exists("/v1/workspaces/default/targets/lab"));
  const HttpResponse all = propose({removal("Workload", "sensor"), removal("Target", "roof"),
                                    removal("Deployment", "prod"), removal("Template", "service")});
  EXPECT_EQ(all.status, 200) << all.body;
}

TEST_F(ChangeLife, WhatABatchBeginsToUseItCannotDelete) {
  server_.put_prod();
  const HttpResponse refused =
      propose({put("UPDATE", deployment("prod", "other")), put("CREATE", workload("other")),
               removal("Workload", "other2")});
  EXPECT_EQ(refused.status, 404);
  propose({put("CREATE", workload("other"))});
  const HttpResponse used =
      propose({removal("Workload", "other"), put("UPDATE", deployment("prod", "other"))});
  EXPECT_EQ(used.status, 409);
  EXPECT_EQ(error_of(used)["message"], "it is used by deployment default/prod");
  EXPECT_EQ(error_of(used)["field"], "changes[0]");
}

TEST_F(ChangeLife, AWorkspaceStaysWhileADeploymentOfTheSameBatchWaitsForItsHosts) {
  server_.call("PUT", "/v1/workspaces/iot", "{}");
  server_.put_prod();
  json iot = deployment("prod");
  iot["workspace"] = "iot";
  json other = workload("sensor");
  other["workspace"] = "iot";
  json lab = target("lab");
  lab["workspace"] = "iot";
  ASSERT_EQ(propose({put("CREATE", iot), put("CREATE", other), put("CREATE", lab)}).status, 200);
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  Changes changes;
  for (const char* kind : {"Deployment", "Workload", "Target"}) {
    json change = removal(kind, kind == std::string("Deployment") ? "prod"
                                : kind == std::string("Target")   ? "lab"
                                                                  : "sensor");
    change["workspace"] = "iot";
    changes.push_back(change);
  }
  changes.push_back(removal("Workspace", "iot"));
  const HttpResponse waits = propose(changes);
  EXPECT_EQ(waits.status, 409) << waits.body;
  EXPECT_EQ(error_of(waits)["message"], "it holds deployment iot/prod");
  changes[0]["force"] = true;
  EXPECT_EQ(propose(changes).status, 200);
  EXPECT_FALSE(exists("/v1/workspaces/iot"));
}

TEST_F(ChangeLife, ABatchMakesTheWorkspacesThatItNeedsOnRequest) {
  json in_iot = workload("a");
  in_iot["workspace"] = "iot";
  json in_web = workload("a");
  in_web["workspace"] = "web";
  const HttpResponse refused = propose({put("CREATE", in_iot), put("CREATE", in_web)});
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(error_of(refused)["field"], "changes[0].entity.workspace");
  const HttpResponse made =
      propose({put("CREATE", in_iot), put("CREATE", in_web)}, "?createWorkspace=true");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(made.header("Titan-Workspace-Created"), "true");
  const HttpResponse own =
      propose({put("CREATE", json{{"kind", "Workload"}, {"name", "a"}, {"workspace", "own"}}),
               put("CREATE", json{{"kind", "Workspace"}, {"name", "own"}})});
  EXPECT_EQ(own.status, 200) << own.body;
}

struct RefusedRow {
  const char* name;
  Changes changes;
  int status;
  const char* field;
  const char* subject;
  const char* message;  // how it begins
};

TEST_F(ChangeLife, ARefusedBatchWritesNothingAndNamesThePlace) {
  server_.put_prod();
  Changes too_many;
  for (std::size_t i = 0; i <= kProposedChangesMax; ++i) {
    too_many.push_back(put("APPLY", host("h" + std::to_string(i))));
  }
  json stale = put("UPDATE", host("pi", {{"site", "roof"}}));
  stale["revision"] = 7;
  json stale_removal = removal("Host", "pi");
  stale_removal["revision"] = 7;
  json new_at_revision = put("APPLY", host("nuc"));
  new_at_revision["revision"] = 1;
  json bad_label = host("nuc", {{"a b", "x"}});
  const json good = put("CREATE", host("good"));
  const std::vector<RefusedRow> rows = {
      {"no changes", {}, 422, "changes", "", "expected at least one change"},
      {"no object", {json(5)}, 422, "changes[0]", "", "expected an object"},
      {"no operation",
       {json{{"entity", host("a")}}},
       422,
       "changes[0].operation",
       "",
       "expected CREATE, UPDATE, APPLY or DELETE"},
      {"an unknown field",
       {json{{"operation", "CREATE"}, {"entitty", host("a")}}},
       422,
       "changes[0].entitty",
       "",
       "unknown field"},
      {"no entity", {json{{"operation", "CREATE"}}}, 422, "changes[0].entity", "", "must be given"},
      {"no kind",
       {put("CREATE", {{"name", "a"}})},
       422,
       "changes[0].entity.kind",
       "",
       "must be given"},
      {"an assignment",
       {put("CREATE", {{"kind", "Assignment"}, {"name", "a"}})},
       422,
       "changes[0].entity.kind",
       "",
       "assignments are the server's own to write"},
      {"a bad label",
       {good, put("CREATE", bad_label)},
       422,
       "changes[1].entity.spec.labels",
       "host nuc",
       "\"a b\" is not a label key"},
      {"removal of a thing without a name",
       {json{{"operation", "DELETE"}, {"kind", "Host"}}},
       422,
       "changes[0].name",
       "",
       "must be given"},
      {"removal of a host in a workspace",
       {json{{"operation", "DELETE"}, {"kind", "Host"}, {"name", "pi"}, {"workspace", "iot"}}},
       422,
       "changes[0].workspace",
       "",
       "entities of this kind are in none"},
      {"one entity twice", {good, good}, 422, "changes[1]", "host good", "it stands twice"},
      {"deleted and created at once",
       {removal("Host", "pi"), put("CREATE", host("pi"))},
       422,
       "changes[1]",
       "host pi",
       "it stands twice"},
      {"a missing reference",
       {good, put("CREATE", deployment("d", "sensr"))},
       422,
       "changes[1].entity.spec.workload",
       "deployment default/d",
       "workload \"sensr\" does not exist (did you mean \"sensor\"?)"},
      {"a reference that the batch deletes",
       {put("CREATE", deployment("d")), removal("Deployment", "prod"),
        removal("Workload", "sensor")},
       422,
       "changes[0].entity.spec.workload",
       "deployment default/d",
       "workload \"sensor\" does not exist"},
      {"create what exists",
       {good, put("CREATE", host("pi"))},
       409,
       "changes[1]",
       "host pi",
       "it exists already, at revision"},
      {"update what does not exist",
       {good, put("UPDATE", host("nuc"))},
       404,
       "changes[1]",
       "host nuc",
       "it does not exist"},
      {"delete what does not exist",
       {good, removal("Host", "nuc")},
       404,
       "changes[1]",
       "host nuc",
       "it does not exist"},
      {"delete what is used",
       {good, removal("Target", "lab")},
       409,
       "changes[1]",
       "target default/lab",
       "it is used by deployment default/prod"},
      {"a stale revision", {good, stale}, 409, "changes[1]", "host pi", "it is at revision"},
      {"a stale revision of a removal",
       {good, stale_removal},
       409,
       "changes[1]",
       "host pi",
       "it is at revision"},
      {"a revision of what does not exist",
       {good, new_at_revision},
       409,
       "changes[1]",
       "host nuc",
       "it does not exist; expected revision 1"},
      {"too many", too_many, 422, "changes", "", ""},
  };
  const std::string before = head();
  for (const RefusedRow& row : rows) {
    SCOPED_TRACE(row.name);
    const HttpResponse response = propose(row.changes);
    EXPECT_EQ(response.status, row.status) << response.body;
    const json error = error_of(response);
    EXPECT_EQ(error["field"], row.field) << response.body;
    EXPECT_EQ(error["subject"], row.subject) << response.body;
    EXPECT_EQ(error["message"].get<std::string>().rfind(row.message, 0), 0U) << response.body;
    EXPECT_EQ(head(), before);
  }
  EXPECT_FALSE(exists("/v1/hosts/good"));
}

TEST_F(ChangeLife, AStaleRevisionNamesTheOneThatWouldDo) {
  server_.put_host("pi", {{"site", "lab"}});
  server_.put_host("pi", {{"site", "shop"}});
  const HttpResponse stale = server_.call("PUT", "/v1/hosts/pi", "{}", {{"If-Match", "\"1\""}});
  EXPECT_EQ(stale.status, 409);
  EXPECT_EQ(error_of(stale)["revision"], 2);
  json change = put("APPLY", host("pi"));
  change["revision"] = 1;
  const HttpResponse in_batch = propose({change});
  EXPECT_EQ(error_of(in_batch)["revision"], 2);
  change["revision"] = error_of(in_batch)["revision"];
  EXPECT_EQ(propose({change}).status, 200);
}

TEST_F(ChangeLife, ARemovalAtAStaleRevisionIsToldThatAlone) {
  server_.put_prod();
  const json stale = error_of(
      server_.call("DELETE", "/v1/workspaces/default/targets/lab", "", {{"If-Match", "\"7\""}}));
  EXPECT_EQ(stale["message"], "it is at revision 1; expected revision 7");
  EXPECT_EQ(stale["revision"], 1);
  EXPECT_FALSE(stale.contains("users")) << stale;

  const json in_use = error_of(
      server_.call("DELETE", "/v1/workspaces/default/targets/lab", "", {{"If-Match", "\"1\""}}));
  EXPECT_EQ(in_use["message"], "it is used by deployment default/prod");
  EXPECT_EQ(in_use["users"], json({"deployment default/prod"}));
  // Who goes in the same batch is in nobody's way.
  const json both = error_of(propose({removal("Target", "lab"), removal("Deployment", "prod"),
                                      put("CREATE", deployment("other"))}));
  EXPECT_EQ(both["users"], json({"deployment default/other"}));
}

TEST_F(ChangeLife, UpToTenUsersAreInTheMessageAndAHundredBesideIt) {
  server_.put_prod();
  Changes many;
  for (int i = 0; i < 120; ++i) {
    many.push_back(put("CREATE", deployment("d" + std::to_string(100 + i))));
  }
  ASSERT_EQ(propose(many).status, 200);
  const json error = error_of(server_.call("DELETE", "/v1/workspaces/default/targets/lab"));
  EXPECT_EQ(error["users"].size(), kUsersListed);
  EXPECT_EQ(error["users"][0], "deployment default/d100");
  const auto message = error["message"].get<std::string>();
  EXPECT_NE(message.find("deployment default/d109 and 111 more"), std::string::npos) << message;
  EXPECT_EQ(message.find("d110"), std::string::npos) << message;
}

TEST_F(ChangeLife, TheLargestBatchIsTaken) {
  Changes many;
  for (std::size_t i = 0; i < kProposedChangesMax; ++i) {
    many.push_back(put("CREATE", host("h" + std::to_string(i))));
  }
  const HttpResponse response = propose(many);
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(body_of(response)["items"].size(), kProposedChangesMax);
  EXPECT_EQ(server_.json("GET", "/v1/hosts?limit=1000")["items"].size(), kProposedChangesMax);
}

TEST_F(ChangeLife, WhatMayBeMissingIsAcceptedAndSendingItAgainChangesNothing) {
  server_.put_template("service", "x\n");
  const Changes changes = {put("APPLY", deployment("prod"))};
  const HttpResponse first = propose(changes, "?allowMissing=true");
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(body_of(first)["items"][0]["entity"]["status"], "MISSING");
  EXPECT_EQ(server_.deployment("prod").reason.size(), 2U);
  const std::string before = head();
  const HttpResponse again = propose(changes, "?allowMissing=true");
  EXPECT_EQ(body_of(again)["items"][0]["outcome"], "unchanged");
  EXPECT_EQ(head(), before);
}

// ---- following ---------------------------------------------------------------------------------

TEST_F(ChangeLife, WithoutWaitingItIsAcceptedThenCommittedThenDealtWith) {
  const HttpResponse accepted = propose_alone({put("CREATE", host("pi"))}, "?wait=false");
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const std::string id = body_of(accepted)["id"].get<std::string>();
  EXPECT_EQ(body_of(accepted)["state"], "ACCEPTED");
  EXPECT_EQ(accepted.header("Titan-Change"), id);
  EXPECT_FALSE(server_.store().get({.kind = model::Kind::host, .name = "pi"}));

  const json waiting = follow_alone(id);
  EXPECT_EQ(waiting["state"], "ACCEPTED");
  EXPECT_TRUE(waiting["bookmark"].is_null());
  EXPECT_TRUE(waiting["error"].is_null());
  for (const json& reader : waiting["processors"]) EXPECT_EQ(reader["done"], false) << reader;

  server_.settle();
  const json committed = follow_alone(id);
  EXPECT_EQ(committed["state"], "COMMITTED");
  EXPECT_EQ(committed["bookmark"], head());
  std::string names;
  for (const json& reader : committed["processors"]) {
    names += reader["name"].get<std::string>() + " ";
    EXPECT_EQ(reader["done"], true) << reader;
  }
  EXPECT_EQ(names, "index leases placement status ");
  EXPECT_TRUE(exists("/v1/hosts/pi"));
}

TEST_F(ChangeLife, ProcessorsAreNotDoneBeforeTheyHadTheirTurn) {
  const HttpResponse written = propose_alone({put("CREATE", host("pi"))}, "");
  ASSERT_EQ(written.status, 200);
  const json progress = follow_alone(written.header("Titan-Change"));
  for (const json& reader : progress["processors"]) {
    EXPECT_EQ(reader["done"], reader["name"] == "index") << reader;
  }
}

TEST_F(ChangeLife, WithoutWaitingARefusalIsFoundByItsId) {
  const HttpResponse accepted = propose_alone({put("CREATE", deployment("prod"))}, "?wait=false");
  ASSERT_EQ(accepted.status, 202);
  server_.settle();
  const json refused = follow(accepted.header("Titan-Change"));
  EXPECT_EQ(refused["state"], "REFUSED");
  EXPECT_TRUE(refused["bookmark"].is_null());
  EXPECT_EQ(refused["error"]["code"], "invalid");
  EXPECT_EQ(refused["error"]["field"], "changes[0].entity.spec.workload");
  EXPECT_EQ(refused["error"]["subject"], "deployment default/prod");
  for (const json& reader : refused["processors"]) EXPECT_EQ(reader["done"], false) << reader;
}

TEST_F(ChangeLife, OneEntityCanBeWrittenWithoutWaitingToo) {
  struct Row {
    const char* method;
    const char* target;
    const char* body;
  };
  for (const Row& row : {Row{"POST", "/v1/hosts", R"({"name":"pi"})"},
                         Row{"PUT", "/v1/hosts/pi", R"({"spec":{"labels":{"a":"b"}}})"},
                         Row{"DELETE", "/v1/hosts/pi", ""}}) {
    const HttpResponse accepted =
        server_.call(row.method, std::string(row.target) + "?wait=false", row.body);
    EXPECT_EQ(accepted.status, 202) << row.method;
    EXPECT_EQ(follow(accepted.header("Titan-Change"))["state"], "COMMITTED") << row.method;
  }
  EXPECT_FALSE(exists("/v1/hosts/pi"));
}

TEST_F(ChangeLife, EveryAnswerToAWriteNamesTheChange) {
  server_.put_prod();
  const std::vector<std::pair<HttpResponse, const char*>> answers = {
      {server_.call("POST", "/v1/hosts", R"({"name":"nuc"})"), "COMMITTED"},
      {server_.call("PUT", "/v1/hosts/nuc", R"({"tags":{"a":"b"}})"), "COMMITTED"},
      {server_.call("DELETE", "/v1/hosts/nuc"), "COMMITTED"},
      {server_.call("POST", "/v1/hosts", R"({"name":"pi"})"), "REFUSED"},
      {server_.call("DELETE", "/v1/templates/service"), "REFUSED"},
      {propose({put("CREATE", host("pi"))}), "REFUSED"},
  };
  for (const auto& [answer, state] : answers) {
    EXPECT_EQ(follow(answer.header("Titan-Change"))["state"], state) << answer.body;
  }
}

TEST_F(ChangeLife, AfterARestartTheLogStillKnowsWhatWasCommitted) {
  const std::string committed = propose({put("CREATE", host("pi"))}).header("Titan-Change");
  const json before = follow(committed);
  const std::string refused = propose({put("CREATE", host("pi"))}).header("Titan-Change");
  server_.restart();
  const json after = follow(committed);
  EXPECT_EQ(after["state"], "COMMITTED");
  EXPECT_EQ(after["bookmark"], before["bookmark"]);
  for (const json& reader : after["processors"]) EXPECT_EQ(reader["done"], true) << reader;
  EXPECT_EQ(server_.call("GET", "/v1/changes/" + refused).status, 404);
}

TEST_F(ChangeLife, AnUnknownIdIsNotFound) {
  const HttpResponse response = server_.call("GET", "/v1/changes/req-none");
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(error_of(response)["message"].get<std::string>().find("req-none"), std::string::npos);
}

TEST_F(ChangeLife, AFullQueueIsToldAndEmptiesItself) {
  for (std::size_t i = 0; i < kProposalsAccepted; ++i) {
    ASSERT_EQ(propose_alone({put("APPLY", host("pi"))}, "?wait=false").status, 202);
  }
  const HttpResponse full = propose_alone({put("APPLY", host("pi"))}, "?wait=false");
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(error_of(full)["code"], "unavailable");
  server_.settle();
  EXPECT_EQ(propose_alone({put("APPLY", host("pi"))}, "?wait=false").status, 202);
}

TEST_F(ChangeLife, AQueueThatNeverEndsLeavesTheProcessorsTheirTurn) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  ASSERT_EQ(propose_alone({removal("Deployment", "prod")}, "?wait=false").status, 202);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(propose_alone({put("APPLY", host("h" + std::to_string(i)))}, "?wait=false").status,
              202);
  }
  for (int i = 0; i < 5; ++i) server_.step();
  const json status =
      parse_json(server_.handle_alone({.method = "GET", .target = "/v1/status"}).body).value();
  for (const json& reader : status["processors"]) EXPECT_EQ(reader["behind"], 0) << reader;
  EXPECT_TRUE(server_.store().get({.kind = model::Kind::host, .name = "h3"}));
  EXPECT_FALSE(server_.store().get({.kind = model::Kind::host, .name = "h9"}));
}

TEST_F(ChangeLife, AWriteWhoseAnswerTheStoreLostIsLookedUpInTheLog) {
  server_.faults().lose_answer_of_commit(1);
  const HttpResponse lost = propose({put("CREATE", host("pi"))});
  EXPECT_EQ(lost.status, 503);
  EXPECT_TRUE(exists("/v1/hosts/pi"));
  EXPECT_EQ(follow(lost.header("Titan-Change"))["state"], "COMMITTED");
}

// Who did what: the log by actor.
TEST_F(ChangeLife, CanBePickedByActor) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  const auto found_for = [&](const std::string& actor) {
    std::set<std::string> actors;
    const json page = server_.json("GET", "/v1/changes?actor=" + percent_encode(actor));
    for (const json& change : page["items"]) actors.insert(change["actor"]);
    EXPECT_EQ(page["bookmark"], server_.store().head()->text());
    return actors;
  };
  for (const char* actor : {"token/admin", "titan", "host/pi"}) {
    EXPECT_EQ(found_for(actor), std::set<std::string>{actor});
  }
  EXPECT_TRUE(found_for("nobody").empty());
  const json page = server_.json("GET", "/v1/changes?actor=token%2Fadmin&kind=host&limit=1");
  EXPECT_EQ(page["items"][0]["key"], "default/host/pi");
  EXPECT_EQ(server_.call("GET", "/v1/changes?actor=").status, 400);
}

}  // namespace
}  // namespace titan::server_lite
