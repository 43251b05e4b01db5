#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using std::chrono::seconds;

class WaitTest : public testing::CliTest {
 protected:
  void SetUp() override {
    deployment("prod", "UPDATING");
    deployment("dev", "READY");
  }
  void deployment(const std::string& name, const std::string& status) {
    api.put({{"kind", "Deployment"},
             {"name", name},
             {"status", status},
             {"spec", {{"workload", "w"}, {"target", "t"}}}});
  }
  void update(const std::string& name, const nlohmann::json& fields) {
    api.update("deployments", "default", name, fields);
  }
  // What happens each time that the server is waited for, one after the other; then time runs out.
  void then(std::vector<std::function<void()>> events) {
    api.on_wait = [this, events = std::move(events), next = std::size_t{0}](seconds wait) mutable {
      if (next == events.size()) return clock.advance(wait);
      events[next++]();
    };
  }
  [[nodiscard]] std::size_t asked(const std::string& start) const {
    return static_cast<std::size_t>(
        std::count_if(api.log.begin(), api.log.end(),
                      [&](const std::string& line) { return line.starts_with(start); }));
  }
};

TEST_F(WaitTest, EndsAtOnceWhenAllAreAsWanted) {
  EXPECT_EQ(titan("wait deployment/dev"), 0) << err;
  EXPECT_EQ(out, "deployment/dev is READY\n");
  EXPECT_EQ(asked("GET /v1/changes"), 0U);
}

TEST_F(WaitTest, IsToldByTheChangeLogAndTakesTheLastState) {
  then({[&] {
          update("dev", {{"status", "ERROR"}, {"reason", {"x"}}});
        },
        [&] {
          update("prod", {{"status", "READY"}});
          update("prod", {{"status", "UPDATING"}});
        },
        [&] {
          update("prod", {{"status", "READY"}});
        }});
  EXPECT_EQ(titan("wait deployment/prod --for ready"), 0) << err;
  EXPECT_EQ(out, "deployment/prod is READY\n");
  EXPECT_EQ(err, "");
  EXPECT_EQ(api.log[0], "GET /v1/status");
  EXPECT_EQ(api.log[2], "GET /v1/changes?since=0123456789abcdef.0&kind=Deployment&wait=25s");
  // One look before, and one for each answer that speaks of it.
  EXPECT_EQ(asked("GET /v1/workspaces/default/deployments/prod"), 3U);
}

TEST_F(WaitTest, ReadsNoStatusThatLagsBehindWhatWasWrittenBefore) {
  const auto status = [&](int behind) {
    api.override(
        "GET /v1/status",
        {.status = 200,
         .body = nlohmann::json({{"status", "ok"},
                                 {"version", "1"},
                                 {"bookmark", api.bookmark()},
                                 {"processors", {{{"name", "status"}, {"behind", behind}}}},
                                 {"dependencies", {{"store", {{"status", "ok"}}}}}})
                     .dump()});
  };
  update("dev", {{"tags", {{"a", "b"}}}});
  status(1);
  then({[&] {
          update("dev", {{"status", "UPDATING"}});
          status(0);
        },
        [&] {
          update("dev", {{"status", "READY"}});
        }});
  EXPECT_EQ(titan("wait deployment/dev"), 0) << err;
  // It was READY at first, and that did not count.
  EXPECT_EQ(asked("GET /v1/workspaces/default/deployments/dev"), 2U);
}

TEST_F(WaitTest, SaysWhyItIsInTroubleWheneverThatChanges) {
  then({[&] {
          update("prod", {{"status", "ERROR"}, {"reason", {"host a: no space"}}});
        },
        [&] {
          update("prod", {{"tags", {{"a", "b"}}}});
        },
        [&] {
          update("prod", {{"reason", {"host a: no space", "host b: late"}}});
        },
        [&] {
          update("prod", {{"status", "READY"}, {"reason", nlohmann::json::array()}});
        }});
  EXPECT_EQ(titan("wait deployment prod"), 0) << err;
  EXPECT_EQ(err,
            "titan: deployment/prod is ERROR: host a: no space\n"
            "titan: deployment/prod is ERROR: host a: no space; host b: late\n");
}

TEST_F(WaitTest, EndsWhenTheTimeIsUpAndSaysWhatItWaitedFor) {
  then({[&] { update("prod", {{"status", "ERROR"}, {"reason", {"no space"}}}); }});
  EXPECT_EQ(titan("wait deployment prod dev --timeout 1m10s"), 1);
  EXPECT_EQ(out, "deployment/dev is READY\n");
  EXPECT_EQ(err,
            "titan: deployment/prod is ERROR: no space\n"
            "titan: deployment default/prod: it should be READY, and after 1m10s it is ERROR: no "
            "space\n");
  EXPECT_TRUE(api.log.back().ends_with("&wait=20s")) << api.log.back();
}

TEST_F(WaitTest, LooksOnceWithoutATimeout) {
  EXPECT_EQ(titan("wait deployment/prod --timeout 0"), 1);
  EXPECT_EQ(err, "titan: deployment default/prod: it should be READY, and it is UPDATING\n");
  EXPECT_EQ(titan("wait deployment/dev --timeout 0s"), 0);
  EXPECT_EQ(asked("GET /v1/changes"), 0U);
}

TEST_F(WaitTest, WaitsForAnyStatusAndForTheEnd) {
  then({[&] { update("prod", {{"status", "ERROR"}, {"reason", {"x"}}}); }});
  EXPECT_EQ(titan("wait deployment/prod --for status=error"), 0) << err;
  EXPECT_EQ(out, "deployment/prod is ERROR\n");
  EXPECT_EQ(err, "");
  then({[&] {
          update("prod", {{"status", "DELETING"}, {"delete", true}});
        },
        [&] { api.erase("deployments", "default", "prod"); }});
  EXPECT_EQ(titan("wait deployment/prod --for deleted"), 0) << err;
  EXPECT_EQ(out, "deployment/prod deleted\n");
  EXPECT_EQ(titan("wait deployment/prod --for deleted"), 0) << "it is gone already";
}

TEST_F(WaitTest, TakesAnotherOneOfTheSameNameForTheEndOfTheFirst) {
  then({[&] {
    api.erase("deployments", "default", "prod");
    deployment("prod", "INITIALIZED");
    update("prod", {{"id", "00000000-0000-4000-8000-000000000002"}});
  }});
  EXPECT_EQ(titan("wait deployment/prod --for deleted"), 0) << err;
}

TEST_F(WaitTest, FailsForWhatDoesNotExist) {
  EXPECT_EQ(titan("wait deployment/none"), 3);
  EXPECT_EQ(err, "titan: deployment default/none: does not exist\n");
  then({[&] { api.erase("deployments", "default", "prod"); }});
  EXPECT_EQ(titan("wait deployment/prod"), 3);
  EXPECT_EQ(err, "titan: deployment default/prod: was deleted while it was waited for\n");
}

TEST_F(WaitTest, LooksAtAllWhenTheLogBeginsAnew) {
  // The override answers at once, so only the clock can end it.
  api.override("GET /v1/changes", testing::json_response({{"items", nlohmann::json::array()},
                                                          {"bookmark", "aaaaaaaaaaaaaaaa.1"},
                                                          {"full", true}}));
  deployment("prod", "UPDATING");
  int looks = 0;
  api.on_request = [&](const std::string& line) {
    if (line == "GET /v1/workspaces/default/deployments/prod" && ++looks == 3) {
      update("prod", {{"status", "READY"}});
    }
  };
  EXPECT_EQ(titan("wait deployment/prod"), 0) << err;
  EXPECT_EQ(asked("GET /v1/changes?since=0123456789abcdef.0"), 2U);
}

TEST_F(WaitTest, WaitsForSeveralKindsAtOnce) {
  api.put({{"kind", "Host"}, {"name", "pi"}, {"status", "MISSING"}, {"reason", {"silent"}}});
  then({[&] {
          api.update("hosts", "", "pi", {{"status", "READY"}});
        },
        [&] {
          update("prod", {{"status", "READY"}});
        }});
  EXPECT_EQ(titan("wait host/pi deployment/prod"), 0) << err;
  EXPECT_EQ(out, "host/pi is READY\ndeployment/prod is READY\n");
  EXPECT_EQ(err, "titan: host/pi is MISSING: silent\n");
  EXPECT_EQ(asked("GET /v1/changes?since=0123456789abcdef.0&wait=25s"), 1U);
}

TEST_F(WaitTest, EndsWhenTheServerCannotBeAsked) {
  EXPECT_EQ(titan("wait deployment/prod"), 6);
  reachable = false;
  EXPECT_EQ(titan("wait deployment/prod"), 6);
}

TEST_F(WaitTest, RefusesWhatItCannotWaitFor) {
  struct Row {
    const char* line;
    const char* err;
  };
  const Row rows[] = {
      {"wait", "titan: expected KIND/NAME; see titan wait --help\n"},
      {"wait deployment", "titan: expected KIND/NAME; see titan wait --help\n"},
      {"wait host/a x", nullptr},
      {"wait hots/a", nullptr},
      {"wait host a -w iot", "titan: a host is in no workspace; leave --workspace out\n"},
      {"wait host/a --for happy",
       "titan: --for: expected ready, deleted or status=STATUS, found \"happy\"\n"},
      {"wait host/a --for status=REDY", nullptr},
      {"wait host/a --for status=", nullptr},
      {"wait host/a --timeout soon", nullptr},
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
