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
           {"tags", {{"owner", "tim"}}},
           {"spec", {{"workload", "w"}, {"target", "t"}, {"values", {{"interval", 5}}}}}});
  api.override(
      "GET /v1/workspaces/default/deployments/prod/hosts",
      testing::json_response({{"items",
                               {{{"host", "a"}, {"status", "INITIALIZED"}, {"current", false}},
                                {{"host", "b"},
                                 {"status", "ERROR"},
                                 {"version", 3},
                                 {"current", true},
                                 {"reason", "no space\nleft"},
                                 {"commit", "0123456789abcdef0123"},
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
      "Revision:    7\n"
      "Tags:        owner=tim\n"
      "Spec:\n"
      "  target: t\n"
      "  values:\n"
      "    interval: 5\n"
      "  workload: w\n"
      "Hosts:\n"
      "  HOST   STATUS        CURRENT   VERSION   COMMIT         REPORTED   REASON\n"
      "  a      INITIALIZED   no        <none>    <none>         never      <none>\n"
      "  b      ERROR         yes       3         0123456789ab   30s ago    no space\\nleft\n");
}

TEST_F(DescribeTest, TellsWhatAHostReportedLast) {
  api.put({{"kind", "Host"}, {"name", "pi"}, {"spec", {{"labels", {{"a", "b"}}}}}});
  api.override("GET /v1/hosts/pi/report",
               testing::json_response({{"host", "pi"},
                                       {"bookmark", "0123456789abcdef.41"},
                                       {"time", "2026-03-01T11:59:00.000000Z"},
                                       {"report",
                                        {{"agentVersion", "0.1.0"},
                                         {"deployments",
                                          {{{"key", "default/deployment/default/prod"},
                                            {"version", 3},
                                            {"renderedDigest", "sha256:" + std::string(64, 'a')},
                                            {"status", "READY"},
                                            {"reason", ""},
                                            {"commit", "abc"}}}}}}}));
  EXPECT_EQ(titan("describe host/pi"), 0) << err;
  EXPECT_NE(out.find("Spec:\n  delivery: agent\n  labels:\n    a: b\n"
                     "Last report: 1m ago (2026-03-01T11:59:00.000000Z)\n"
                     "Bookmark:    0123456789abcdef.41\n"
                     "Agent:       0.1.0\n"
                     "Deployments:\n"
                     "  DEPLOYMENT     STATUS   VERSION   COMMIT   REASON\n"
                     "  default/prod   READY    3         abc      <none>\n"),
            std::string::npos)
      << out;
}

TEST_F(DescribeTest, KnowsAHostThatNeverReported) {
  api.put({{"kind", "Host"}, {"name", "pi"}, {"status", "INITIALIZED"}});
  EXPECT_EQ(titan("describe host pi"), 0) << err;
  EXPECT_TRUE(out.ends_with("Last report: never\n")) << out;
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

TEST_F(DescribeTest, FailsWhenTheReportCannotBeRead) {
  api.put({{"kind", "Host"}, {"name", "pi"}});
  api.override("GET /v1/hosts/pi/report", {.status = 503});
  EXPECT_EQ(titan("describe host pi"), 6);
}

}  // namespace
}  // namespace titan::cli
