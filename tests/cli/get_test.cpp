#include "base/text.hpp"
#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

constexpr const char* kKey = "ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

class GetTest : public testing::CliTest {
 protected:
  void SetUp() override {
    api.put({{"kind", "Host"},
             {"name", "tim-pi"},
             {"spec", {{"labels", {{"name", "tim-pi"}, {"platform", "kubernetes"}}}}}});
    api.put({{"kind", "Host"},
             {"name", "x"},
             {"status", "MISSING"},
             {"reason", {"not heard of"}},
             {"spec", {{"lease", "15m"}}}});
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
    api.put({{"kind", "Device"},
             {"name", "tim-pi"},
             {"spec", {{"publicKey", kKey}, {"revoked", false}}}});
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
       "LEASE    DEVICE     VERSION   REVISION   REASON\n"
       "tim-pi   READY     name=tim-pi,platform=kubernetes   5m    agent      <none>    <none>     "
       "<none>   ENROLLED   1         1          <none>\n"
       "x        MISSING   <none>                            5m    agent      <none>    <none>     "
       "15m      NONE       1         1          not heard of\n"},
      {"get host x -o wide --no-headers",
       "x   MISSING   <none>   5m   agent   <none>   <none>   15m   NONE   1   1   not heard of\n"},
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

TEST_F(GetTest, ShowsHowTheDevicesOfHostsAre) {
  const auto state_of = [&](const char* line) {
    EXPECT_EQ(titan(line), 0) << err;
    std::vector<std::string> states;
    for (const std::string& row : split(out, '\n')) {
      for (const std::string& cell : split(row, ' ')) {
        if (cell == "NONE" || cell == "ENROLLED" || cell == "REVOKED" || cell == "CLONED") {
          states.push_back(cell);
        }
      }
    }
    return states;
  };
  using States = std::vector<std::string>;
  EXPECT_EQ(state_of("get hosts -o wide"), (States{"ENROLLED", "NONE"}));
  api.put({{"kind", "Device"}, {"name", "x"}, {"spec", {{"publicKey", kKey}, {"revoked", true}}}});
  api.put({{"kind", "Device"},
           {"name", "tim-pi"},
           {"status", "ERROR"},
           {"reason", {"two devices hold its key"}},
           {"spec", {{"publicKey", kKey}, {"revoked", false}}}});
  EXPECT_EQ(state_of("get hosts -o wide"), (States{"CLONED", "REVOKED"}));
  EXPECT_EQ(state_of("get host tim-pi -o wide"), (States{"CLONED"}));
  EXPECT_EQ(state_of("get host x -o wide"), (States{"REVOKED"}));
  // Nobody is asked about them for nothing.
  for (const char* line : {"get hosts", "get hosts -o json", "get deployments -o wide"}) {
    api.log.clear();
    EXPECT_EQ(titan(line), 0) << err;
    for (const std::string& request : api.log) {
      EXPECT_EQ(request.find("devices"), std::string::npos) << line;
    }
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

TEST_F(GetTest, PicksByAllThatAListCanBePickedBy) {
  EXPECT_EQ(titan("get hosts -l 'region in (eu,us),!gpu' --status missing,READY --tags a=b,c= "
                  "--field-selector spec.delivery=agent --modified-after 10m --modified-before "
                  "2026-03-01T13:00:00+01:00 --limit 7 -o name"),
            0)
      << err;
  const std::string& line = api.log.back();
  ASSERT_TRUE(line.starts_with("GET /v1/hosts?")) << line;
  const HttpParameters expected = {{"labels", "region in (eu,us),!gpu"},
                                   {"status", "MISSING,READY"},
                                   {"tags", "a=b,c="},
                                   {"fields", "spec.delivery=agent"},
                                   {"modifiedAfter", "2026-03-01T11:50:00.000000Z"},
                                   {"modifiedBefore", "2026-03-01T12:00:00.000000Z"},
                                   {"limit", "7"}};
  EXPECT_EQ(parse_query(line.substr(line.find('?') + 1)), expected);
  EXPECT_EQ(titan("get deployments --field spec.workload=w"), 0) << err;
  EXPECT_EQ(api.log.back(),
            "GET /v1/workspaces/default/deployments?fields=spec.workload%3Dw&limit=1000");
}

TEST_F(GetTest, SaysWhenThereAreMoreThanTheLimit) {
  EXPECT_EQ(titan("get hosts --limit 1 -o name"), 0);
  EXPECT_EQ(out, "host/tim-pi\n");
  EXPECT_EQ(err, "titan: there are more; these are the first 1\n");
  EXPECT_EQ(titan("get hosts --limit 2 -o name"), 0);
  EXPECT_EQ(err, "");
}

TEST_F(GetTest, SaysThatNothingMatches) {
  api.override("GET /v1/hosts",
               testing::json_response({{"items", json::array()}, {"bookmark", api.bookmark()}}));
  EXPECT_EQ(titan("get hosts --status ERROR"), 0);
  EXPECT_EQ(err, "titan: there are no hosts that match\n");
}

TEST_F(GetTest, ShowsWhenTombstonesWereDeleted) {
  json gone = api.at("deployments", "default", "prod");
  gone["status"] = "DELETED";
  gone["delete"] = true;
  gone["deletedTime"] = "2026-03-01T11:57:00.000000Z";
  api.override("GET /v1/workspaces/default/deployments",
               testing::json_response({{"items", {gone}}, {"bookmark", api.bookmark()}}));
  EXPECT_EQ(titan("get deployments --status DELETED"), 0) << err;
  EXPECT_EQ(out,
            "NAME   STATUS    WORKLOAD             TEMPLATE         TARGET   DELETED\n"
            "prod   DELETED   temperature-sensor   device-service   pi       3m ago\n");
}

TEST_F(GetTest, WatchesWhatTheListShows) {
  int waits = 0;
  api.on_wait = [&](std::chrono::seconds) {
    if (++waits == 1) {
      api.update("hosts", "", "tim-pi", {{"status", "MISSING"}, {"reason", {"silent"}}});
      api.update("deployments", "default", "prod", {{"status", "READY"}});
    } else {
      api.erase("hosts", "", "x");
      api.on_wait = nullptr;
    }
  };
  EXPECT_EQ(titan("get hosts --watch --no-headers"), 6);
  EXPECT_EQ(out,
            "tim-pi   READY     name=tim-pi,platform=kubernetes   5m\n"
            "x        MISSING   <none>                            5m\n"
            "tim-pi   MISSING   name=tim-pi,platform=kubernetes   5m\n"
            "x        DELETED   <none>                            5m\n");
  EXPECT_EQ(api.log[1], "GET /v1/changes?since=0123456789abcdef.0&kind=Host&wait=25s");
}

TEST_F(GetTest, WatchesOnlyWhatMatches) {
  api.on_wait = [&](std::chrono::seconds) {
    api.update("workloads", "default", "temperature-sensor", {{"tags", {{"a", "b"}}}});
    api.update("workloads", "iot", "other", {{"tags", {{"a", "b"}}}});
    api.on_wait = nullptr;
  };
  EXPECT_EQ(titan("get workloads -w iot --tags a=b --watch -o name"), 6);
  EXPECT_EQ(out, "workload/other\nworkload/other\n") << "the fake's list does not pick";
}

TEST_F(GetTest, EndsAWatchWhoseLogIsGone) {
  api.override("GET /v1/changes",
               testing::json_response(
                   {{"items", json::array()}, {"bookmark", "0123456789abcdef.9"}, {"full", true}}));
  EXPECT_EQ(titan("get hosts --watch"), 1);
  EXPECT_NE(err.find("list anew"), std::string::npos) << err;
}

TEST_F(GetTest, TellsAPersonHowFarALongListHasCome) {
  err_is_terminal = true;
  api.on_request = [&](const std::string&) { clock.advance(std::chrono::seconds(2)); };
  EXPECT_EQ(titan("get hosts -o name"), 0);
  EXPECT_EQ(err, "\r\x1b[K2 hosts …\r\x1b[K");
  err_is_terminal = false;
  EXPECT_EQ(titan("get hosts -o name"), 0);
  EXPECT_EQ(err, "");
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
      {"get host x --limit 1", 2,
       "titan: a name picks one; filters, --limit and --watch are for lists\n"},
      {"get host x --status READY", 2,
       "titan: a name picks one; filters, --limit and --watch are for lists\n"},
      {"get hosts --limit 0", 2, "titan: --limit: expected 1 or more\n"},
      {"get hosts --limit 1 --watch", 2, "titan: --limit and --watch cannot stand together\n"},
      {"get targets -l a=b", 2, "titan: --selector: only hosts have labels\n"},
      {"get hosts -l 'a in'", 2, nullptr},
      {"get hosts --status REDY", 2, nullptr},
      {"get hosts --tags a", 2, nullptr},
      {"get hosts --field-selector a", 2, nullptr},
      {"get hosts --modified-after soon", 2,
       "titan: --modified-after: expected a time such as 2026-03-01T12:00:00Z, or how long ago it "
       "was, such as 10m, found \"soon\"\n"},
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
