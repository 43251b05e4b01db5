// The access log: one record for each answered request.
#include <gtest/gtest.h>

#include <sstream>

#include "base/json.hpp"
#include "base/text.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/parked_question.hpp"
#include "server-lite/request_journal.hpp"
#include "server-lite/router.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;

class AccessLogTest : public ::testing::Test {
 protected:
  void open(AccessLog access, Log::Level least = Log::Level::info) {
    log_ = std::make_unique<Log>(text_, clock_, Log::Format::json, least);
    journal_ = std::make_unique<RequestJournal>(metrics_, *log_, clock_, access);
    router_ = std::make_unique<Router>(random_, *journal_, registry_);
    router_->add({.method = "GET",
                  .path = "/v1/hosts/{name}",
                  .operation = "test",
                  .tag = "Hosts",
                  .summary = "A test",
                  .access = Access{Area::everyone, Act::read},
                  .parameters = {{"name"}, {"token"}},
                  .answers = {{200, "Well."}},
                  .handler = [this](const Request&) {
                    clock_.advance(std::chrono::microseconds(1500));
                    return Response{.status = status_, .body = "body"};
                  }});
  }
  json ask(const std::string& target, int status = 200) {
    status_ = status;
    text_.str("");
    request_id_ =
        wait_for(router_->handle({.target = target}, "192.0.2.7")).header("Titan-Request-Id");
    return text_.str().empty() ? json() : parse_json(text_.str()).value();
  }

  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  std::ostringstream text_;
  Metrics metrics_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<RequestJournal> journal_;
  Registry registry_{clock_, random_, OnClone::warn};
  std::unique_ptr<Router> router_;
  std::string request_id_;
  int status_ = 200;
};

TEST_F(AccessLogTest, TellsWhoAskedForWhatAndWhatBecameOfIt) {
  open(AccessLog::news);
  json record = ask("/v1/hosts/tim-pi");
  EXPECT_FALSE(request_id_.empty());
  record.erase("time");
  EXPECT_EQ(record, json({{"level", "info"},
                          {"message", "request"},
                          {"id", request_id_},
                          {"method", "GET"},
                          {"path", "/v1/hosts/tim-pi"},
                          {"route", "/v1/hosts/{name}"},
                          {"status", 200},
                          {"bytes", 4},
                          {"durationUs", 1500},
                          {"peer", "192.0.2.7"},
                          {"actor", ""}}));
}

TEST_F(AccessLogTest, ShowsNothingOfTheQuery) {
  open(AccessLog::all);
  ask("/v1/hosts/a?token=secret");
  EXPECT_EQ(text_.str().find("secret"), std::string::npos);
  ask("/v1/hosts/a?unknown=secret");
  EXPECT_NE(text_.str().find("\"status\":400"), std::string::npos);
  EXPECT_EQ(text_.str().find("secret"), std::string::npos);
}

TEST_F(AccessLogTest, ClipsALongPath) {
  open(AccessLog::all);
  const json record = ask("/v1/hosts/" + std::string(4000, 'a'));
  EXPECT_LE(record["path"].get<std::string>().size(), kPathLoggedBytesMax + 3);
}

TEST_F(AccessLogTest, ShowsWhatItIsAskedFor) {
  struct Row {
    AccessLog access;
    int status;
    bool shown;
  };
  const Row rows[] = {
      {AccessLog::all, 200, true},   {AccessLog::all, 204, true},   {AccessLog::all, 304, true},
      {AccessLog::news, 200, true},  {AccessLog::news, 201, true},  {AccessLog::news, 204, false},
      {AccessLog::news, 304, false}, {AccessLog::news, 404, true},  {AccessLog::news, 503, true},
      {AccessLog::none, 200, false}, {AccessLog::none, 500, false},
  };
  for (const Row& row : rows) {
    open(row.access);
    EXPECT_EQ(!ask("/v1/hosts/a", row.status).is_null(), row.shown) << row.status;
  }
  open(AccessLog::none, Log::Level::debug);
  EXPECT_EQ(ask("/v1/hosts/a", 204)["level"], "debug");
}

// An error, the access log and the change log name a request alike.
TEST(RequestId, IsTheSameEverywhere) {
  testing::TestServer server;
  const HttpResponse refused = server.call("PUT", "/v1/hosts/BAD", "{}");
  const std::string id = refused.header("Titan-Request-Id");
  EXPECT_EQ(parse_json(refused.body).value()["error"]["requestId"], id);
  EXPECT_NE(server.log_text().find(id), std::string::npos);
  const std::string written = server.call("PUT", "/v1/hosts/a", "{}").header("Titan-Request-Id");
  const json changes = server.json("GET", "/v1/changes?actor=token%2Fadmin");
  EXPECT_EQ(changes["items"].back()["requestId"], written);
}

}  // namespace
}  // namespace titan::server_lite
