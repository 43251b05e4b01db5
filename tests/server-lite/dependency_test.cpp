// Deployments that depend on others.
#include <gtest/gtest.h>

#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

using Names = std::vector<std::string>;

json spec_of(const Names& depends_on) {
  json spec = {{"workload", "sensor"}, {"template", "service"}, {"target", "lab"}};
  if (!depends_on.empty()) spec["dependsOn"] = depends_on;
  return spec;
}

class Dependency : public ::testing::Test {
 protected:
  Dependency() {
    server_.put_prod();
    for (const char* name : {"base", "next", "other"}) server_.put_deployment(name);
  }

  HttpResponse put(const std::string& name, const Names& depends_on,
                   const std::string& query = "") {
    return server_.call("PUT", "/v1/workspaces/default/deployments/" + name + query,
                        json{{"spec", spec_of(depends_on)}}.dump());
  }
  HttpResponse put_together(const std::vector<std::pair<std::string, Names>>& deployments) {
    json changes = json::array();
    for (const auto& [name, depends_on] : deployments) {
      changes.push_back(
          {{"operation", "APPLY"},
           {"entity", {{"kind", "Deployment"}, {"name", name}, {"spec", spec_of(depends_on)}}}});
    }
    return server_.call("POST", "/v1/changes", json{{"changes", changes}}.dump());
  }
  static json error_of(const HttpResponse& response) {
    return parse_json(response.body).value()["error"];
  }
  // "spec.dependsOn: makes a cycle…" of a 422.
  static std::string refusal(const HttpResponse& response) {
    if (response.status != 422) return "status " + std::to_string(response.status);
    const json error = error_of(response);
    return error["field"].get<std::string>() + ": " + error["message"].get<std::string>();
  }

  TestServer server_;
};

TEST_F(Dependency, IsToldToTheHosts) {
  ASSERT_EQ(put("prod", {"next", "base"}).status, 200);
  const auto desired = server_.client().host_changes("pi", "", false).value().manifest.deployments;
  const auto prod = std::ranges::find(desired, "prod", [](const auto& d) { return d.key.name; });
  ASSERT_NE(prod, desired.end());
  EXPECT_EQ(prod->depends_on, (Names{"base", "next"}));
}

TEST_F(Dependency, MustExistUnlessItMayBeMissing) {
  EXPECT_EQ(refusal(put("prod", {"bas"})),
            "spec.dependsOn: deployment \"bas\" does not exist (did you mean \"base\"?)");
  ASSERT_EQ(put("prod", {"later"}, "?allowMissing=true").status, 200);
  EXPECT_EQ(server_.deployment("prod").status, model::Status::missing);
  EXPECT_EQ(server_.deployment("prod").reason, Names{"deployment \"later\" does not exist"});
  ASSERT_EQ(put("later", {}).status, 201);
  EXPECT_EQ(server_.deployment("prod").status, model::Status::updating);
}

TEST_F(Dependency, MakesNoCycle) {
  EXPECT_EQ(refusal(put("prod", {"prod"})), "spec.dependsOn: makes a cycle: prod -> prod");
  ASSERT_EQ(put("prod", {"base"}).status, 200);
  EXPECT_EQ(refusal(put("base", {"prod"})), "spec.dependsOn: makes a cycle: base -> prod -> base");
  ASSERT_EQ(put("base", {"next", "other"}).status, 200);
  ASSERT_EQ(put("next", {"other"}).status, 200);
  EXPECT_EQ(refusal(put("other", {"prod"})),
            "spec.dependsOn: makes a cycle: other -> prod -> base -> next -> other");
  EXPECT_EQ(refusal(put("other", {"prod"}, "?allowMissing=true")),
            "spec.dependsOn: makes a cycle: other -> prod -> base -> next -> other");
  ASSERT_EQ(put("prod", {}).status, 200);
  EXPECT_EQ(put("other", {"prod"}).status, 200);
}

TEST_F(Dependency, MakesNoCycleThroughWhatWasMissing) {
  ASSERT_EQ(put("prod", {"later"}, "?allowMissing=true").status, 200);
  EXPECT_EQ(refusal(put("later", {"prod"})),
            "spec.dependsOn: makes a cycle: later -> prod -> later");
}

TEST_F(Dependency, OfABatchIsJudgedByTheWhole) {
  const HttpResponse refused = put_together({{"prod", {}}, {"a", {"b"}}, {"b", {"a"}}});
  EXPECT_EQ(refusal(refused), "changes[1].entity.spec.dependsOn: makes a cycle: a -> b -> a");
  EXPECT_EQ(server_.call("GET", "/v1/workspaces/default/deployments/a").status, 404);
  ASSERT_EQ(put_together({{"a", {"b"}}, {"b", {"base"}}, {"base", {}}}).status, 200);
  // What turns an order around is no cycle.
  EXPECT_EQ(put_together({{"a", {}}, {"b", {"a"}}}).status, 200);
  EXPECT_EQ(refusal(put_together({{"base", {"b"}}, {"a", {"base"}}})),
            "changes[1].entity.spec.dependsOn: makes a cycle: a -> base -> b -> a");
}

TEST_F(Dependency, KeepsADeploymentFromBeingDeleted) {
  ASSERT_EQ(put("prod", {"base"}).status, 200);
  const HttpResponse refused = server_.call("DELETE", "/v1/workspaces/default/deployments/base");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(error_of(refused)["users"], json({"deployment default/prod"}));
  EXPECT_EQ(server_.call("DELETE", "/v1/workspaces/default/deployments/base?force=true").status,
            409);
  ASSERT_EQ(put("prod", {}).status, 200);
  EXPECT_EQ(server_.call("DELETE", "/v1/workspaces/default/deployments/base").status, 200);
}

TEST_F(Dependency, OfADeploymentThatIsBeingDeletedCountsForNothing) {
  ASSERT_EQ(put("prod", {"base"}).status, 200);
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  EXPECT_EQ(
      server_.call("DELETE", "/v1/workspaces/default/deployments/prod").header("Titan-Outcome"),
      "deleting");
  EXPECT_EQ(server_.deployment("prod").status, model::Status::deleting);
  EXPECT_EQ(put("base", {"prod"}, "?allowMissing=true").status, 200);
}

TEST_F(Dependency, IsCheckedQuicklyInAWideFleet) {
  std::vector<std::pair<std::string, Names>> wide;
  for (int i = 0; i < 900; ++i) {
    Names depends_on;
    for (int j = 1; j <= 20 && i - j >= 0; ++j) depends_on.push_back("n" + std::to_string(i - j));
    wide.emplace_back("n" + std::to_string(i), depends_on);
  }
  ASSERT_EQ(put_together(wide).status, 200);
  wide.front().second = {"n899"};
  EXPECT_TRUE(refusal(put_together(wide)).ends_with("-> ...")) << refusal(put_together(wide));
}

}  // namespace
}  // namespace titan::server_lite
