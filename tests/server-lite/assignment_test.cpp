// Replicas through the API: which hosts get them, and what moves them.
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

constexpr const char* kProd = "/v1/workspaces/default/deployments/prod";

std::string words(const std::set<std::string>& set) {
  std::string text;
  for (const std::string& word : set) text += (text.empty() ? "" : " ") + word;
  return text;
}

class Assignments : public ::testing::Test {
 protected:
  Assignments() {
    server_.put_template("service", "host {{host.name}}\n");
    server_.put({.name = "sensor", .workspace = "default", .spec = model::WorkloadSpec{}});
    put_target({{"site", "lab"}});
    for (const char* name : {"a", "b", "c", "d"}) put_host(name);
  }

  void put_target(const json& labels) {
    call("PUT", "/v1/workspaces/default/targets/lab", {{"spec", {{"labels", labels}}}});
  }
  void put_host(const std::string& name, json labels = {{"site", "lab"}}, json extra = {}) {
    json spec = {{"labels", std::move(labels)}};
    if (extra.is_object()) spec.update(extra);
    call("PUT", "/v1/hosts/" + name, {{"spec", spec}});
  }
  void put(const std::string& name, const json& extra) {
    json spec = {{"workload", "sensor"}, {"template", "service"}, {"target", "lab"}};
    if (extra.is_object()) spec.update(extra);
    call("PUT", "/v1/workspaces/default/deployments/" + name, {{"spec", spec}});
  }
  void put_prod(const json& extra) { put("prod", extra); }
  void call(const char* method, const std::string& path, const json& body = nullptr) {
    const HttpResponse response =
        server_.call(method, path, body.is_null() ? std::string() : body.dump());
    EXPECT_LT(response.status, 300) << method << " " << path << ": " << response.body;
  }
  // The hosts that have an assignment of it.
  std::set<std::string> hosts_of(const std::string& deployment = "prod") {
    std::set<std::string> hosts;
    const json list = server_.json("GET", "/v1/workspaces/default/assignments");
    for (const json& item : list["items"]) {
      if (item["spec"]["deployment"] == deployment) hosts.insert(item["spec"]["host"]);
    }
    return hosts;
  }
  std::string state(const std::string& path = kProd) {
    const json entity = server_.json("GET", path);
    std::string text = entity["status"].get<std::string>();
    for (const json& reason : entity["reason"]) text += " " + reason.get<std::string>();
    return text;
  }
  // Every host asks and reports; what came and went: "a: +prod; b: -prod; ".
  std::string all_sync() {
    std::string told;
    for (auto& [name, host] : hosts_) {
      std::string news = host.sync_and_report();
      if (news.rfind("full:", 0) == 0) news = news.substr(5);
      if (!news.empty() && news != "nothing") told += name + ":" + news + "; ";
    }
    return told;
  }
  void hear_all_but(const std::set<std::string>& silent) {
    for (auto& [name, host] : hosts_) {
      if (!silent.contains(name)) host.sync();
    }
  }
  // Time goes by, while all hosts but these are heard of.
  void pass(std::chrono::minutes time, const std::set<std::string>& silent = {}) {
    for (auto left = time; left.count() > 0; left -= std::chrono::minutes(1)) {
      server_.clock().advance(std::chrono::minutes(1));
      hear_all_but(silent);
      server_.settle();
    }
  }

  TestServer server_;
  std::map<std::string, ObedientHost> hosts_ = [this] {
    std::map<std::string, ObedientHost> hosts;
    for (const char* name : {"a", "b", "c", "d"}) hosts.emplace(name, ObedientHost(server_, name));
    return hosts;
  }();
};

TEST_F(Assignments, NOfMMatchingHostsGetIt) {
  put_prod({{"replicas", 2}});
  const auto chosen = hosts_of();
  EXPECT_EQ(chosen.size(), 2U);
  all_sync();
  for (const auto& [name, host] : hosts_) {
    EXPECT_EQ(host.holds(), chosen.contains(name) ? "prod" : "") << name;
  }
  EXPECT_EQ(state(), "READY");
  EXPECT_EQ(server_.json("GET", std::string(kProd) + "/hosts")["items"].size(), 2U);
}

TEST_F(Assignments, WithoutReplicasThereAreNone) {
  put_prod({});
  EXPECT_TRUE(hosts_of().empty());
  all_sync();
  for (const auto& [name, host] : hosts_) EXPECT_EQ(host.holds(), "prod") << name;
}

TEST_F(Assignments, AnAssignmentIsAnEntityThatOnlyTheServerWrites) {
  put_prod({{"replicas", 1}});
  const json one = server_.json("GET", "/v1/assignments")["items"][0];
  EXPECT_EQ(one["kind"], "Assignment");
  EXPECT_EQ(one["status"], "READY");
  EXPECT_EQ(one["spec"]["deployment"], "prod");
  const std::string path = "/v1/workspaces/default/assignments/" + one["name"].get<std::string>();
  EXPECT_EQ(server_.json("GET", path), one);
  EXPECT_EQ(server_.call("PUT", path, one.dump()).status, 405);
  EXPECT_EQ(server_.call("DELETE", path).status, 405);
  EXPECT_EQ(server_.call("POST", "/v1/workspaces/default/assignments", one.dump()).status, 405);
  EXPECT_EQ(server_.json("GET", "/v1/changes?kind=assignment")["items"][0]["actor"], "titan");
}

TEST_F(Assignments, StayWhereTheyAreWhateverElseIsWritten) {
  put_prod({{"replicas", 2}});
  all_sync();
  const auto before = hosts_of();
  const std::string first = *before.begin();
  put_prod({{"replicas", 2}, {"values", {{"a", 1}}}});
  put_host(first, {{"site", "lab"}, {"new", "label"}});
  put_host(first, {{"site", "lab"}}, {{"capacity", 0}});
  put_host("e");
  put("other", {});
  put_target({{"site", "lab"}});
  call("PUT", "/v1/workspaces/default/workloads/sensor", {{"spec", {{"repo", "new"}}}});
  server_.restart();
  server_.put_template("service", "new {{host.name}}\n");
  EXPECT_EQ(hosts_of(), before);
}

TEST_F(Assignments, ATargetThatIsUpdatedMovesThem) {
  put_prod({{"replicas", 2}});
  all_sync();
  const auto before = hosts_of();
  std::set<std::string> others = {"a", "b", "c", "d"};
  for (const std::string& host : before) others.erase(host);
  for (const std::string& host : others) put_host(host, {{"site", "lab"}, {"new", "yes"}});
  put_target({{"new", "yes"}});
  EXPECT_EQ(hosts_of(), others);
  EXPECT_EQ(state().rfind("UPDATING", 0), 0U) << state();
  std::string expected;
  for (const std::string name : {"a", "b", "c", "d"}) {
    expected += name + (others.contains(name) ? ": +prod; " : ": -prod; ");
  }
  EXPECT_EQ(all_sync(), expected);
  EXPECT_EQ(state(), "READY");
}

TEST_F(Assignments, ATemplateThatIsUpdatedReachesTheReplicasOnly) {
  put_prod({{"replicas", 2}});
  all_sync();
  server_.put_template("service", "new {{host.name}}\n");
  std::string expected;
  for (const std::string& name : hosts_of()) expected += name + ": +prod; ";
  EXPECT_EQ(all_sync(), expected);
  EXPECT_EQ(state(), "READY");
}

TEST_F(Assignments, ADeploymentThatIsDeletedTakesThemAlong) {
  put_prod({{"replicas", 2}});
  all_sync();
  const auto before = hosts_of();
  server_.call("DELETE", kProd);
  EXPECT_TRUE(hosts_of().empty());
  EXPECT_EQ(state(),
            "DELETING waiting for removal from " + *before.begin() + ", " + *before.rbegin());
  all_sync();
  EXPECT_EQ(server_.call("GET", kProd).status, 404);
  for (const auto& [name, host] : hosts_) EXPECT_EQ(host.holds(), "") << name;
}

TEST_F(Assignments, AHostThatIsDeletedIsReplaced) {
  put_prod({{"replicas", 2}});
  const auto before = hosts_of();
  const std::string gone = *before.begin();
  const std::string stays = *before.rbegin();
  server_.call("DELETE", "/v1/hosts/" + gone);
  const auto after = hosts_of();
  EXPECT_EQ(after.size(), 2U);
  EXPECT_TRUE(after.contains(stays));
  EXPECT_FALSE(after.contains(gone));
}

TEST_F(Assignments, AHostThatNoLongerMatchesGetsATombstoneAndAnotherTheDeployment) {
  put_prod({{"replicas", 1}});
  all_sync();
  const std::string before = *hosts_of().begin();
  put_host(before, {{"site", "roof"}});
  const std::string after = *hosts_of().begin();
  EXPECT_NE(before, after);
  const std::string told = all_sync();
  EXPECT_NE(told.find(before + ": -prod; "), std::string::npos) << told;
  EXPECT_NE(told.find(after + ": +prod; "), std::string::npos) << told;
  EXPECT_EQ(state(), "READY");
}

TEST_F(Assignments, ASilentHostKeepsItsReplicaUntilItIsLost) {
  put_prod({{"replicas", 2}, {"rescheduleAfter", "5m"}});
  all_sync();
  const auto before = hosts_of();
  const std::string silent = *before.begin();
  pass(kHostLease + std::chrono::minutes(3), {silent});
  EXPECT_EQ(server_.json("GET", "/v1/hosts/" + silent)["status"], "MISSING");
  EXPECT_EQ(hosts_of(), before);
  EXPECT_EQ(state(), "READY");

  pass(std::chrono::minutes(3), {silent});
  const auto after = hosts_of();
  EXPECT_EQ(after.size(), 2U);
  EXPECT_FALSE(after.contains(silent));
  EXPECT_TRUE(after.contains(*before.rbegin()));

  // When it comes back it is told to remove it, and nothing moves back.
  EXPECT_EQ(hosts_.at(silent).sync_and_report(), " -prod");
  EXPECT_EQ(hosts_of(), after);
  all_sync();
  EXPECT_EQ(state(), "READY");
}

TEST_F(Assignments, ThatComesBackInTimeKeepsIt) {
  put_prod({{"replicas", 2}, {"rescheduleAfter", "5m"}});
  all_sync();
  const auto before = hosts_of();
  const std::string silent = *before.begin();
  pass(kHostLease + std::chrono::minutes(3), {silent});
  pass(std::chrono::minutes(30));
  EXPECT_EQ(hosts_of(), before);
  EXPECT_EQ(hosts_.at(silent).holds(), "prod");
}

TEST_F(Assignments, TheServersOwnTimeCountsWithoutRescheduleAfter) {
  put_prod({{"replicas", 1}});
  all_sync();
  const std::string silent = *hosts_of().begin();
  pass(kHostLease + kRescheduleAfter - std::chrono::minutes(1), {silent});
  EXPECT_EQ(*hosts_of().begin(), silent);
  pass(std::chrono::minutes(3), {silent});
  EXPECT_NE(*hosts_of().begin(), silent);
}

TEST_F(Assignments, ARestartOfTheServerGivesASilentHostTheWholeTimeAgain) {
  put_prod({{"replicas", 1}, {"rescheduleAfter", "5m"}});
  all_sync();
  const std::string silent = *hosts_of().begin();
  pass(kHostLease + std::chrono::minutes(4), {silent});
  server_.restart();
  pass(std::chrono::minutes(4), {silent});
  EXPECT_EQ(*hosts_of().begin(), silent);
  pass(std::chrono::minutes(2), {silent});
  EXPECT_NE(*hosts_of().begin(), silent);
}

TEST_F(Assignments, WithoutAnotherHostTheReplicaIsStrandedAndCountsAsShort) {
  put_prod({{"replicas", 4}, {"rescheduleAfter", "5m"}});
  all_sync();
  EXPECT_EQ(state(), "READY");
  pass(kHostLease + std::chrono::minutes(8), {"b"});
  EXPECT_EQ(words(hosts_of()), "a b c d");
  EXPECT_EQ(state(),
            "ERROR 3 of 4 replicas run: host b is silent, and no other host that target \"lab\" "
            "matches can take its place");
  server_.restart();
  EXPECT_EQ(state().rfind("READY", 0), 0U) << "it may just not have asked yet: " << state();
  pass(std::chrono::minutes(8), {"b"});
  EXPECT_EQ(state().rfind("ERROR 3 of 4 replicas run", 0), 0U) << state();
  EXPECT_EQ(hosts_.at("b").sync(), "nothing");
  EXPECT_EQ(state(), "READY");
}

TEST_F(Assignments, TooFewHostsAreAnErrorThatHealsWhenOneJoins) {
  put_prod({{"replicas", 5}});
  EXPECT_EQ(words(hosts_of()), "a b c d");
  EXPECT_EQ(state(), "ERROR 4 of 5 replicas placed: target \"lab\" matches 4 hosts");
  all_sync();
  EXPECT_EQ(state(), "ERROR 4 of 5 replicas placed: target \"lab\" matches 4 hosts");
  server_.restart();
  EXPECT_EQ(state(), "ERROR 4 of 5 replicas placed: target \"lab\" matches 4 hosts");
  put_host("e");
  EXPECT_EQ(words(hosts_of()), "a b c d e");
  EXPECT_EQ(state(), "UPDATING waiting for 1 of 5 hosts: e");
  ObedientHost(server_, "e").sync_and_report();
  EXPECT_EQ(state(), "READY");
}

TEST_F(Assignments, AFailingHostIsToldBesideTheShortage) {
  put_prod({{"replicas", 5}});
  hosts_.at("b").sync_and_report("no space left");
  EXPECT_EQ(state(),
            "ERROR 4 of 5 replicas placed: target \"lab\" matches 4 hosts host b: no space left");
}

TEST_F(Assignments, RaisedLoweredAndRemoved) {
  put_prod({{"replicas", 1}});
  all_sync();
  const auto one = hosts_of();
  put_prod({{"replicas", 3}});
  const auto three = hosts_of();
  EXPECT_EQ(three.size(), 3U);
  EXPECT_TRUE(three.contains(*one.begin()));
  all_sync();
  put_prod({{"replicas", 2}});
  const auto two = hosts_of();
  EXPECT_EQ(two.size(), 2U);
  for (const std::string& host : two) EXPECT_TRUE(three.contains(host)) << host;
  all_sync();
  EXPECT_EQ(state(), "READY");

  put_prod({});
  EXPECT_TRUE(hosts_of().empty());
  EXPECT_EQ(all_sync(), "a: +prod; b: +prod; c: +prod; d: +prod; ") << "it left nobody";
  EXPECT_EQ(state(), "READY");

  put_prod({{"replicas", 2}});
  EXPECT_EQ(hosts_of().size(), 2U);
  all_sync();
  EXPECT_EQ(state(), "READY");
}

TEST_F(Assignments, AreSpreadOverTheValuesOfALabel) {
  for (const auto& [name, zone] : std::map<std::string, std::string>{
           {"a", "north"}, {"b", "north"}, {"c", "north"}, {"d", "south"}}) {
    put_host(name, {{"site", "lab"}, {"zone", zone}});
  }
  put_prod({{"replicas", 2}, {"spreadBy", "zone"}});
  EXPECT_TRUE(hosts_of().contains("d")) << words(hosts_of());
  EXPECT_EQ(hosts_of().size(), 2U);
}

TEST_F(Assignments, AFullHostGetsNone) {
  put_host("a", {{"site", "lab"}}, {{"capacity", 0}});
  put_host("b", {{"site", "lab"}}, {{"capacity", 1}});
  put("everywhere", {});
  put_prod({{"replicas", 3}});
  EXPECT_EQ(words(hosts_of()), "c d");
  EXPECT_EQ(
      state().rfind("ERROR 2 of 3 replicas placed: target \"lab\" matches 4 hosts, 2 are full", 0),
      0U)
      << state();
  put_host("b", {{"site", "lab"}}, {{"capacity", 2}});
  EXPECT_EQ(words(hosts_of()), "b c d");
  put_host("b", {{"site", "lab"}}, {{"capacity", 0}});
  EXPECT_EQ(words(hosts_of()), "b c d") << "what is there stays";
}

TEST_F(Assignments, RoomThatBecomesFreeIsUsed) {
  for (const char* name : {"a", "b", "c", "d"}) {
    put_host(name, {{"site", "lab"}}, {{"capacity", 1}});
  }
  put("first", {{"replicas", 3}});
  put("second", {{"replicas", 3}});
  EXPECT_EQ(hosts_of("first").size(), 3U);
  EXPECT_EQ(hosts_of("second").size(), 1U);
  server_.call("DELETE", "/v1/workspaces/default/deployments/first?force=true");
  EXPECT_EQ(hosts_of("second").size(), 3U);
}

TEST_F(Assignments, SeveralDeploymentsShareEqualHostsEvenly) {
  for (const char* name : {"w", "x", "y", "z"}) put(name, {{"replicas", 1}});
  std::set<std::string> used;
  for (const char* name : {"w", "x", "y", "z"}) used.insert(*hosts_of(name).begin());
  EXPECT_EQ(words(used), "a b c d");
}

TEST_F(Assignments, AHostThatIsMadeAnewIsAHostLikeAnyOther) {
  put_prod({{"replicas", 4}});
  all_sync();
  server_.call("DELETE", "/v1/hosts/a");
  EXPECT_EQ(words(hosts_of()), "b c d");
  put_host("a");
  EXPECT_EQ(words(hosts_of()), "a b c d");
  hosts_.at("a").set_bookmark(std::nullopt);
  all_sync();
  EXPECT_EQ(state(), "READY");
}

}  // namespace
}  // namespace titan::server_lite
