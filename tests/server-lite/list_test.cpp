// Lists: filters, pages, and the questions about hosts that go page by page.
#include <gtest/gtest.h>

#include <set>

#include "base/text.hpp"
#include "server-lite/limits.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

class List : public ::testing::Test {
 protected:
  // The names in the answer, over all of its pages: "a b".
  std::string names(const std::string& target) {
    std::string names;
    for (const json& item : all(target)) {
      names += (names.empty() ? "" : " ") + item["name"].get<std::string>();
    }
    return names;
  }
  json all(const std::string& target) {
    json items = json::array();
    std::string page = target;
    for (int i = 0; i < 100; ++i) {
      const json list = server_.json("GET", page);
      EXPECT_TRUE(list.contains("items")) << list;
      for (const json& item : list["items"]) items.push_back(item);
      if (!list.contains("continue")) return items;
      page = with(target, "continue", list["continue"].get<std::string>());
    }
    ADD_FAILURE() << "the list does not end";
    return items;
  }
  static std::string with(const std::string& target, const std::string& name,
                          const std::string& value) {
    const char* joint = target.find('?') == std::string::npos ? "?" : "&";
    return target + joint + name + "=" + percent_encode(value);
  }
  json error_of(const std::string& target, int status) {
    const HttpResponse response = server_.call("GET", target);
    EXPECT_EQ(response.status, status) << target << response.body;
    return parse_json(response.body).value()["error"];
  }
  void put_tagged_host(const std::string& name, const json& labels, const json& tags) {
    const json body = {{"spec", {{"labels", labels}}}, {"tags", tags}};
    ASSERT_LT(server_.call("PUT", "/v1/hosts/" + name, body.dump()).status, 300);
  }

  TestServer server_;
};

TEST_F(List, ShowsWhatEveryFilterPicks) {
  server_.put_prod();
  server_.put_deployment("test");
  put_tagged_host("eu1", {{"region", "eu"}}, {{"owner", "tim"}});
  put_tagged_host("eu2", {{"region", "eu"}, {"gpu", ""}}, {{"owner", "tim"}, {"tier", "lab"}});
  put_tagged_host("us1", {{"region", "us"}}, {{"owner", "ann"}});
  server_.put({.name = "other", .workspace = "default", .spec = model::WorkloadSpec{}});
  server_.call("PUT", "/v1/workspaces/iot/workloads/sensor?createWorkspace=true", "{}");
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  server_.advance(std::chrono::hours(1));
  ObedientHost eu1(server_, "eu1");
  eu1.sync();
  struct Row {
    const char* target;
    const char* names;
  };
  const std::vector<Row> rows = {
      {"/v1/hosts", "eu1 eu2 pi us1"},
      {"/v1/hosts?tags=owner%3Dtim", "eu1 eu2"},
      {"/v1/hosts?tags=owner%3Dtim,tier%3Dlab", "eu2"},
      {"/v1/hosts?tags=owner%3Dnobody", ""},
      {"/v1/hosts?labels=region%20in%20(eu,us)", "eu1 eu2 us1"},
      {"/v1/hosts?labels=region%3Deu,!gpu", "eu1"},
      {"/v1/hosts?labels=!region", "pi"},
      {"/v1/hosts?status=READY", "eu1"},
      {"/v1/hosts?status=ready,Missing", "eu1 pi"},
      {"/v1/hosts?status=MISSING", "pi"},
      {"/v1/hosts?status=INITIALIZED&labels=region%3Deu", "eu2"},
      {"/v1/hosts?fields=name%3Deu2", "eu2"},
      {"/v1/hosts?fields=spec.labels.region%3Dus", "us1"},
      {"/v1/hosts?fields=spec.capacity%3D", "eu1 eu2 pi us1"},
      {"/v1/hosts?tags=owner%3Dtim&labels=gpu&limit=1", "eu2"},
      {"/v1/workloads", "other sensor sensor"},
      {"/v1/workloads?workspace=iot", "sensor"},
      {"/v1/workspaces/iot/workloads", "sensor"},
      {"/v1/workspaces/none/workloads", ""},
      {"/v1/workloads?workspace=none", ""},
      {"/v1/deployments?fields=spec.workload%3Dsensor,name%3Dtest", "test"},
      {"/v1/deployments?status=READY", "prod test"},
      {"/v1/deployments?limit=1", "prod test"},
      {"/v1/hosts?modifiedAfter=2026-03-01T12:30:00Z", "eu1 pi"},
      {"/v1/hosts?modifiedBefore=2026-03-01T12:30:00Z", "eu2 us1"},
      {"/v1/hosts?modifiedAfter=2026-03-01T12:30:00Z&modifiedBefore=2026-03-01T12:30:01Z", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(names(row.target), row.names) << row.target;
}

TEST_F(List, TimesHoldFromTheFirstToBeforeTheSecond) {
  server_.put_host("a", {});
  server_.put_host("b", {});
  const std::string time =
      percent_encode(server_.json("GET", "/v1/hosts/b")["modifiedTime"].get<std::string>());
  EXPECT_EQ(names("/v1/hosts?modifiedAfter=" + time), "b");
  EXPECT_EQ(names("/v1/hosts?modifiedBefore=" + time), "a");
}

TEST_F(List, RefusesWhatItCannotPick) {
  struct Row {
    const char* target;
    const char* field;
  };
  const std::vector<Row> rows = {
      {"/v1/hosts?tags=owner", "tags"},
      {"/v1/hosts?tags=a%3Db,a%3Dc", "tags"},
      {"/v1/hosts?labels=a%20in%20(b", "labels"},
      {"/v1/deployments?labels=a", "labels"},
      {"/v1/hosts?status=REDY", "status"},
      {"/v1/hosts?status=DELETED,READY", "status"},
      {"/v1/hosts?fields=name", "fields"},
      {"/v1/hosts?fields=%3Dx", "fields"},
      {"/v1/hosts?modifiedAfter=yesterday", "modifiedAfter"},
      {"/v1/hosts?modifiedBefore=12", "modifiedBefore"},
      {"/v1/hosts?limit=0", "limit"},
      {"/v1/hosts?limit=1001", "limit"},
      {"/v1/hosts?limit=x", "limit"},
      {"/v1/hosts?continue=x", "continue"},
      {"/v1/hosts?continue=0123456789abcdef.1", "continue"},
      {"/v1/hosts?continue=0123456789abcdef.1/default/target/default/x", "continue"},
      {"/v1/hosts?workspace=default", "workspace"},
      {"/v1/workspaces/default/workloads?workspace=default", "workspace"},
      {"/v1/hosts?colour=red", "colour"},
  };
  for (const Row& row : rows) {
    const json error = error_of(row.target, 400);
    EXPECT_EQ(error["code"], "invalid") << row.target;
    EXPECT_EQ(error["field"], row.field) << row.target << error;
  }
}

TEST_F(List, AllPagesShowTheMomentOfTheFirst) {
  for (const char* name : {"a", "b", "c", "d", "e"}) server_.put_host(name, {{"v", "1"}});
  const json first = server_.json("GET", "/v1/hosts?limit=2");
  const std::string moment = first["bookmark"].get<std::string>();
  EXPECT_EQ(moment, server_.store().head().value().text());

  server_.put_host("bb", {});             // created between two pages
  server_.call("DELETE", "/v1/hosts/c");  // deleted
  server_.put_host("d", {{"v", "2"}});    // edited
  server_.call("DELETE", "/v1/hosts/e");  // deleted, and made anew
  server_.put_host("e", {{"v", "2"}});

  std::string told;
  std::string token = first["continue"].get<std::string>();
  while (true) {
    const json page = server_.json("GET", with("/v1/hosts?limit=2", "continue", token));
    EXPECT_EQ(page["bookmark"], moment);
    for (const json& item : page["items"]) {
      told +=
          item["name"].get<std::string>() + item["spec"]["labels"]["v"].get<std::string>() + " ";
    }
    if (!page.contains("continue")) break;
    token = page["continue"].get<std::string>();
  }
  EXPECT_EQ(told, "c1 d1 e1 ");
  EXPECT_EQ(names("/v1/hosts"), "a b bb d e");
  // From the moment of the list on, the feed tells the rest.
  const json feed = server_.json("GET", "/v1/changes?since=" + moment);
  EXPECT_EQ(feed["items"].size(), 5U);
}

TEST_F(List, AFilteredListShowsOneMomentToo) {
  for (const char* name : {"a", "b", "c", "d"}) server_.put_host(name, {{"site", "lab"}});
  const std::string target = "/v1/hosts?labels=site%3Dlab&limit=1";
  const json first = server_.json("GET", target);
  server_.put_host("b", {{"site", "roof"}});
  server_.put_host("bb", {{"site", "lab"}});
  EXPECT_EQ(names(with(target, "continue", first["continue"].get<std::string>())), "b c d");
}

TEST_F(List, AContinueOfAnotherEpochOrFromBeforeTheHorizonIsExpired) {
  TestServer server({.changes = 5});
  for (int i = 0; i < 4; ++i) server.put_host("h" + std::to_string(i), {});
  const json first = server.json("GET", "/v1/hosts?limit=1");
  const std::string token = first["continue"].get<std::string>();
  const auto list = [&](const std::string& with_token) {
    return server.call("GET", "/v1/hosts?limit=1&continue=" + percent_encode(with_token));
  };
  EXPECT_EQ(list(token).status, 200);
  for (int i = 0; i < 20; ++i) server.put_host("x", {{"i", std::to_string(i)}});
  server.advance(kCompactionPause);
  const HttpResponse expired = list(token);
  EXPECT_EQ(expired.status, 410) << expired.body;
  EXPECT_EQ(parse_json(expired.body).value()["error"]["code"], "expired");
  const HttpResponse foreign = list("0123456789abcdef" + token.substr(16));
  EXPECT_EQ(foreign.status, 410);
  EXPECT_EQ(parse_json(foreign.body).value()["error"]["code"], "expired");
  const std::string future = token.substr(0, 17) + "999" + token.substr(token.find('/'));
  EXPECT_EQ(list(future).status, 400);
}

TEST_F(List, DeletedShowsTheTombstonesThatTheLogHolds) {
  for (const char* name : {"a", "b", "c"}) server_.put_host(name, {{"site", name}});
  server_.call("DELETE", "/v1/hosts/b");
  server_.put_host("b", {{"site", "new"}});
  server_.call("DELETE", "/v1/hosts/a");
  server_.call("DELETE", "/v1/hosts/b");
  const json tombstones = all("/v1/hosts?status=deleted&limit=1");
  ASSERT_EQ(tombstones.size(), 3U);
  std::set<std::string> ids;
  std::string sites;
  for (const json& tombstone : tombstones) {
    EXPECT_EQ(tombstone["status"], "DELETED");
    EXPECT_TRUE(tombstone.contains("deletedTime"));
    sites += tombstone["spec"]["labels"]["site"].get<std::string>() + " ";
    ids.insert(tombstone["id"].get<std::string>());
  }
  EXPECT_EQ(sites, "a b new ");
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_EQ(names("/v1/hosts?status=DELETED&labels=site%3Dnew"), "b");
  EXPECT_EQ(names("/v1/hosts"), "c");
}

TEST_F(List, TheHostsOfADeploymentComeByThePage) {
  server_.put_prod();
  for (const char* name : {"a", "b", "c", "d"}) server_.put_host(name, {{"site", "lab"}});
  ObedientHost a(server_, "a");
  a.sync_and_report();
  ObedientHost b(server_, "b");
  b.sync_and_report("broken");
  server_.put_host("b", {{"site", "roof"}});  // still holds it
  const std::string target = "/v1/workspaces/default/deployments/prod/hosts?limit=2";
  std::string told;
  std::string page = target;
  while (true) {
    const json list = server_.json("GET", page);
    EXPECT_LE(list["items"].size(), 2U);
    for (const json& item : list["items"]) {
      told += item["host"].get<std::string>() + " " + item["hostStatus"].get<std::string>() + " " +
              item["status"].get<std::string>() + (item["current"].get<bool>() ? " current" : "") +
              (item["reason"] == "" ? "" : " " + item["reason"].get<std::string>()) + "; ";
      EXPECT_EQ(item["time"].is_null(), item["status"] == "INITIALIZED");
      EXPECT_EQ(item["since"].is_null(), item["status"] == "INITIALIZED");
    }
    if (!list.contains("continue")) break;
    page = with(target, "continue", list["continue"].get<std::string>());
  }
  EXPECT_EQ(told,
            "a READY READY current; b READY ERROR broken; c INITIALIZED INITIALIZED; "
            "d INITIALIZED INITIALIZED; pi INITIALIZED INITIALIZED; ");
  EXPECT_EQ(server_.call("GET", "/v1/workspaces/default/deployments/no/hosts").status, 404);
  EXPECT_EQ(server_.call("GET", target + "0000").status, 400);
}

TEST_F(List, SinceStaysWhileAHostSaysTheSame) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  const auto standing = [&] {
    return server_.json("GET", "/v1/workspaces/default/deployments/prod/hosts")["items"][0];
  };
  const json first = standing();
  server_.advance(std::chrono::minutes(5));
  pi.sync_and_report();
  const json second = standing();
  EXPECT_EQ(second["since"], first["since"]);
  EXPECT_GT(second["time"], first["time"]);
  pi.sync_and_report("broken");
  EXPECT_GT(standing()["since"], first["since"]);
}

TEST_F(List, TheStateOfAHostTellsWhatItHoldsAndHowFarItIs) {
  server_.put_prod();
  const auto state = [&] { return server_.json("GET", "/v1/hosts/pi/state"); };
  const json before = state();
  EXPECT_TRUE(before["lastSeen"].is_null());
  EXPECT_TRUE(before["lastReport"].is_null());
  EXPECT_TRUE(before["bookmark"].is_null());
  EXPECT_TRUE(before["bookmarkTime"].is_null());
  ASSERT_EQ(before["deployments"].size(), 1U);
  EXPECT_EQ(before["deployments"][0]["status"], "INITIALIZED");

  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  server_.put_deployment("test");
  server_.advance(std::chrono::minutes(1));
  const json after = state();
  EXPECT_EQ(after["host"], "pi");
  EXPECT_EQ(after["lastSeen"], "2026-03-01T12:00:00.000000Z");
  EXPECT_FALSE(after["lastReport"].is_null());
  EXPECT_EQ(after["bookmark"], pi.bookmark()->text());
  EXPECT_FALSE(after["bookmarkTime"].is_null());
  std::string told;
  for (const json& item : after["deployments"]) {
    told += item["deployment"].get<std::string>() + " " + item["status"].get<std::string>() + " " +
            item["current"].dump() + "; ";
  }
  EXPECT_EQ(told, "default/prod READY true; default/test INITIALIZED false; ");

  server_.restart();
  const json restarted = state();
  EXPECT_TRUE(restarted["lastSeen"].is_null());
  EXPECT_EQ(restarted["lastReport"], after["lastReport"]);
  EXPECT_FALSE(restarted["bookmark"].is_null());
  EXPECT_EQ(server_.call("GET", "/v1/hosts/none/state").status, 404);
}

}  // namespace
}  // namespace titan::server_lite
