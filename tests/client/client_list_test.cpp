#include "client/limits.hpp"
#include "tests/client/client_fixture.hpp"

namespace titan::client {
namespace {

using model::Kind;
using nlohmann::json;
using testing::kBookmark;
using testing::workload_json;

class ClientListTest : public testing::ClientTest {
 protected:
  void page(const std::vector<std::string>& names, const std::string& next = {}) {
    json body = {{"items", json::array()}, {"bookmark", kBookmark}};
    for (const std::string& name : names) body["items"].push_back(workload_json(name));
    if (!next.empty()) body["continue"] = next;
    answer(200, body);
  }
  void expired() {
    answer(410, {{"error", {{"code", "expired"}, {"message", "the moment is forgotten"}}}});
  }
  [[nodiscard]] std::vector<std::string> targets() const {
    std::vector<std::string> targets;
    for (const HttpRequest& request : transport_.requests()) targets.push_back(request.target);
    return targets;
  }
  static std::vector<std::string> names_of(const EntityList& list) {
    std::vector<std::string> names;
    for (const auto& entity : list.items) names.push_back(entity.name);
    return names;
  }
};

using Names = std::vector<std::string>;

TEST_F(ClientListTest, GoesOnOverShortAndEmptyPages) {
  page({"a", "b"}, "x/1");
  page({}, "x/2");
  page({"c"});
  std::vector<std::size_t> told;
  const auto list = client_
                        .list({.kind = Kind::workload, .workspace = "iot"},
                              [&](std::size_t items) { told.push_back(items); })
                        .value();
  EXPECT_EQ(names_of(list), (Names{"a", "b", "c"}));
  EXPECT_EQ(list.bookmark.text(), kBookmark);
  EXPECT_FALSE(list.more);
  EXPECT_EQ(told, (std::vector<std::size_t>{2, 2, 3}));
  EXPECT_EQ(targets(), (Names{"/v1/workspaces/iot/workloads?limit=1000",
                              "/v1/workspaces/iot/workloads?limit=1000&continue=x%2F1",
                              "/v1/workspaces/iot/workloads?limit=1000&continue=x%2F2"}));
}

TEST_F(ClientListTest, BeginsAnewOnceWhenTheMomentIsForgotten) {
  page({"a"}, "1");
  expired();
  page({"b"}, "2");
  page({"c"});
  EXPECT_EQ(names_of(client_.list({.kind = Kind::workload}).value()), (Names{"b", "c"}));
  EXPECT_EQ(targets(), (Names{"/v1/workloads?limit=1000", "/v1/workloads?limit=1000&continue=1",
                              "/v1/workloads?limit=1000", "/v1/workloads?limit=1000&continue=2"}));
}

TEST_F(ClientListTest, FailsWhenTheMomentIsForgottenAgain) {
  page({"a"}, "1");
  expired();
  page({"a"}, "1");
  expired();
  const auto list = client_.list({.kind = Kind::workload});
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, ErrorCode::expired);
  EXPECT_EQ(transport_.requests().size(), 4U);
}

TEST_F(ClientListTest, AsksForNoMoreThanTheLimit) {
  page({"a", "b"}, "1");
  page({"c"}, "2");
  const auto list = client_.list({.kind = Kind::workload, .limit = 3}).value();
  EXPECT_EQ(names_of(list), (Names{"a", "b", "c"}));
  EXPECT_TRUE(list.more);
  EXPECT_EQ(targets(), (Names{"/v1/workloads?limit=3", "/v1/workloads?limit=1&continue=1"}));
}

TEST_F(ClientListTest, CutsWhatIsOverTheLimit) {
  page({"a", "b"});
  const auto list = client_.list({.kind = Kind::workload, .limit = 1}).value();
  EXPECT_EQ(names_of(list), (Names{"a"}));
  EXPECT_TRUE(list.more);
}

TEST_F(ClientListTest, SendsTheWholeFilter) {
  page({});
  ListQuery query{.kind = Kind::host};
  query.filter.tags = {{"owner", "tim"}, {"stage", "a b"}};
  query.filter.labels = model::LabelSelector::parse("region in (eu,us),!gpu").value();
  query.filter.statuses = {model::Status::ready, model::Status::missing};
  query.filter.fields = {{"spec.delivery", "agent"}, {"name", "x"}};
  query.filter.modified_after = Timestamp::parse("2026-03-01T12:00:00+01:00").value();
  query.filter.modified_before = Timestamp::parse("2026-03-02T00:00:00Z").value();
  ASSERT_TRUE(client_.list(query));
  const auto parameters = parse_query(sent().query());
  const HttpParameters expected = {{"tags", "owner=tim,stage=a b"},
                                   {"labels", "region in (eu,us),!gpu"},
                                   {"status", "READY,MISSING"},
                                   {"fields", "spec.delivery=agent,name=x"},
                                   {"modifiedAfter", "2026-03-01T11:00:00.000000Z"},
                                   {"modifiedBefore", "2026-03-02T00:00:00.000000Z"},
                                   {"limit", "1000"}};
  EXPECT_EQ(parameters, expected);
  EXPECT_EQ(sent().path(), "/v1/hosts");
}

TEST_F(ClientListTest, RefusesAFilterThatCannotBeSent) {
  ListQuery tags{.kind = Kind::host};
  tags.filter.tags = {{"owner", "tim,tom"}};
  EXPECT_EQ(client_.list(tags).error().text(),
            "the tag \"owner\": \"tim,tom\" holds a comma, by which a list cannot be filtered");
  ListQuery fields{.kind = Kind::host};
  fields.filter.fields = {{"spec.a", "b,c"}};
  EXPECT_EQ(client_.list(fields).error().code, ErrorCode::invalid);
  EXPECT_TRUE(transport_.requests().empty());
}

TEST_F(ClientListTest, EndsAListThatNeverEnds) {
  ::titan::testing::FakeTransport endless([](const HttpRequest&) {
    return HttpResponse{
        .body = R"({"items": [], "bookmark": "0123456789abcdef.1", "continue": "again"})"};
  });
  const auto listed = Client(endless).list({.kind = Kind::host});
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code, ErrorCode::exhausted);
  EXPECT_EQ(endless.requests().size(), kListPagesMax);
}

TEST_F(ClientListTest, ReadsHowADeploymentStandsOnItsHostsPageAfterPage) {
  answer(200, {{"items", {{{"host", "a"}, {"status", "INITIALIZED"}, {"current", false}}}},
               {"continue", "a"}});
  answer(200, {{"items", json::array()}, {"continue", "m"}});
  answer(200, {{"items",
                {{{"host", "z"},
                  {"hostStatus", "MISSING"},
                  {"status", "ERROR"},
                  {"version", 2},
                  {"renderedDigest", Digest::of("r").text()},
                  {"current", true},
                  {"reason", "no space"},
                  {"commit", "abc"},
                  {"since", "2026-03-01T11:00:00.000000Z"},
                  {"time", testing::kTime}}}}});
  const auto hosts =
      client_.deployment_hosts({.kind = Kind::deployment, .workspace = "default", .name = "prod"})
          .value();
  EXPECT_EQ(targets(),
            (Names{"/v1/workspaces/default/deployments/prod/hosts?limit=1000",
                   "/v1/workspaces/default/deployments/prod/hosts?limit=1000&continue=a",
                   "/v1/workspaces/default/deployments/prod/hosts?limit=1000&continue=m"}));
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_FALSE(hosts[0].time);
  EXPECT_FALSE(hosts[0].host_status);
  EXPECT_TRUE(hosts[0].rendered_digest.empty());
  EXPECT_EQ(hosts[1].status, model::Status::error);
  EXPECT_EQ(hosts[1].host_status, model::Status::missing);
  EXPECT_EQ(hosts[1].reason, "no space");
  EXPECT_EQ(hosts[1].since->text(), "2026-03-01T11:00:00.000000Z");
  EXPECT_EQ(hosts[1].time->text(), testing::kTime);
}

TEST_F(ClientListTest, PutsTheTraceOfADeploymentTogether) {
  const auto page_of = [&](const char* host, const char* next) {
    json body = {{"deployment", "default/prod"},
                 {"version", 4},
                 {"status", "UPDATING"},
                 {"reason", {"waits"}},
                 {"logged", true},
                 {"hostsNotCounted", 3},
                 {"stages", json::array()},
                 {"hosts",
                  {{{"host", host},
                    {"hostStatus", "READY"},
                    {"wanted", true},
                    {"status", "READY"},
                    {"renderedDigest", nullptr},
                    {"delivered", testing::kTime},
                    {"committed", nullptr}}}}};
    if (next != nullptr) body["continue"] = next;
    return body;
  };
  json first = page_of("a", "a");
  first["stages"] = {{{"stage", "committed"}, {"time", testing::kTime}, {"bookmark", kBookmark}},
                     {{"stage", "deployed"}, {"time", nullptr}, {"done", 0}, {"of", 2}}};
  answer(200, first);
  answer(200, page_of("b", nullptr));
  std::vector<std::size_t> progress;
  const Trace trace = client_
                          .trace({.kind = Kind::deployment, .workspace = "default", .name = "prod"},
                                 [&](std::size_t hosts) { progress.push_back(hosts); })
                          .value();
  EXPECT_EQ(targets(), (Names{"/v1/workspaces/default/deployments/prod/trace?limit=1000",
                              "/v1/workspaces/default/deployments/prod/trace?limit=1000"
                              "&continue=a"}));
  EXPECT_EQ(progress, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(trace.version, 4U);
  EXPECT_EQ(trace.status, model::Status::updating);
  EXPECT_EQ(trace.hosts_not_counted, 3U);
  ASSERT_EQ(trace.stages.size(), 2U);
  EXPECT_EQ(trace.stages[0].time->text(), testing::kTime);
  EXPECT_FALSE(trace.stages[1].time);
  EXPECT_EQ(trace.stages[1].of, 2U);
  ASSERT_EQ(trace.hosts.size(), 2U);
  EXPECT_EQ(trace.hosts[1].host, "b");
  EXPECT_EQ(trace.hosts[1].delivered->text(), testing::kTime);
  EXPECT_FALSE(trace.hosts[1].committed);
  EXPECT_EQ(parse_json(trace.document)->at("hosts").size(), 2U);
}

TEST_F(ClientListTest, RefusesATraceThatIsNone) {
  const model::Key prod{.kind = Kind::deployment, .workspace = "default", .name = "prod"};
  for (const json& wrong :
       {json(5), json::array(), json{{"deployment", "default/prod"}, {"hosts", 5}},
        json{{"hosts", json::array()}}}) {
    answer(200, wrong);
    EXPECT_EQ(client_.trace(prod).error().code, ErrorCode::internal) << wrong;
  }
}

TEST_F(ClientListTest, ReportsAStage) {
  answer(200,
         {{"kind", "Deployment"},
          {"name", "prod"},
          {"version", 3},
          {"spec", {{"workload", "sensor"}, {"target", "lab"}}},
          {"stages",
           {{{"stage", "build"}, {"version", 4}, {"time", testing::kTime}, {"actor", "ci"}}}}});
  const auto entity =
      client_
          .report_stage({.kind = Kind::deployment, .workspace = "default", .name = "prod"},
                        {.name = "build", .version = 4, .url = "https://ci/7"})
          .value();
  EXPECT_EQ(sent().method, "POST");
  EXPECT_EQ(sent().target, "/v1/workspaces/default/deployments/prod/stages");
  EXPECT_EQ(
      parse_json(sent().body).value(),
      (json{
          {"stage", "build"}, {"version", 4}, {"outcome", "succeeded"}, {"url", "https://ci/7"}}));
  ASSERT_EQ(entity.stages.size(), 1U);
  EXPECT_EQ(entity.stages[0].version, 4U);
}

TEST_F(ClientListTest, ReadsTheStateOfAHost) {
  answer(200, {{"host", "tim-pi"},
               {"lastSeen", nullptr},
               {"lastReport", testing::kTime},
               {"bookmark", kBookmark},
               {"bookmarkTime", testing::kTime},
               {"deployments",
                {{{"deployment", "default/prod"},
                  {"status", "ERROR"},
                  {"version", 3},
                  {"current", true},
                  {"reason", "no space"},
                  {"since", testing::kTime}}}}});
  const auto state = client_.host_state("tim-pi").value();
  EXPECT_EQ(sent().target, "/v1/hosts/tim-pi/state");
  EXPECT_FALSE(state.last_seen);
  EXPECT_EQ(state.last_report->text(), testing::kTime);
  EXPECT_EQ(state.bookmark->text(), kBookmark);
  ASSERT_EQ(state.deployments.size(), 1U);
  EXPECT_EQ(state.deployments[0].deployment, "default/prod");
  EXPECT_EQ(state.deployments[0].status, model::Status::error);
}

}  // namespace
}  // namespace titan::client
