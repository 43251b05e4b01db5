// What the event loop answers itself: the same as a worker would, and nothing else.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/server-lite/test_server.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::testing {
namespace {

class AtOnce : public ::testing::Test {
 protected:
  std::optional<HttpResponse> at_once(const std::string& method, const std::string& target,
                                      const std::string& body = "") {
    return server_.server().answer_at_once(
        TestServer::with_token({.method = method, .target = target, .body = body}));
  }
  // The body of a poll by an agent of that version.
  static std::string report(const std::string& version) {
    return R"({"report":{"agentVersion":")" + version + R"(","deployments":[]}})";
  }

  TestServer server_;
};

TEST_F(AtOnce, AnswersAnEntityOnceItWasAskedFor) {
  server_.put_host("pi", {{"site", "lab"}});
  EXPECT_FALSE(at_once("GET", "/v1/hosts/pi"));
  const HttpResponse asked = server_.call("GET", "/v1/hosts/pi");
  for (const char* method : {"GET", "HEAD"}) {
    const auto known = at_once(method, "/v1/hosts/pi");
    ASSERT_TRUE(known) << method;
    EXPECT_EQ(known->status, 200);
    EXPECT_EQ(known->body, asked.body);
    EXPECT_EQ(known->header("ETag"), asked.header("ETag"));
    EXPECT_EQ(known->header("Content-Type"), "application/json");
    EXPECT_NE(known->header("Titan-Request-Id"), asked.header("Titan-Request-Id"));
  }
}

TEST_F(AtOnce, KnowsNoEntityThatIsNotThereAndNoWrite) {
  EXPECT_FALSE(at_once("GET", "/v1/hosts/absent"));
  EXPECT_FALSE(at_once("PUT", "/v1/hosts/pi", "{}"));
  EXPECT_FALSE(at_once("DELETE", "/v1/hosts/pi"));
}

// The answer at once is never older than the last write that was answered.
TEST_F(AtOnce, AnswersWhatAWorkerWouldThroughWritesAndDeletions) {
  SeededRandom random(11);
  std::map<std::string, int> known;  // by what follows the host's path
  for (int step = 0; step < 5'000; ++step) {
    const std::string path = "/v1/hosts/h" + std::to_string(random.next() % 4);
    const std::string bookmark = server_.store().head()->text();
    switch (random.next() % 8) {
      case 0:
        server_.call("PUT", path,
                     R"({"tags":{"n":")" + std::to_string(random.next() % 50) + R"("}})");
        break;
      case 1:
        if (random.next() % 3 == 0) server_.call("DELETE", path);
        break;
      case 2:
        // A first poll makes the host READY, which is a write too.
        server_.call("POST", path + "/sync", R"({"bookmark":")" + bookmark + R"("})");
        server_.clock().advance(std::chrono::seconds(1));
        break;
      case 3:
        server_.call("POST", path + "/sync", report(std::to_string(random.next() % 50)));
        break;
      default: {
        const std::vector<std::string> questions = {
            path,        path + "/report",    path + "/state",
            "/v1/hosts", "/v1/hosts?limit=2", "/v1/hosts?status=READY"};
        const std::string& question = questions[random.next() % questions.size()];
        const auto quick = at_once("GET", question);
        const HttpResponse asked = server_.call("GET", question);
        if (!quick) break;
        ++known[question.starts_with(path) ? question.substr(path.size()) : question];
        ASSERT_EQ(quick->status, asked.status) << question << " at step " << step;
        ASSERT_EQ(quick->body, asked.body) << question << " at step " << step;
        ASSERT_EQ(quick->header("ETag"), asked.header("ETag"));
      }
    }
  }
  EXPECT_EQ(known.size(), 6U);
  for (const auto& [question, times] : known) EXPECT_GT(times, 30) << question;
}

TEST_F(AtOnce, AsksTheStoreForListsOfAnEarlierMomentAndOfWhatWasDeleted) {
  for (const char* const name : {"a", "b", "c"}) server_.put_host(name, {});
  const auto next = parse_json(server_.call("GET", "/v1/hosts?limit=2").body).value()["continue"];
  const std::string rest = "/v1/hosts?limit=2&continue=" + percent_encode(next.get<std::string>());
  for (const std::string& question : {rest, std::string("/v1/hosts?status=DELETED")}) {
    EXPECT_EQ(server_.call("GET", question).status, 200);
    EXPECT_FALSE(at_once("GET", question)) << question;
  }
}

TEST_F(AtOnce, KeepsNoLargePage) {
  const std::string body = R"({"tags":{"note":")" + std::string(1000, 'x') + R"("}})";
  for (int i = 0; i < 70; ++i) server_.call("PUT", "/v1/hosts/h" + std::to_string(i), body);
  EXPECT_EQ(server_.call("GET", "/v1/hosts").status, 200);
  EXPECT_FALSE(at_once("GET", "/v1/hosts"));
}

TEST_F(AtOnce, RefusesWhatNoRouteTakesAndCountsIt) {
  const struct {
    std::string method, target;
    int status;
  } rows[] = {{"GET", "/v1/host", 404},
              {"GET", "/", 404},
              {"PATCH", "/v1/hosts/pi", 405},
              {"GET", "/v1/hosts/pi?lmit=1", 400}};
  for (const auto& row : rows) {
    const auto refusal = at_once(row.method, row.target);
    ASSERT_TRUE(refusal) << row.target;
    EXPECT_EQ(refusal->status, row.status) << row.target;
    const auto error = parse_json(refusal->body).value()["error"];
    EXPECT_EQ(error["requestId"], refusal->header("Titan-Request-Id"));
    EXPECT_FALSE(refusal->header("Titan-Request-Id").empty());
  }
  const std::string metrics = server_.call("GET", "/v1/metrics").body;
  EXPECT_NE(metrics.find(R"(titan_http_requests_total{method="none",route="none",code="404"} 2)"),
            std::string::npos)
      << metrics;
}

TEST_F(AtOnce, SaysThatTheStoreIsWellForASecondAfterItWas) {
  EXPECT_FALSE(at_once("GET", "/v1/status"));
  const HttpResponse asked = server_.call("GET", "/v1/status");
  ASSERT_TRUE(at_once("GET", "/v1/status"));
  EXPECT_EQ(at_once("GET", "/v1/status")->body, asked.body);
  server_.put_host("pi", {});
  EXPECT_NE(at_once("GET", "/v1/status")->body, asked.body) << "it shows the newest bookmark";
  server_.clock().advance(std::chrono::seconds(1));
  EXPECT_FALSE(at_once("GET", "/v1/status"));
}

// Thousands may wait for the same change.
TEST_F(AtOnce, ASecondQuestionForTheSameChangesDoesNotAskTheStore) {
  const std::string since = server_.store().head()->text();
  server_.put_host("pi", {});
  const std::string question = "/v1/changes?since=" + since;
  const HttpResponse first = server_.call("GET", question);
  server_.faults().reset();
  const HttpResponse second = server_.call("GET", question);
  EXPECT_EQ(server_.faults().count(), 0U);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(parse_json(first.body).value()["items"].size(), 1U);

  const auto items = [&](const std::string& more) {
    return parse_json(server_.call("GET", question + more).body).value()["items"].size();
  };
  EXPECT_EQ(items("&kind=template"), 0U);
  EXPECT_EQ(items("&actor=nobody"), 0U);
  EXPECT_EQ(items(""), 1U);
  server_.put_host("tim", {});
  EXPECT_EQ(items(""), 2U);
  EXPECT_EQ(items("&limit=1"), 1U);
  EXPECT_EQ(items(""), 2U);
}

}  // namespace
}  // namespace titan::testing
