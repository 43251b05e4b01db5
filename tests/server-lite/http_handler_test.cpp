#include "server-lite/http_handler.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reconciler/poll_slot.hpp"
#include "server-lite/limits.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using titan::testing::TestServer;

class HttpHandlerTest : public ::testing::Test {
 protected:
  std::optional<HttpResponse> at_once(const HttpRequest& request) {
    return handler_.answer_at_once(TestServer::with_token(request), {});
  }
  static HttpRequest get(const HttpHeaders& headers) {
    return {.target = "/v1/hosts", .headers = headers};
  }

  TestServer server_;
  HttpHandler handler_{server_.server()};
};

TEST_F(HttpHandlerTest, RefusesWhatABrowsersPageAsks) {
  EXPECT_EQ(at_once(get({{"Host", "127.0.0.1"}, {"Origin", "http://evil.example"}}))->status, 403);
  for (const char* host : {"localhost:1", "127.0.0.1", "[::1]:7480", "titan.example"}) {
    EXPECT_FALSE(at_once(get({{"Host", host}}))) << host;
  }
}

// Requests with a large body are not asked for an answer at once.
TEST_F(HttpHandlerTest, RefusesThemAlsoOnAWorker) {
  const auto reply = handler_.answer(
      TestServer::with_token({.method = "PUT",
                              .target = "/v1/hosts/pi",
                              .headers = {{"Host", "127.0.0.1"}, {"Origin", "http://evil.example"}},
                              .body = "{}" + std::string(300'000, ' ')}),
      {});
  EXPECT_EQ(std::get<HttpResponse>(reply).status, 403);
  EXPECT_EQ(server_.call("GET", "/v1/hosts/pi").status, 404);
}

TEST_F(HttpHandlerTest, AnswersAPollWithoutNewsAtOnceAndNothingElse) {
  server_.put_prod();
  testing::ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  const auto poll = [&](const std::string& body, const std::string& query = "") {
    return at_once({.method = "POST",
                    .target = "/v1/hosts/pi/sync" + query,
                    .headers = {{"Host", "localhost"}},
                    .body = body});
  };
  const std::string since = R"({"bookmark":")" + pi.bookmark()->text() + "\"";
  const auto answer = poll(since + "}");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_EQ(answer->header("Titan-Bookmark"), server_.store().head().value().text());
  EXPECT_EQ(answer->header("Titan-Poll-After"),
            std::to_string(reconciler::poll_after(
                               reconciler::poll_slot_of({.kind = model::Kind::host, .name = "pi"}),
                               server_.clock().monotonic(), kPollInterval)
                               .count()));
  EXPECT_FALSE(answer->header("Titan-Request-Id").empty());

  EXPECT_FALSE(poll("{}"));
  EXPECT_FALSE(poll("not JSON"));
  EXPECT_FALSE(poll(since + "}", "?wait=1s"));
  EXPECT_FALSE(poll(since + R"(,"reportDigest":")" + Digest::of("x").text() + "\"}"));
  EXPECT_FALSE(poll(R"({"bookmark":"0123456789abcdef.1"})"));
  EXPECT_FALSE(at_once({.method = "POST",
                        .target = "/v1/hosts/nuc/sync",
                        .headers = {{"Host", "localhost"}},
                        .body = since + "}"}));
  EXPECT_FALSE(at_once(get({{"Host", "localhost"}})));
  server_.put_template("service", "new\n");
  EXPECT_FALSE(poll(since + "}")) << "there is news";
}

TEST_F(HttpHandlerTest, TellsWhatWasWrongWithARequestInTheFormOfAllErrors) {
  const HttpResponse response = handler_.refuse(431, "too many headers");
  EXPECT_EQ(response.status, 431);
  const auto error = parse_json(response.body).value()["error"];
  EXPECT_EQ(error["code"], "exhausted");
  EXPECT_EQ(error["message"], "too many headers");
  EXPECT_EQ(error["requestId"], response.header("Titan-Request-Id"));
  EXPECT_EQ(handler_.refuse(503, "too much").header("Retry-After"), "1");
}

}  // namespace
}  // namespace titan::server_lite
