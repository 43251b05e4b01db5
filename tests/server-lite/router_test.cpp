#include "server-lite/router.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "server-lite/parked_question.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::server_lite {
namespace {

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    add("GET", "/v1/hosts", {"limit"});
    add("GET", "/v1/hosts/{name}", {});
    add("PUT", "/v1/hosts/{name}", {});
    add("GET", "/v1/hosts/{name}/report", {});
    add("GET", "/v1/hosts/special", {});
    add("GET", "/v1/workspaces/{name}", {});
    add("GET", "/v1/workspaces/{workspace}/targets/{name}", {});
  }

  void add(const std::string& method, const std::string& path,
           const std::vector<std::string>& parameters) {
    Route route = {.method = method,
                   .path = path,
                   .operation = "test",
                   .tag = "Hosts",
                   .summary = "A test",
                   .access = Access{Area::everyone, Act::read},
                   .parameters = {{"name"}, {"workspace"}},
                   .answers = {{200, "Well."}}};
    for (const std::string& parameter : parameters) route.parameters.push_back({parameter});
    route.handler = [path](const Request& request) {
      std::string said = path;
      for (const auto& [name, value] : request.path) said += " " + name + "=" + value;
      for (const auto& [name, value] : request.parameters) said += " ?" + name + "=" + value;
      return Response{.status = 200, .body = said};
    };
    router_.add(std::move(route));
  }

  HttpResponse ask(const std::string& method, const std::string& target) {
    return wait_for(router_.handle({.method = method, .target = target}));
  }

  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  std::ostringstream log_text_;
  Log log_{log_text_, clock_, Log::Format::json, Log::Level::debug};
  Metrics metrics_;
  RequestJournal journal_{metrics_, log_, clock_, AccessLog::news};
  Registry registry_{clock_, random_, OnClone::warn};
  Router router_{random_, journal_, registry_};
};

TEST_F(RouterTest, FindsTheHandlerAndTheNamesInThePath) {
  EXPECT_EQ(ask("GET", "/v1/hosts").body, "/v1/hosts");
  EXPECT_EQ(ask("GET", "/v1/hosts/tim-pi").body, "/v1/hosts/{name} name=tim-pi");
  EXPECT_EQ(ask("GET", "/v1/hosts/a%2Fb").body, "/v1/hosts/{name} name=a/b");
  EXPECT_EQ(ask("GET", "/v1/workspaces/iot").body, "/v1/workspaces/{name} name=iot");
  EXPECT_EQ(ask("GET", "/v1/workspaces/iot/targets/lab").body,
            "/v1/workspaces/{workspace}/targets/{name} name=lab workspace=iot");
  EXPECT_EQ(ask("GET", "/v1/hosts?limit=5").body, "/v1/hosts ?limit=5");
}

TEST_F(RouterTest, ALiteralPartComesBeforeAName) {
  EXPECT_EQ(ask("GET", "/v1/hosts/special").body, "/v1/hosts/special");
}

TEST_F(RouterTest, RefusesWhatItDoesNotKnow) {
  for (const char* path : {"/", "/v1", "/v1/host", "/v1/hosts/", "/v1/hosts/a/b", "/v2/hosts",
                           "/v1/workspaces/iot/targets", "hosts", ""}) {
    const HttpResponse response = ask("GET", path);
    EXPECT_TRUE(response.status == 404 || response.status == 400) << path;
    EXPECT_NE(response.body.find("\"requestId\":\"req-"), std::string::npos) << response.body;
  }
}

TEST_F(RouterTest, SaysWhichMethodsAPathTakes) {
  const HttpResponse response = ask("DELETE", "/v1/hosts/tim-pi");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.header("Allow"), "GET, PUT");
}

TEST_F(RouterTest, RefusesAnUnknownParameterWithTheClosestOne) {
  const HttpResponse response = ask("GET", "/v1/hosts?limt=5");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("did you mean \\\"limit\\\"?"), std::string::npos) << response.body;
}

TEST_F(RouterTest, HeadGoesToTheHandlerOfGet) {
  EXPECT_EQ(ask("HEAD", "/v1/hosts").status, 200);
}

TEST_F(RouterTest, GivesEachRequestAnIdThatStandsInTheLog) {
  const std::string first = ask("GET", "/v1/hosts").header("Titan-Request-Id");
  const std::string second = ask("GET", "/v1/hosts").header("Titan-Request-Id");
  EXPECT_NE(first, second);
  EXPECT_NE(log_text_.str().find(first), std::string::npos);
}

TEST_F(RouterTest, RefusesATargetThatIsTooLong) {
  EXPECT_EQ(ask("GET", "/v1/hosts/" + std::string(9000, 'a')).status, 400);
}

}  // namespace
}  // namespace titan::server_lite
