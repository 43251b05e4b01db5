#include "cli/commands/trace.hpp"

#include "base/digest.hpp"
#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;
using testing::error_response;
using testing::json_response;

constexpr const char* kTrace = "GET /v1/workspaces/default/deployments/prod/trace";

json deployment() {
  return {{"kind", "Deployment"},
          {"name", "prod"},
          {"workspace", "default"},
          {"version", 3},
          {"revision", 9},
          {"spec", {{"workload", "sensor"}, {"target", "lab"}}},
          {"status", "READY"},
          {"createdTime", "2026-03-01T11:55:00.000000Z"},
          {"modifiedTime", "2026-03-01T11:55:00.000000Z"}};
}

json reported(const char* stage, int version, const char* outcome) {
  return {{"stage", stage},       {"version", version},
          {"outcome", outcome},   {"time", "2026-03-01T11:50:00.250000Z"},
          {"actor", "token/ci"},  {"revision", "9fceb02"},
          {"url", "https://ci/7"}};
}

json total(const char* stage, const json& time, int done) {
  return {{"stage", stage}, {"time", time}, {"done", done}, {"of", 2}};
}

json trace() {
  const json host = {{"host", "pi"},
                     {"hostStatus", "READY"},
                     {"wanted", true},
                     {"status", "READY"},
                     {"reason", ""},
                     {"renderedDigest", Digest::of("x").text()},
                     {"commit", "51ab0123456789abcdef"},
                     {"rendered", "2026-03-01T11:52:10.000000Z"},
                     {"delivered", "2026-03-01T11:52:10.000000Z"},
                     {"committed", "2026-03-01T11:52:15.500000Z"},
                     {"deployed", "2026-03-01T11:52:15.000000Z"}};
  const json waiting = {{"host", "pu"},         {"hostStatus", "MISSING"},
                        {"wanted", false},      {"status", "INITIALIZED"},
                        {"reason", ""},         {"renderedDigest", nullptr},
                        {"commit", ""},         {"rendered", nullptr},
                        {"delivered", nullptr}, {"committed", nullptr},
                        {"deployed", nullptr}};
  return {{"deployment", "default/prod"},
          {"version", 3},
          {"status", "UPDATING"},
          {"reason", json::array({"waiting for pu"})},
          {"logged", true},
          {"hostsNotCounted", 0},
          {"stages", json::array({reported("build", 3, "succeeded"),
                                  {{"stage", "accepted"},
                                   {"time", "2026-03-01T11:52:00.000000Z"},
                                   {"actor", "token/tim"},
                                   {"requestId", "req-1"}},
                                  {{"stage", "committed"},
                                   {"time", "2026-03-01T11:52:00.000000Z"},
                                   {"bookmark", "0123456789abcdef.7"}},
                                  total("delivered", "2026-03-01T11:52:10.000000Z", 1),
                                  total("deployed", nullptr, 0)})},
          {"hosts", json::array({host, waiting})}};
}

class TraceTest : public testing::CliTest {
 protected:
  void SetUp() override {
    api.put(deployment());
    api.override(kTrace, json_response(trace()));
  }
};

TEST_F(TraceTest, IsATimelineAndATableOfHosts) {
  EXPECT_EQ(titan("trace deployment/prod"), 0) << err;
  EXPECT_EQ(out,
            "Deployment default/prod, version 3: UPDATING\n"
            "  waiting for pu\n"
            "\n"
            "STAGE       TIME                   AFTER   BY          WHAT\n"
            "build       2026-03-01T11:50:00Z   -       token/ci    succeeded 9fceb02 "
            "https://ci/7\n"
            "accepted    2026-03-01T11:52:00Z   1m      token/tim   -\n"
            "committed   2026-03-01T11:52:00Z   0s      -           -\n"
            "delivered   2026-03-01T11:52:10Z   10s     -           1 of 2 hosts\n"
            "deployed    -                      -       -           0 of 2 hosts\n"
            "\n"
            "HOST   STATUS        DELIVERED              DEPLOYED               COMMIT         "
            "COMMITTED              REASON\n"
            "pi     READY         2026-03-01T11:52:10Z   2026-03-01T11:52:15Z   51ab01234567   "
            "2026-03-01T11:52:15Z   -\n"
            "pu     INITIALIZED   -                      -                      -              "
            "-                      it should have it no longer\n");
}

TEST_F(TraceTest, TellsMoreWhenThereIsRoom) {
  EXPECT_EQ(titan("trace deployment prod -o wide"), 0) << err;
  for (const char* part : {"2026-03-01T11:50:00.250000Z", "request req-1",
                           "bookmark 0123456789abcdef.7", "51ab0123456789abcdef"}) {
    EXPECT_NE(out.find(part), std::string::npos) << part << '\n' << out;
  }
  EXPECT_NE(out.find(Digest::of("x").text()), std::string::npos) << out;
}

TEST_F(TraceTest, SaysWhatIsNotKnown) {
  json answer = trace();
  answer["logged"] = false;
  answer["hostsNotCounted"] = 12;
  answer["hosts"] = json::array();
  api.override(kTrace, json_response(answer));
  EXPECT_EQ(titan("trace deployment/prod"), 0) << err;
  EXPECT_NE(out.find("The change that made this version is no longer in the change log.\n"
                     "12 more hosts are not counted.\n\nNo host should have it.\n"),
            std::string::npos)
      << out;
}

TEST_F(TraceTest, ColoursOnATerminalOnlyAndPrintsDocuments) {
  EXPECT_EQ(titan("trace deployment/prod -o json"), 0) << err;
  EXPECT_EQ(json::parse(out), trace());
  EXPECT_EQ(titan("trace deployment/prod -o yaml"), 0) << err;
  EXPECT_NE(out.find("deployment: default/prod\n"), std::string::npos) << out;
  is_terminal = true;
  EXPECT_EQ(titan("trace deployment/prod"), 0);
  EXPECT_NE(out.find("\x1b["), std::string::npos) << out;
  EXPECT_EQ(titan("trace deployment/prod --no-color"), 0);
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
}

TEST_F(TraceTest, PutsPagesTogether) {
  json first = trace();
  first["continue"] = "pi";
  first["hosts"].erase(1);
  json second = trace();
  second["stages"] = json::array();
  second["hosts"].erase(0);
  int requests = 0;
  api.on_request = [&](const std::string& line) {
    if (!line.starts_with(kTrace)) return;
    api.override(kTrace, json_response(requests++ == 0 ? first : second));
  };
  EXPECT_EQ(titan("trace deployment/prod -o json"), 0) << err;
  EXPECT_EQ(json::parse(out), trace());
  EXPECT_NE(api.log.back().find("continue=pi"), std::string::npos) << api.log.back();
}

TEST_F(TraceTest, EndsWithTheServersError) {
  EXPECT_EQ(titan("trace deployment/other"), 3);
  EXPECT_EQ(titan("trace host/pi"), 2);
  EXPECT_NE(err.find("expected a deployment, found host \"pi\""), std::string::npos) << err;
  EXPECT_EQ(titan("trace deployment"), 2);
  EXPECT_EQ(titan("trace deployment/prod -o name"), 2);
  api.override(kTrace, json_response({{"deployment", "default/prod"}, {"hosts", 5}}));
  EXPECT_EQ(titan("trace deployment/prod"), 1);
  EXPECT_NE(err.find("the server's answer cannot be read"), std::string::npos) << err;
}

// ---- reporting ---------------------------------------------------------------------------------

class ReportStageTest : public testing::CliTest {
 protected:
  static constexpr const char* kStages = "POST /v1/workspaces/default/deployments/prod/stages";

  void SetUp() override {
    api.put(deployment());
    answer_with("build", 4, "succeeded");
  }
  void answer_with(const char* stage, int version, const char* outcome) {
    json entity = deployment();
    entity["stages"] =
        json::array({reported("source", 3, "succeeded"), reported(stage, version, outcome)});
    api.override(kStages, json_response(entity));
  }
};

TEST_F(ReportStageTest, IsOfTheNextVersionUnlessToldOtherwise) {
  EXPECT_EQ(titan("report stage build deployment/prod"), 0) << err;
  EXPECT_EQ(out, "deployment/prod: build of version 4 succeeded\n");
  EXPECT_EQ(json::parse(api.body), (json{{"stage", "build"}, {"outcome", "succeeded"}}));
  EXPECT_EQ(titan("report stage build deployment prod --version 4"), 0) << err;
  EXPECT_EQ(json::parse(api.body)["version"], 4);
  answer_with("smoke-test", 3, "failed");
  EXPECT_EQ(titan("report stage smoke-test deployment/prod --current --outcome failed"), 0) << err;
  EXPECT_EQ(out, "deployment/prod: smoke-test of version 3 failed\n");
  EXPECT_EQ(json::parse(api.body)["version"], 3);
  EXPECT_EQ(json::parse(api.body)["outcome"], "failed");
}

TEST_F(ReportStageTest, SendsAllThatItIsTold) {
  EXPECT_EQ(titan("report stage build deployment/prod --time 10m --revision 9fceb02"
                  " --url https://ci.example.com/7 -o json"),
            0)
      << err;
  EXPECT_EQ(json::parse(out)["stages"][1]["stage"], "build");
  EXPECT_EQ(json::parse(api.body), (json{{"stage", "build"},
                                         {"outcome", "succeeded"},
                                         {"time", "2026-03-01T11:50:00.000000Z"},
                                         {"revision", "9fceb02"},
                                         {"url", "https://ci.example.com/7"}}));
  EXPECT_EQ(titan("report stage build deployment/prod --time 2026-01-01T00:00:00Z"), 0) << err;
  EXPECT_EQ(json::parse(api.body)["time"], "2026-01-01T00:00:00.000000Z");
}

TEST_F(ReportStageTest, RefusesWhatMakesNoSenseBeforeItAsks) {
  struct Row {
    const char* line;
    const char* message;
  };
  const Row rows[] = {
      {"report", "expects a verb: one of stage"},
      {"report stage", "STAGE"},
      {"report stage build", "expected a kind and a name"},
      {"report stage Build deployment/prod", "STAGE: expected 1 to 32 characters"},
      {"report stage deployed deployment/prod", "the server tells itself"},
      {"report stage build host/pi", "expected a deployment"},
      {"report stage build deployment/prod --version 3 --current", "cannot stand together"},
      {"report stage build deployment/prod --version x", "--version"},
      {"report stage build deployment/prod --time soon", "--time"},
      {"report stage build deployment/prod --outcome suceeded", "did you mean \"succeeded\"?"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(titan(row.line), 2) << row.line;
    EXPECT_NE(err.find(row.message), std::string::npos) << row.line << ": " << err;
  }
  EXPECT_TRUE(api.log.empty());
}

TEST_F(ReportStageTest, EndsWithTheServersError) {
  struct Row {
    int status;
    const char* code;
    int exit_code;
  };
  const Row rows[] = {
      {404, "not_found", 3}, {409, "conflict", 4}, {403, "denied", 5}, {422, "invalid", 1}};
  for (const Row& row : rows) {
    api.override(kStages, error_response(row.status, row.code, "no, it cannot be done"));
    EXPECT_EQ(titan("report stage build deployment/prod"), row.exit_code) << row.code;
    EXPECT_NE(err.find("no, it cannot be done"), std::string::npos) << err;
  }
  EXPECT_EQ(titan("report stage build deployment/none --current"), 3);
}

TEST_F(ReportStageTest, DescribeShowsTheStagesOfTheCurrentVersion) {
  json entity = deployment();
  entity["stages"] =
      json::array({reported("build", 3, "failed"), reported("source", 4, "succeeded")});
  api.put(entity);
  api.override("GET /v1/workspaces/default/deployments/prod/hosts",
               json_response({{"items", json::array()}}));
  EXPECT_EQ(titan("describe deployment prod"), 0) << err;
  EXPECT_NE(out.find("Stages:      1 reported of this version\n"
                     "  STAGE   OUTCOME   AGE   REVISION   ACTOR      URL\n"
                     "  build   failed    9m    9fceb02    token/ci   https://ci/7\n"),
            std::string::npos)
      << out;
}

}  // namespace
}  // namespace titan::cli
