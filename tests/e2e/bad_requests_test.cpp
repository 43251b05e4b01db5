// Bad input over a real connection to the real server.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

using nlohmann::json;

// One row a request that must be refused; the path and what the error must say.
struct BadRequestRow {
  const char* name;
  const char* method;
  const char* target;
  std::string body;
  int status;
  const char* says;
};

TEST(BadRequests, GetAClear4xxAndLeaveTheStoreAsItWas) {
  const testing::TemporaryDirectory folder;
  testing::RunningServer server(folder.path() + "/server");
  ASSERT_EQ(testing::run_titan(server, {"apply", "-f", "fleet"}).exit_code, 0);
  server.settle();
  const std::string before = server.client().status()->bookmark;
  const std::string deployments = "/v1/workspaces/default/deployments";
  const std::vector<BadRequestRow> rows = {
      {"no such template", "POST", deployments.c_str(),
       R"({"name":"x","spec":{"workload":"temperature-sensor","template":"device-servise",)"
       R"("target":"tim-pi"}})",
       422, "template \"device-servise\" does not exist (did you mean \"device-service\"?)"},
      {"a bad label", "POST", "/v1/hosts", R"({"name":"x","spec":{"labels":{"a b":"c"}}})", 422,
       "\"a b\" is not a label key"},
      {"broken JSON", "POST", "/v1/hosts", R"({"name":"x",)", 400, "not valid JSON"},
      {"9 MB", "POST", "/v1/hosts", std::string(9'000'000, ' '), 413, "at most 8388608"},
      {"a name with ../", "POST", "/v1/hosts", R"({"name":"../x"})", 422, "\"../x\" is not a name"},
      {"../ in the path", "PUT", "/v1/hosts/..%2F..%2Fx", "{}", 422, "is not a name"},
      {"an unknown field", "POST", "/v1/hosts", R"({"name":"x","spec":{"lables":{}}})", 422,
       "unknown field (did you mean \"labels\"?)"},
  };
  for (const BadRequestRow& row : rows) {
    const auto answer = server.transport().send({.method = row.method,
                                                 .target = row.target,
                                                 .headers = {{"Content-Type", "application/json"}},
                                                 .body = row.body});
    ASSERT_TRUE(answer) << row.name << ": " << answer.error().text();
    EXPECT_EQ(answer->status, row.status) << row.name << ": " << answer->body;
    const std::string message =
        json::parse(answer->body).at("error").at("message").get<std::string>();
    EXPECT_NE(message.find(row.says), std::string::npos) << row.name << ": " << message;
  }
  EXPECT_EQ(server.client().status()->bookmark, before);
  EXPECT_EQ(server.client().list({.kind = model::Kind::host})->items.size(), 1U);
}

}  // namespace
}  // namespace titan
