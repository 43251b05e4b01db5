#include "server-lite/server_metrics.hpp"

#include <gtest/gtest.h>

#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using titan::testing::ObedientHost;
using titan::testing::TestServer;

// The value of a series as the text shows it; "" when there is none.
std::string value_of(TestServer& server, const std::string& series) {
  const std::string text = "\n" + server.call("GET", "/v1/metrics").body;
  const std::size_t found = text.find("\n" + series + " ");
  if (found == std::string::npos) return "";
  const std::size_t start = found + series.size() + 2;
  return text.substr(start, text.find('\n', start) - start);
}

TEST(ServerMetrics, CountsRequestsByRouteAndCode) {
  TestServer server;
  server.put_host("a", {});
  server.call("GET", "/v1/hosts/a");
  server.call("HEAD", "/v1/hosts/a");
  server.call("GET", "/v1/hosts/absent");
  server.call("GET", "/etc/passwd");
  server.call("PATCH", "/v1/hosts");
  const auto count = [&](const std::string& method, const std::string& route,
                         const std::string& code) {
    return value_of(server, "titan_http_requests_total{method=\"" + method + "\",route=\"" + route +
                                "\",code=\"" + code + "\"}");
  };
  EXPECT_EQ(count("PUT", "/v1/hosts/{name}", "201"), "1");
  EXPECT_EQ(count("GET", "/v1/hosts/{name}", "200"), "2");
  EXPECT_EQ(count("GET", "/v1/hosts/{name}", "404"), "1");
  EXPECT_EQ(count("none", "none", "404"), "1");
  EXPECT_EQ(count("none", "none", "405"), "1");
}

TEST(ServerMetrics, LeavesOutHowLongWaitingTook) {
  TestServer server;
  server.put_host("a", {});
  const std::string count =
      "titan_http_request_duration_seconds_count{method=\"GET\",route=\"/v1/changes\"}";
  server.call("GET", "/v1/changes?wait=1s");
  EXPECT_EQ(value_of(server, count), "");
  server.call("GET", "/v1/changes");
  EXPECT_EQ(value_of(server, count), "1");
}

TEST(ServerMetrics, CountsEntitiesAndHowLongHostsAreSilent) {
  TestServer server;
  server.put_prod();
  server.put_host("silent", {});
  EXPECT_EQ(value_of(server, "titan_entities{kind=\"Host\",status=\"INITIALIZED\"}"), "2");
  EXPECT_EQ(value_of(server, "titan_entities{kind=\"Template\",status=\"READY\"}"), "1");
  EXPECT_EQ(value_of(server, "titan_hosts_heard{within=\"1m\"}"), "0");
  EXPECT_EQ(value_of(server, "titan_hosts_behind"), "0");

  ObedientHost pi(server, "pi");
  pi.sync_and_report();
  pi.sync();
  EXPECT_EQ(value_of(server, "titan_entities{kind=\"Host\",status=\"READY\"}"), "1");
  EXPECT_EQ(value_of(server, "titan_hosts_heard{within=\"1m\"}"), "1");
  server.put_template("service", "another\n");
  EXPECT_EQ(value_of(server, "titan_hosts_behind"), "1");
  server.advance(std::chrono::minutes(3));
  EXPECT_EQ(value_of(server, "titan_hosts_heard{within=\"2m\"}"), "0");
  EXPECT_EQ(value_of(server, "titan_hosts_heard{within=\"5m\"}"), "1");
  server.advance(std::chrono::minutes(20));
  EXPECT_EQ(value_of(server, "titan_entities{kind=\"Host\",status=\"MISSING\"}"), "1");
}

TEST(ServerMetrics, TellsOfTheStoreAndItsReaders) {
  TestServer server;
  const auto number = [&](const char* series) { return std::stoull(value_of(server, series)); };
  const auto before = number("titan_store_writes_total");
  server.put_host("a", {});
  EXPECT_EQ(number("titan_store_writes_total"), before + 1);
  EXPECT_GE(number("titan_store_write_groups_total"), before + 1);
  EXPECT_GT(number("titan_store_data_bytes"), 0U);
  EXPECT_EQ(number("titan_change_log_head"), server.store().head()->seq);
  EXPECT_EQ(number("titan_change_log_changes"), server.store().head()->seq);
  EXPECT_EQ(value_of(server, "titan_processor_behind_changes{processor=\"leases\"}"), "0");
  server.handle_alone({.method = "PUT", .target = "/v1/hosts/b", .body = "{}"});
  EXPECT_EQ(value_of(server, "titan_store_up"), "1");
  EXPECT_EQ(value_of(server, "titan_build_info{version=\"" TITAN_VERSION "\"}"), "1");
}

TEST(ServerMetrics, SaysSoWhenTheStoreFails) {
  TestServer server;
  server.faults().fail_from(1, unavailable("no disk"));
  EXPECT_EQ(value_of(server, "titan_store_up"), "0");
}

TEST(ServerMetrics, ShowsTheProcess) {
  TestServer server;
  for (const char* name : {"process_resident_memory_bytes", "process_open_fds", "process_max_fds",
                           "process_start_time_seconds", "process_threads"}) {
    EXPECT_GT(std::stod(value_of(server, name)), 0) << name;
  }
}

TEST(FrontDoorMetrics, ShowEveryLimitFromTheStart) {
  front_door::Numbers numbers;
  numbers.count(front_door::Limit::idle);
  numbers.connections = 3;
  Metrics metrics;
  metrics.add_source([&] { return front_door_metrics(numbers, 0); });
  const std::string text = metrics.text();
  EXPECT_NE(text.find("titan_http_limits_total{limit=\"idle\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("titan_http_limits_total{limit=\"queue\"} 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\ntitan_http_connections 3\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace titan::server_lite
