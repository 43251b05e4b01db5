#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

class DescribeTest : public testing::CliTest {};

TEST_F(DescribeTest, TellsHowADeploymentStandsOnItsHosts) {
  api.put({{"kind", "Deployment"},
           {"name", "prod"},
           {"status", "ERROR"},
           {"reason", {"host b: no space", "and more"}},
           {"revision", 7},
           {"version", 3},
           {"tags", {{"owner", "tom"}}},
           {"spec", {{"workload", "w"}, {"target", "t"}, {"values", {{"interval", 5}}}}}});
  api.update("deployments", "default", "prod", {{"tags", {{"owner", "tim"}}}});
  api.override("GET /v1/workspaces/default/deployments/prod/hosts",
               testing::json_response(
                   {{"items",
                     {{{"host", "a"}, {"status", "READY"}, {"version", 3}, {"current", true}},
                      {{"host", "b"}, {"status", "INITIALIZED"}, {"current", false}},
                      {{"host", "c"},
                       {"hostStatus", "MISSING"},
                       {"status", "ERROR"},
                       {"version", 3},
                       {"current", true},
                       {"reason", "no space\nleft"},
                       {"commit", "0123456789abcdef0123"},
                       {"since", "2026-03-01T11:57:00.000000Z"},
                       {"time", "2026-03-01T11:59:30.000000Z"}}}}}));
  EXPECT_EQ(titan("describe deployment prod"), 0) << err;
  EXPECT_EQ(
      out,
      "Name:        prod\n"
      "Kind:        Deployment\n"
      "Workspace:   default\n"
      "Id:          00000000-0000-4000-8000-000000000001\n"
      "Status:      ERROR\n"
      "Reason:      host b: no space\n"
      "             and more\n"
      "Created:     5m ago (2026-03-01T11:55:00.000000Z)\n"
      "Modified:    5m ago (2026-03-01T11:55:00.000000Z)\n"
      "Version:     3\n"
      "Revision:    8\n"
      "Tags:        owner=tim\n"
      "Spec:\n"
      "  target: t\n"
      "  values:\n"
      "    interval: 5\n"
      "  workload: w\n"
      "Hosts:       1 of 3 ready\n"
      "  HOST   HOST-STATUS   STATUS        SINCE    CURRENT   VERSION   COMMIT         REPORTED   "
      "REASON\n"
      "  c      MISSING       ERROR         3m       yes       3         0123456789ab   30s ago    "
      "no space\\nleft\n"
      "  b      <none>        INITIALIZED   <none>   no        <none>    <none>         never      "
      "<none>\n"
      "  a      <none>        READY         <none>   yes       3         <none>         never      "
      "<none>\n"
      "Changes:     the last 1\n"
      "  SEQ   AGE   OPERATION   ACTOR   WHAT\n"
      "  1     5m    UPDATED     tim     tags\n");
}

TEST_F(DescribeTest, ShowsTheFirstOfManyHosts) {
  api.put({{"kind", "Deployment"}, {"name", "d"}, {"spec", {{"workload", "w"}, {"target", "t"}}}});
  json items = json::array();
  for (int i = 0; i < 30; ++i) {
    items.push_back({{"host", "h" + std::to_string(i)}, {"status", "READY"}, {"current", i != 29}});
  }
  api.override("GET /v1/workspaces/default/deployments/d/hosts",
               testing::json_response({{"items", items}}));
  EXPECT_EQ(titan("describe deployment d"), 0) << err;
  EXPECT_NE(out.find("Hosts:       29 of 30 ready\n"), std::string::npos) << out;
  EXPECT_NE(out.find("\n  h29 "), std::string::npos) << "what is waited for comes first: " << out;
  EXPECT_NE(out.find("\n  h18 "), std::string::npos) << out;
  EXPECT_EQ(out.find("\n  h19 "), std::string::npos) << out;
  EXPECT_NE(out.find("\n  and 10 more\n"), std::string::npos) << out;
}

TEST_F(DescribeTest, TellsWhereReplicasAreAssigned) {
  api.put({{"kind", "Deployment"},
           {"name", "d"},
           {"spec", {{"workload", "w"}, {"target", "t"}, {"replicas", 3}}}});
  for (const char* host : {"a", "b"}) {
    api.put({{"kind", "Assignment"},
             {"name", std::string("d-") + host},
             {"spec", {{"deployment", "d"}, {"host", host}}}});
  }
  EXPECT_EQ(titan("describe deployment d"), 0) << err;
  EXPECT_NE(out.find("Replicas:    2 of 3 assigned\n"
                     "             a\n"
                     "             b\n"
                     "Hosts:       <none>\n"),
            std::string::npos)
      << out;
  EXPECT_NE(std::ranges::find(api.log,
                              "GET /v1/workspaces/default/assignments?fields=spec.deployment%3Dd&"
                              "limit=1000"),
            api.log.end());
}

TEST_F(DescribeTest, ShowsOnlyTheLastChangesAndOnlyItsOwn) {
  api.put({{"kind", "Target"}, {"name", "t"}, {"spec", {{"selector", "x"}}}});
  api.put({{"kind", "Target"}, {"name", "u"}, {"spec", {{"selector", "x"}}}});
  for (int i = 0; i < 7; ++i) {
    api.update("targets", "default", i == 3 ? "u" : "t", {{"tags", {{"n", std::to_string(i)}}}});
  }
  EXPECT_EQ(titan("describe target t"), 0) << err;
  EXPECT_TRUE(
      out.ends_with("Changes:     the last 5\n"
                    "  SEQ   AGE   OPERATION   ACTOR   WHAT\n"
                    "  2     5m    UPDATED     tim     tags\n"
                    "  3     5m    UPDATED     tim     tags\n"
                    "  5     5m    UPDATED     tim     tags\n"
                    "  6     5m    UPDATED     tim     tags\n"
                    "  7     5m    UPDATED     tim     tags\n"))
      << out;
}

TEST_F(DescribeTest, LooksLessFarBackInABusyLog) {
  api.put({{"kind", "Target"}, {"name", "t"}, {"spec", {{"selector", "x"}}}});
  const json target = api.at("targets", "default", "t");
  json busy = json::array();
  for (int i = 1; i <= 1000; ++i) {
    busy.push_back({{"seq", i},
                    {"time", "2026-03-01T11:00:00.000000Z"},
                    {"key", "default/target/default/other"},
                    {"operation", "UPDATED"},
                    {"before", target},
                    {"after", target}});
  }
  api.override("GET /v1/changes",
               testing::json_response({{"items", busy}, {"bookmark", "0123456789abcdef.1000"}}));
  EXPECT_EQ(titan("describe target t"), 0) << err;
  EXPECT_EQ(out.find("Changes"), std::string::npos) << out;
  std::vector<std::string> starts;
  for (const std::string& line : api.log) {
    const auto since = parse_query(line.substr(line.find('?') + 1))["since"];
    if (since.starts_with("20")) starts.push_back(since);
  }
  EXPECT_EQ(starts, (std::vector<std::string>{
                        "2026-02-28T11:55:00.000000Z", "2026-03-01T10:55:00.000000Z",
                        "2026-03-01T11:54:00.000000Z", "2026-03-01T11:54:59.000000Z"}));
}

TEST_F(DescribeTest, TellsHowAHostIs) {
  api.put({{"kind", "Host"}, {"name", "pi"}, {"spec", {{"labels", {{"a", "b"}}}}}});
  api.override("GET /v1/hosts/pi/state",
               testing::json_response({{"host", "pi"},
                                       {"lastSeen", "2026-03-01T11:59:50.000000Z"},
                                       {"lastReport", "2026-03-01T11:59:00.000000Z"},
                                       {"bookmark", "0123456789abcdef.41"},
                                       {"bookmarkTime", "2026-03-01T11:58:00.000000Z"},
                                       {"deployments",
                                        {{{"deployment", "default/prod"},
                                          {"status", "READY"},
                                          {"version", 3},
                                          {"current", true},
                                          {"reason", ""},
                                          {"since", "2026-03-01T11:00:00.000000Z"}},
                                         {{"deployment", "iot/dev"},
                                          {"status", "ERROR"},
                                          {"version", 1},
                                          {"current", false},
                                          {"reason", "no space"},
                                          {"since", nullptr}}}}}));
  api.override("GET /v1/hosts/pi/report",
               testing::json_response(
                   {{"host", "pi"},
                    {"bookmark", "0123456789abcdef.41"},
                    {"time", "2026-03-01T11:59:00.000000Z"},
                    {"report", {{"agentVersion", "0.1.0"}, {"deployments", json::array()}}}}));
  EXPECT_EQ(titan("describe host/pi"), 0) << err;
  EXPECT_TRUE(
      out.ends_with("Spec:\n  delivery: agent\n  labels:\n    a: b\n"
                    "Last seen:   10s ago (2026-03-01T11:59:50.000000Z)\n"
                    "Last report: 1m ago (2026-03-01T11:59:00.000000Z)\n"
                    "Bookmark:    0123456789abcdef.41 (2m old)\n"
                    "Agent:       0.1.0\n"
                    "Deployments: 1 of 2 ready\n"
                    "  DEPLOYMENT     STATUS   SINCE    CURRENT   VERSION   REASON\n"
                    "  iot/dev        ERROR    <none>   no        1         no space\n"
                    "  default/prod   READY    1h       yes       3         <none>\n"))
      << out;
}

TEST_F(DescribeTest, TellsWhatIsWrongWithADeploymentOnAHost) {
  const json trouble = {{"output", "first line\n\x1b[31msecond\n"},
                        {"attempts", 3},
                        {"stalled", true},
                        {"drift", {"sensor.service is not active", "/etc/x is gone"}},
                        {"healed", 1}};
  const std::string lines =
      "  tried 3 times\n"
      "  stalled: it is not tried again as it is\n"
      "  drift: sensor.service is not active\n"
      "  drift: /etc/x is gone\n"
      "  changes by others undone once\n"
      "  the last output:\n"
      "    first line\n"
      "    \\x1b[31msecond\n";
  api.put({{"kind", "Host"}, {"name", "pi"}});
  json deployment = {{"deployment", "default/prod"}, {"status", "ERROR"}, {"reason", "no"}};
  deployment.update(trouble);
  api.override("GET /v1/hosts/pi/state", testing::json_response({{"host", "pi"},
                                                                 {"drivers", {"files", "systemd"}},
                                                                 {"clockSkewSeconds", -5400},
                                                                 {"deployments", {deployment}}}));
  EXPECT_EQ(titan("describe host pi"), 0) << err;
  EXPECT_TRUE(out.ends_with("Deployment default/prod:\n" + lines)) << out;
  EXPECT_NE(out.find("Drivers:     files, systemd\nClock:       1h30m behind\n"), std::string::npos)
      << out;

  api.put(
      {{"kind", "Deployment"}, {"name", "prod"}, {"spec", {{"workload", "w"}, {"target", "t"}}}});
  json host = {{"host", "pi"}, {"status", "ERROR"}};
  host.update(trouble);
  api.override("GET /v1/workspaces/default/deployments/prod/hosts",
               testing::json_response({{"items", {host}}}));
  EXPECT_EQ(titan("describe deployment prod"), 0) << err;
  EXPECT_NE(out.find("\nHost pi:\n" + lines), std::string::npos) << out;
}

TEST_F(DescribeTest, KnowsAHostThatNeverReported) {
  api.put({{"kind", "Host"}, {"name", "pi"}, {"status", "INITIALIZED"}});
  EXPECT_EQ(titan("describe host pi"), 0) << err;
  EXPECT_TRUE(
      out.ends_with("Last seen:   not since the server started\n"
                    "Last report: never\n"
                    "Bookmark:    <none>\n"
                    "Deployments: <none>\n"))
      << out;
}

TEST_F(DescribeTest, EscapesWhatAServerSays) {
  api.put({{"kind", "Workspace"},
           {"name", "w"},
           {"status", "ERROR"},
           {"reason", {"\x1b[2J"}},
           {"spec", {{"description", "a\x1b[2J"}}}});
  is_terminal = true;
  variables["NO_COLOR"] = "1";
  EXPECT_EQ(titan("describe workspace w"), 0) << err;
  EXPECT_EQ(out.find('\x1b'), std::string::npos) << out;
}

TEST_F(DescribeTest, NeedsAKindAndAName) {
  EXPECT_EQ(titan("describe"), 2);
  EXPECT_EQ(err, "titan: expected a kind and a name\n");
  EXPECT_EQ(titan("describe host"), 2);
  EXPECT_EQ(err, "titan: the host needs a name\n");
  EXPECT_EQ(titan("describe host nobody"), 3);
  EXPECT_EQ(err, "titan: host nobody: does not exist\n");
}

TEST_F(DescribeTest, FailsWhenAPartCannotBeRead) {
  api.put({{"kind", "Host"}, {"name", "pi"}});
  for (const char* request :
       {"GET /v1/hosts/pi/report", "GET /v1/hosts/pi/state", "GET /v1/changes"}) {
    api.override(request, {.status = 503});
    EXPECT_EQ(titan("describe host pi"), 6) << request;
    EXPECT_EQ(out, "");
  }
}

}  // namespace
}  // namespace titan::cli
