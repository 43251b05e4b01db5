#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

class GetChangesTest : public testing::CliTest {
 protected:
  void SetUp() override {
    api.put({{"kind", "Host"}, {"name", "x"}});
    api.put(
        {{"kind", "Deployment"}, {"name", "prod"}, {"spec", {{"workload", "w"}, {"target", "t"}}}});
    api.update("hosts", "", "x", {{"status", "MISSING"}, {"reason", {"silent"}}});
    api.update("deployments", "default", "prod",
               {{"spec", {{"workload", "w"}, {"target", "t"}, {"suspend", true}}},
                {"tags", {{"a", "b"}}},
                {"delete", true}});
    api.erase("hosts", "", "x");
  }
};

TEST_F(GetChangesTest, TellsWhatEachChangeDid) {
  EXPECT_EQ(titan("get changes"), 0) << err;
  EXPECT_EQ(
      out,
      "SEQ   TIME                          OPERATION   KEY                       ACTOR   WHAT\n"
      "1     2026-03-01T11:55:00.000000Z   UPDATED     host/x                    tim     status "
      "READY->MISSING, reason\n"
      "2     2026-03-01T11:55:00.000000Z   UPDATED     deployment/default/prod   tim     spec, "
      "tags, delete\n"
      "3     2026-03-01T11:55:00.000000Z   DELETED     host/x                    tim     <none>\n");
  EXPECT_EQ(err, "");
}

TEST_F(GetChangesTest, TakesABookmarkATimeAndATimeAgo) {
  struct Row {
    const char* since;
    const char* sent;
  };
  const Row rows[] = {
      {"0123456789abcdef.2", "0123456789abcdef.2"},
      {"2026-03-01T12:00:00+01:00", "2026-03-01T11%3A00%3A00.000000Z"},
      {"10m", "2026-03-01T11%3A50%3A00.000000Z"},
      {"1d2h", "2026-02-28T10%3A00%3A00.000000Z"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(titan(std::string("get changes --since ") + row.since), 0) << err;
    EXPECT_EQ(api.log.back(), std::string("GET /v1/changes?since=") + row.sent);
  }
  EXPECT_EQ(titan("get changes --since yesterday"), 2);
  EXPECT_EQ(err,
            "titan: --since: expected a bookmark, a time such as 2026-03-01T12:00:00Z, or how "
            "long ago it was, such as 10m, found \"yesterday\"\n");
}

TEST_F(GetChangesTest, PicksAKindAndANumber) {
  EXPECT_EQ(titan("get changes --kind deploy --limit 1 --no-headers -o wide"), 0) << err;
  EXPECT_EQ(api.log.back(), "GET /v1/changes?limit=1&kind=Deployment");
  EXPECT_EQ(out,
            "2   2026-03-01T11:55:00.000000Z   UPDATED   deployment/default/prod   tim   spec, "
            "tags, delete   req-2\n");
  EXPECT_EQ(err, "titan: there may be more; go on with --since 0123456789abcdef.3\n");
}

TEST_F(GetChangesTest, PicksAnActor) {
  EXPECT_EQ(titan("get changes --actor tim --kind host"), 0) << err;
  EXPECT_EQ(api.log.back(), "GET /v1/changes?kind=Host&actor=tim");
  EXPECT_EQ(titan("get changes --actor host/tim-pi"), 0) << err;
  EXPECT_EQ(api.log.back(), "GET /v1/changes?actor=host%2Ftim-pi");
  EXPECT_EQ(titan("get changes --actor="), 2);
  EXPECT_EQ(titan("get hosts --actor tim"), 2);
  EXPECT_NE(err.find("--since, --kind, --actor and --follow are for titan get changes"),
            std::string::npos);
}

TEST_F(GetChangesTest, PrintsJsonYamlAndNames) {
  EXPECT_EQ(titan("get changes -o json"), 0);
  const json page = json::parse(out);
  EXPECT_EQ(page["items"].size(), 3U);
  EXPECT_EQ(page["bookmark"], "0123456789abcdef.3");
  EXPECT_EQ(page["full"], false);
  EXPECT_EQ(titan("get changes -o yaml"), 0);
  EXPECT_NE(out.find("\nitems:\n"), std::string::npos) << out;
  EXPECT_EQ(titan("get changes -o name"), 0);
  EXPECT_EQ(out, "host/x\ndeployment/prod\nhost/x\n");
}

TEST_F(GetChangesTest, SaysWhenTheLogDoesNotGoBackThatFar) {
  api.override("GET /v1/changes",
               testing::json_response(
                   {{"items", json::array()}, {"bookmark", "0123456789abcdef.9"}, {"full", true}}));
  EXPECT_EQ(titan("get changes"), 0);
  EXPECT_EQ(err, "");
  EXPECT_EQ(titan("get changes --since 0123456789abcdef.1 -o json"), 0);
  EXPECT_EQ(err,
            "titan: the server's log does not go back that far, or is another one now; it is "
            "shown from its beginning\n");
}

TEST_F(GetChangesTest, FollowsTheLogFromThePresent) {
  int waits = 0;
  api.on_wait = [&](std::chrono::seconds) {
    if (++waits == 1) api.update("deployments", "default", "prod", {{"status", "UPDATING"}});
    if (waits == 2) return;  // nothing came in time
    if (waits == 3) {
      api.update("deployments", "default", "prod", {{"status", "READY"}});
      api.on_wait = nullptr;
    }
  };
  EXPECT_EQ(titan("get changes --follow"), 6);
  EXPECT_EQ(out,
            "SEQ   TIME                          OPERATION   KEY                       ACTOR   "
            "WHAT\n"
            "4     2026-03-01T11:55:00.000000Z   UPDATED     deployment/default/prod   tim     "
            "status READY->UPDATING\n"
            "5     2026-03-01T11:55:00.000000Z   UPDATED     deployment/default/prod   tim     "
            "status UPDATING->READY\n");
  EXPECT_EQ(err, "titan: the test has ended\n");
}

TEST_F(GetChangesTest, FollowsAsDocumentsOneByOne) {
  EXPECT_EQ(titan("get changes --follow --since 0123456789abcdef.1 -o json"), 6);
  EXPECT_EQ(api.log.front(), "GET /v1/changes?since=0123456789abcdef.1&wait=25s");
  std::istringstream lines(out);
  std::vector<int> seqs;
  for (std::string line; std::getline(lines, line);) seqs.push_back(json::parse(line)["seq"]);
  EXPECT_EQ(seqs, (std::vector<int>{2, 3}));
  EXPECT_EQ(titan("get changes --follow --since 0123456789abcdef.2 -o yaml"), 6);
  EXPECT_TRUE(out.starts_with("---\nactor: tim\n")) << out;
  EXPECT_EQ(titan("get changes --follow --since 0123456789abcdef.2 -o name"), 6);
  EXPECT_EQ(out, "host/x\n");
}

TEST_F(GetChangesTest, RefusesWhatDoesNotFitTogether) {
  struct Row {
    const char* line;
    const char* err;
  };
  const Row rows[] = {
      {"get changes x", "titan: the change log has no names and no workspaces\n"},
      {"get changes -A", "titan: the change log has no names and no workspaces\n"},
      {"get changes --status READY",
       "titan: the change log is picked from by --since, --kind, --actor and --limit, and goes on "
       "with --follow\n"},
      {"get changes --watch", nullptr},
      {"get changes --kind hots", nullptr},
      {"get hosts --since 1m",
       "titan: --since, --kind, --actor and --follow are for titan get changes\n"},
      {"get hosts --follow",
       "titan: --since, --kind, --actor and --follow are for titan get changes\n"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(titan(row.line), 2) << row.line;
    if (row.err != nullptr) {
      EXPECT_EQ(err, row.err) << row.line;
    }
  }
  EXPECT_TRUE(api.log.empty());
}

}  // namespace
}  // namespace titan::cli
