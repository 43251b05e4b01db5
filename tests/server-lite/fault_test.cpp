// The store fails: what requests are answered, and that all is well again afterwards.
#include <gtest/gtest.h>

#include "server-lite/limits.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

constexpr const char* kFaultProd = "/v1/workspaces/default/deployments/prod";

class Fault : public ::testing::Test {
 protected:
  Fault() {
    server_.put_prod();
    pi_.sync_and_report();
  }

  void break_store() {
    server_.faults().fail_when([](const auto&) { return true; }, broken_);
  }
  json error_of(const HttpResponse& response) { return parse_json(response.body).value()["error"]; }

  const Error broken_ = unavailable("the disk does not answer");
  TestServer server_;
  ObedientHost pi_{server_, "pi"};
};

struct ErrorRow {
  Error error;
  int status;
  const char* code;
};

// Whatever the store says at whichever of its calls: the answer tells it, and nothing is written.
TEST_F(Fault, EveryErrorAtEveryCallOfAWriteIsToldAndWritesNothing) {
  const std::vector<ErrorRow> rows = {
      {unavailable("told to fail"), 503, "unavailable"},
      {exhausted("told to fail"), 503, "exhausted"},
      {denied("told to fail"), 403, "denied"},
      {internal("told to fail"), 500, "internal"},
  };
  struct Write {
    const char* method;
    const char* target;
    std::string body;
  };
  const std::vector<Write> writes = {
      {"PUT", "/v1/hosts/pi", R"({"spec":{"labels":{"site":"lab","new":"1"}}})"},
      {"POST", "/v1/hosts", R"({"name":"nuc"})"},
      {"DELETE", kFaultProd, ""},
      {"POST", "/v1/changes",
       R"({"changes":[{"operation":"CREATE","entity":{"kind":"Host","name":"nuc"}},
           {"operation":"DELETE","kind":"Host","name":"pi"}]})"},
  };
  const std::string before = server_.store().head().value().text();
  for (const Write& write : writes) {
    for (const ErrorRow& row : rows) {
      std::size_t failed = 0;
      for (std::size_t n = 1;; ++n) {
        server_.faults().reset();
        server_.faults().fail_at(n, row.error);
        const HttpRequest request{
            .method = write.method, .target = write.target, .body = write.body};
        // Only the calls of the request itself: the last of them is the commit.
        if (n > 4) break;
        const HttpResponse response = server_.handle_alone(request);
        if (response.status < 300) break;
        ++failed;
        EXPECT_EQ(response.status, row.status) << write.method << write.target << n;
        EXPECT_EQ(error_of(response)["code"], row.code);
        EXPECT_NE(error_of(response)["message"].get<std::string>().find("told to fail"),
                  std::string::npos);
        EXPECT_EQ(server_.store().head().value().text(), before) << write.method << n;
        // The last call of each is the commit; a fifth attempt would write it.
        if (server_.faults().calls().back().rfind("commit", 0) == 0) break;
      }
      EXPECT_GE(failed, 1U) << write.method << " " << write.target;
    }
  }
}

TEST_F(Fault, EveryQuestionThatNeedsTheStoreTellsThatItFails) {
  const std::vector<const char*> questions = {
      "/v1/hosts",
      "/v1/hosts/pi",
      "/v1/changes",
      "/v1/changes?since=2026-03-01T12:00:00Z",
      "/v1/changes/req-unknown",
      "/v1/hosts/pi/report",
      "/v1/hosts/pi/state",
      "/v1/hosts/pi/changes?since=2026-03-01T12:00:00Z",
      "/v1/workspaces/default/deployments/prod/hosts",
  };
  break_store();
  for (const char* question : questions) {
    const HttpResponse response = server_.call("GET", question);
    EXPECT_EQ(response.status, 503) << question << response.body;
    EXPECT_EQ(error_of(response)["code"], "unavailable") << question;
  }
  EXPECT_EQ(server_.call("GET", "/v1/status").status, 503);
  EXPECT_EQ(server_.json("GET", "/v1/status")["dependencies"]["store"]["status"], "failing");
  server_.faults().reset();
  for (const char* question : questions) {
    const int status = server_.call("GET", question).status;
    EXPECT_TRUE(status == 200 || status == 404) << question << status;
  }
  EXPECT_EQ(server_.call("GET", "/v1/status").status, 200);
}

TEST_F(Fault, PollsWithoutNewsGoOnAndTouchNoStore) {
  server_.settle();
  break_store();
  server_.faults().reset();
  const std::size_t before = server_.faults().count();
  EXPECT_EQ(pi_.sync(), "nothing") << "the report is that of before, and is stored again";
  ObedientHost quiet(server_, "pi");
  quiet.set_bookmark(pi_.bookmark());
  server_.faults().reset();
  break_store();
  for (int i = 0; i < 5; ++i) {
    const HttpResponse answer =
        server_.handle_alone({.method = "POST",
                              .target = "/v1/hosts/pi/sync",
                              .body = json{{"bookmark", pi_.bookmark()->text()}}.dump()});
    EXPECT_EQ(answer.status, 204) << answer.body;
  }
  EXPECT_EQ(server_.faults().count(), before);
}

TEST_F(Fault, AReportThatCannotBeStoredIsRefusedAndComesAgain) {
  server_.put_template("service", "new\n");
  pi_.sync();
  pi_.report();
  break_store();
  EXPECT_EQ(pi_.sync(), "unavailable");
  server_.faults().reset();
  EXPECT_EQ(server_.deployment("prod").status, model::Status::updating);
  EXPECT_EQ(pi_.sync(), "nothing");
  EXPECT_EQ(server_.deployment("prod").status, model::Status::ready);
}

TEST_F(Fault, StatusesFollowByThemselvesOnceTheStoreIsBack) {
  // The write goes through, and what follows from it does not.
  server_.handle_alone({.method = "PUT",
                        .target = "/v1/hosts/nuc",
                        .body = R"({"spec":{"labels":{"site":"lab"}}})"});
  break_store();
  for (int i = 0; i < 5; ++i) {
    server_.advance(kFaultPause);
  }
  server_.faults().reset();
  EXPECT_EQ(server_.deployment("prod").status, model::Status::ready);
  server_.advance(kFaultPause);
  EXPECT_EQ(server_.deployment("prod").status, model::Status::updating);
  EXPECT_NE(server_.log_text().find("tries again"), std::string::npos);
}

TEST_F(Fault, WhatFailsOnceIsTriedAgainAfterAPause) {
  server_.put_host("nuc", {{"site", "roof"}});
  for (const char* call : {"changes", "commit titan"}) {
    SCOPED_TRACE(call);
    const std::string name = std::string("h") + std::to_string(server_.faults().count());
    server_.handle_alone({.method = "PUT",
                          .target = "/v1/hosts/" + name,
                          .body = R"({"spec":{"labels":{"site":"lab"}}})"});
    server_.faults().fail_when([=](const std::string& made) { return made.rfind(call, 0) == 0; },
                               broken_);
    server_.settle();
    server_.faults().reset();
    server_.advance(kFaultPause);
    const auto reason = server_.deployment("prod").reason;
    ASSERT_EQ(reason.size(), 1U);
    EXPECT_NE(reason[0].find(name), std::string::npos) << reason[0];
  }
}

TEST_F(Fault, AnAcceptedChangeThatCouldNotBeWrittenIsRefusedWithTheError) {
  const std::string id =
      server_.handle_alone({.method = "PUT", .target = "/v1/hosts/nuc?wait=false", .body = "{}"})
          .header("Titan-Change");
  break_store();
  server_.settle();
  server_.faults().reset();
  const json progress = server_.json("GET", "/v1/changes/" + id);
  EXPECT_EQ(progress["state"], "REFUSED");
  EXPECT_EQ(progress["error"]["code"], "unavailable");
}

TEST_F(Fault, AStoreThatFailsAtTheStartIsToldByTheStart) {
  titan::testing::FakeClock clock;
  titan::testing::SeededRandom random{1};
  titan::testing::MemoryFileSystem files;
  ServerKeys keys = ServerKeys::open(files, random).value();
  const MasterKey master = MasterKey::open(files, {}, false, random).value();
  std::ostringstream text;
  Log log(text, clock, Log::Format::json);
  for (std::size_t n = 1; n <= 8; ++n) {
    titan::testing::FaultyStore store(server_.store());
    store.fail_at(n, broken_);
    const auto server = Server::open({store, clock, random, log, keys, master});
    ASSERT_FALSE(server) << n;
    EXPECT_EQ(server.error().code, ErrorCode::unavailable);
  }
}

}  // namespace
}  // namespace titan::server_lite
