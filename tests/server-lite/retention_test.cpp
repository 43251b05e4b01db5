// The change log is compacted, and whoever asks for what is gone is told so.
#include "server-lite/retention.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

std::uint64_t head(TestServer& server) {
  return server.store().head().value().seq;
}

void write(TestServer& server, int times) {
  for (int i = 0; i < times; ++i) {
    server.put_host("busy", {{"n", std::to_string(head(server))}});
  }
}

TEST(Retention, KeepsAsManyChangesAsItShall) {
  TestServer server({.changes = 10});
  write(server, 30);
  server.advance(kCompactionPause);
  EXPECT_EQ(server.store().horizon().value(), head(server) - 10);
  const json feed = server.json("GET", "/v1/changes");
  EXPECT_EQ(feed["items"].size(), 10U);
  EXPECT_EQ(feed["full"], true);
}

TEST(Retention, KeepsChangesAsLongAsItShall) {
  TestServer server({.age = std::chrono::hours(24)});
  write(server, 5);
  const std::uint64_t old = head(server);
  server.advance(std::chrono::hours(20));
  write(server, 5);
  server.advance(std::chrono::hours(3));
  EXPECT_EQ(server.store().horizon().value(), 0U);
  server.advance(std::chrono::hours(2));
  EXPECT_EQ(server.store().horizon().value(), old);
  server.advance(std::chrono::hours(48));
  EXPECT_EQ(server.store().horizon().value(), head(server));
  server.advance(std::chrono::hours(48));
  EXPECT_EQ(server.store().horizon().value(), head(server));
}

TEST(Retention, GoesOverAllOfALongLogBitByBit) {
  TestServer server({.changes = 10});
  json changes = json::array();
  for (std::size_t i = 0; i < kProposedChangesMax; ++i) {
    changes.push_back({{"operation", "CREATE"},
                       {"entity", {{"kind", "Host"}, {"name", "h" + std::to_string(i)}}}});
  }
  for (const char* organisation : {"", "x"}) {
    for (json& change : changes) {
      change["entity"]["name"] = organisation + change["entity"]["name"].get<std::string>();
    }
    ASSERT_EQ(server.call("POST", "/v1/changes", json{{"changes", changes}}.dump()).status, 200);
  }
  server.advance(kCompactionPause);
  EXPECT_EQ(server.store().horizon().value(), head(server) - 10);
}

TEST(Retention, AReaderOfTheFeedFromBeforeTheHorizonIsToldThatItIsNotAll) {
  TestServer server({.changes = 10});
  write(server, 5);
  const std::string old = server.store().head().value().text();
  const std::string old_time = server.clock().wall().text();
  EXPECT_EQ(server.json("GET", "/v1/changes?since=" + old)["full"], false);
  write(server, 30);
  server.advance(kCompactionPause);
  for (const std::string& since : {old, old_time}) {
    const json feed = server.json("GET", "/v1/changes?since=" + percent_encode(since));
    EXPECT_EQ(feed["full"], true) << since;
    EXPECT_EQ(feed["items"].size(), 10U) << since;
    EXPECT_EQ(feed["items"][0]["seq"], server.store().horizon().value() + 1) << since;
  }
  const std::string horizon =
      model::Bookmark{old.substr(0, 16), server.store().horizon().value()}.text();
  EXPECT_EQ(server.json("GET", "/v1/changes?since=" + horizon)["full"], false);
}

TEST(Retention, AHostFromBeforeTheHorizonGetsEverything) {
  TestServer server({.changes = 10});
  server.put_prod();
  server.put_deployment("gone");
  ObedientHost pi(server, "pi");
  ObedientHost busy(server, "pi");
  pi.sync_and_report();
  busy.sync();
  server.call("DELETE", "/v1/workspaces/default/deployments/gone?force=true");
  write(server, 30);
  EXPECT_EQ(busy.sync(), " -gone");
  write(server, 5);
  server.advance(kCompactionPause);
  EXPECT_EQ(pi.sync(), "full: +prod");
  EXPECT_EQ(pi.holds(), "prod");
  EXPECT_EQ(busy.sync(), "nothing") << "its bookmark is young enough";
  server.restart();
  EXPECT_EQ(pi.sync(), "nothing");
  EXPECT_EQ(busy.sync(), "nothing");
}

TEST(Retention, AProcessorThatIsBehindHoldsTheLogBack) {
  TestServer server({.changes = 10});
  write(server, 5);
  server.faults().fail_when([](const std::string& call) { return call == "changes"; },
                            unavailable("told to fail"));
  const std::uint64_t stuck = head(server);
  write(server, 30);
  server.advance(kCompactionPause);
  EXPECT_LE(server.store().horizon().value(), stuck);
  server.faults().reset();
  server.advance(kCompactionPause);
  EXPECT_EQ(server.store().horizon().value(), head(server) - 10);
}

TEST(Retention, AChangeThatTheLogNoLongerHoldsIsNotFoundAfterAStart) {
  TestServer server({.changes = 10});
  const std::string id = server.call("PUT", "/v1/hosts/pi", "{}").header("Titan-Change");
  write(server, 30);
  server.advance(kCompactionPause);
  EXPECT_EQ(server.json("GET", "/v1/changes/" + id)["state"], "COMMITTED") << "it is in memory";
  server.restart();
  EXPECT_EQ(server.call("GET", "/v1/changes/" + id).status, 404);
}

TEST(Retention, EverythingIsThereAfterCompactionAndAStart) {
  TestServer server({.changes = 10});
  server.put_prod();
  ObedientHost pi(server, "pi");
  pi.sync_and_report();
  write(server, 30);
  server.advance(kCompactionPause);
  server.stop_and_start();
  EXPECT_EQ(server.deployment("prod").status, model::Status::ready);
  EXPECT_EQ(server.json("GET", "/v1/hosts")["items"].size(), 2U);
  server.put_template("service", "new\n");
  EXPECT_EQ(pi.sync_and_report(), "full: +prod");
}

}  // namespace
}  // namespace titan::server_lite
