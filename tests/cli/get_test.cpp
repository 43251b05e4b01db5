#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

class GetTest : public testing::CliTest {
 protected:
  void SetUp() override {
    api.put({{"kind", "Host"},
             {"name", "tim-pi"},
             {"spec", {{"labels", {{"name", "tim-pi"}, {"platform", "kubernetes"}}}}}});
    api.put({{"kind", "Host"}, {"name", "x"}, {"status", "MISSING"}, {"reason", {"not heard of"}}});
    api.put({{"kind", "Template"}, {"name", "device-service"}});
    api.put({{"kind", "Workload"},
             {"name", "temperature-sensor"},
             {"spec", {{"repo", "https://example.com/r"}}}});
    api.put({{"kind", "Workload"}, {"name", "other"}, {"workspace", "iot"}});
    api.put({{"kind", "Target"}, {"name", "pi"}, {"spec", {{"selector", "region in (eu)"}}}});
    api.put(
        {{"kind", "Deployment"},
         {"name", "prod"},
         {"status", "ERROR"},
         {"reason", {"host tim-pi: no space", "host x: late"}},
         {"revision", 7},
         {"version", 3},
         {"spec",
          {{"workload", "temperature-sensor"}, {"template", "device-service"}, {"target", "pi"}}}});
    api.put({{"kind", "Assignment"},
             {"name", "prod-x"},
             {"spec", {{"deployment", "prod"}, {"host", "x"}}}});
  }
};

TEST_F(GetTest, PrintsATableOfEveryKind) {
  struct Row {
    const char* line;
    const char* out;
  };
  const Row rows[] = {
      {"get ws",
       "NAME      STATUS   AGE\n"
       "default   READY    5m\n"},
      {"get hosts",
       "NAME     STATUS    LABELS                            AGE\n"
       "tim-pi   READY     name=tim-pi,platform=kubernetes   5m\n"
       "x        MISSING   <none>                            5m\n"},
      {"get hosts -o wide",
       "NAME     STATUS    LABELS                            AGE   DELIVERY   DRIVERS   CAPACITY   "
       "VERSION   REVISION   REASON\n"
       "tim-pi   READY     name=tim-pi,platform=kubernetes   5m    agent      <none>    <none>     "
       "1         1          <none>\n"
       "x        MISSING   <none>                            5m    agent      <none>    <none>     "
       "1         1          not heard of\n"},
      {"get templates",
       "NAME             STATUS   DRIVER   FILES   AGE\n"
       "device-service   READY    files    0       5m\n"},
      {"get Workloads",
       "NAME                 STATUS   REPO                    TEMPLATE   AGE\n"
       "temperature-sensor   READY    https://example.com/r   <none>     5m\n"},
      {"get wl -A",
       "WORKSPACE   NAME                 STATUS   REPO                    TEMPLATE   AGE\n"
       "default     temperature-sensor   READY    https://example.com/r   <none>     5m\n"
       "iot         other                READY    <none>                  <none>     5m\n"},
      {"get tgt",
       "NAME   STATUS   LABELS   SELECTOR         AGE\n"
       "pi     READY    <none>   region in (eu)   5m\n"},
      {"get deployments",
       "NAME   STATUS   WORKLOAD             TEMPLATE         TARGET   AGE\n"
       "prod   ERROR    temperature-sensor   device-service   pi       5m\n"},
      {"get deploy -o wide",
       "NAME   STATUS   WORKLOAD             TEMPLATE         TARGET   AGE   WORKSPACE   REPLICAS  "
       " "
       "VERSION   REVISION   REASON\n"
       "prod   ERROR    temperature-sensor   device-service   pi       5m    default     all       "
       " "
       "3         7          host tim-pi: no space; host x: late\n"},
      {"get assignments --no-headers", "prod-x   READY   prod   x   5m\n"},
      {"get host tim-pi",
       "NAME     STATUS   LABELS                            AGE\n"
       "tim-pi   READY    name=tim-pi,platform=kubernetes   5m\n"},
      {"get workload/other -w iot --no-headers", "other   READY   <none>   <none>   5m\n"},
      {"get hosts -o name", "host/tim-pi\nhost/x\n"},
      {"get host x -o name", "host/x\n"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(titan(row.line), 0) << row.line << '\n' << err;
    EXPECT_EQ(out, row.out) << row.line;
    EXPECT_EQ(err, "") << row.line;
  }
}

TEST_F(GetTest, PrintsJsonAndYaml) {
  EXPECT_EQ(titan("get hosts -o json"), 0);
  const json expected = {{"items", {api.at("hosts", "", "tim-pi"), api.at("hosts", "", "x")}}};
  EXPECT_EQ(json::parse(out), expected);
  EXPECT_TRUE(out.starts_with("{\n  \"items\": [\n")) << out;
  EXPECT_EQ(titan("get host tim-pi -o json"), 0);
  EXPECT_EQ(json::parse(out), api.at("hosts", "", "tim-pi"));
  EXPECT_EQ(titan("get target pi -o yaml"), 0);
  EXPECT_NE(out.find("\nspec:\n  selector: region in (eu)\n"), std::string::npos) << out;
  EXPECT_TRUE(out.ends_with("\n") && !out.ends_with("\n\n")) << out;
}

TEST_F(GetTest, SaysThatThereIsNothingBesideTheData) {
  EXPECT_EQ(titan("get targets -w empty"), 0);
  EXPECT_EQ(out, "");
  EXPECT_EQ(err, "titan: there are no targets in the workspace empty\n");
  EXPECT_EQ(titan("get targets -w empty -o json"), 0);
  EXPECT_EQ(json::parse(out), json({{"items", json::array()}}));
  EXPECT_EQ(err, "");
}

TEST_F(GetTest, EndsWithNotFound) {
  EXPECT_EQ(titan("get host nobody"), 3);
  EXPECT_EQ(err, "titan: host nobody: does not exist\n");
  EXPECT_EQ(titan("get deployment prod -w iot"), 3);
  EXPECT_EQ(err, "titan: deployment iot/prod: does not exist\n");
}

TEST_F(GetTest, EscapesWhatCouldSteerATerminal) {
  api.put({{"kind", "Workload"},
           {"name", "evil"},
           {"workspace", "w"},
           {"spec",
            {{"repo",
              "\x1b]0;owned\x07\n\xc2\x9b"
              "31m\u202e"}}}});
  EXPECT_EQ(titan("get workload evil -w w --no-headers"), 0);
  EXPECT_EQ(out, "evil   READY   \\x1b]0;owned\\x07\\n\\x9b31m\\u202e   <none>   5m\n");
}

TEST_F(GetTest, ColoursTheStatusOnATerminalOnly) {
  EXPECT_EQ(titan("get host x --no-headers"), 0);
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
  is_terminal = true;
  EXPECT_EQ(titan("get hosts"), 0);
  EXPECT_NE(out.find("tim-pi   \x1b[32mREADY\x1b[0m     name="), std::string::npos) << out;
  EXPECT_NE(out.find("\x1b[31mMISSING\x1b[0m   <none>"), std::string::npos) << out;
  variables["NO_COLOR"] = "1";
  EXPECT_EQ(titan("get hosts"), 0);
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
}

TEST_F(GetTest, ShowsTheChangeLog) {
  const json answer = {{"items",
                        {{{"seq", 41},
                          {"time", "2026-03-01T11:00:00.000000Z"},
                          {"key", "default/host/x"},
                          {"operation", "UPDATED"},
                          {"before", api.at("hosts", "", "x")},
                          {"after", api.at("hosts", "", "x")},
                          {"actor", "tim"},
                          {"requestId", "req-9"}}}},
                       {"bookmark", "0123456789abcdef.41"},
                       {"full", true}};
  api.override("GET /v1/changes", testing::json_response(answer));
  EXPECT_EQ(titan("get changes"), 0);
  EXPECT_EQ(out,
            "SEQ   TIME                          OPERATION   KIND   NAME   ACTOR\n"
            "41    2026-03-01T11:00:00.000000Z   UPDATED     host   x      tim\n");
  EXPECT_EQ(err, "");
  EXPECT_EQ(titan("get changes --since 0123456789abcdef.40 --limit 5 -o wide --no-headers"), 0);
  EXPECT_EQ(out, "41   2026-03-01T11:00:00.000000Z   UPDATED   host   x   tim   req-9\n");
  EXPECT_NE(err.find("shown from its beginning"), std::string::npos);
  EXPECT_EQ(api.log.back(), "GET /v1/changes?since=0123456789abcdef.40&limit=5");
  EXPECT_EQ(titan("get changes -o json"), 0);
  EXPECT_EQ(json::parse(out), answer);
  EXPECT_EQ(titan("get changes -o name"), 0);
  EXPECT_EQ(out, "host/x\n");
}

TEST_F(GetTest, RefusesWhatDoesNotFitTogether) {
  struct Row {
    const char* line;
    int code;
    const char* err;
  };
  const Row rows[] = {
      {"get", 2, "titan: expected a kind; see titan get --help\n"},
      {"get hots", 2, nullptr},
      {"get host/a b", 2, "titan: \"host/a\" names one already; expected KIND NAME or KIND/NAME\n"},
      {"get host/", 2, "titan: \"host/\" has no name after the \"/\"\n"},
      {"get hosts --since x", 2, "titan: --since and --limit are for titan get changes\n"},
      {"get changes x", 2, "titan: the change log has no names and no workspaces\n"},
      {"get workload a -A", 2,
       "titan: --all-workspaces cannot stand beside a name or --workspace\n"},
      {"get hosts -w iot", 2, "titan: a host is in no workspace; leave --workspace out\n"},
      {"get host x -w iot", 2, "titan: a host is in no workspace; leave --workspace out\n"},
      {"get hosts -o xml", 2, nullptr},
      {"get hosts a b", 2, nullptr},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(titan(row.line), row.code) << row.line;
    EXPECT_EQ(out, "") << row.line;
    if (row.err != nullptr) {
      EXPECT_EQ(err, row.err);
    }
  }
  EXPECT_TRUE(api.log.empty());
}

}  // namespace
}  // namespace titan::cli
