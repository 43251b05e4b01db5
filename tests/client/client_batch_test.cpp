#include "client/limits.hpp"
#include "tests/client/client_fixture.hpp"

namespace titan::client {
namespace {

using model::Kind;
using nlohmann::json;
using testing::kBookmark;
using testing::workload;
using testing::workload_json;

class ClientBatchTest : public testing::ClientTest {};

const model::Key kProd{.kind = Kind::deployment, .workspace = "iot", .name = "prod"};

TEST_F(ClientBatchTest, SendsChangesInTheirOrder) {
  answer(200,
         {{"id", "req-1"},
          {"state", "COMMITTED"},
          {"bookmark", kBookmark},
          {"items",
           {{{"outcome", "created"}, {"entity", workload_json()}},
            {{"outcome", "deleting"}, {"entity", workload_json()}},
            {{"outcome", "deleted"}, {"entity", workload_json()}}}}},
         {{"Titan-Workspace-Created", "true"}});
  const auto result =
      client_
          .change({EntityWrite{.operation = EntityWrite::Operation::create, .entity = workload()},
                   EntityRemoval{.key = kProd, .force = true, .revision = 7},
                   EntityRemoval{.key = {.kind = Kind::host, .name = "pi"}}},
                  {.create_workspaces = true, .allow_missing = true})
          .value();
  EXPECT_EQ(sent().method, "POST");
  EXPECT_EQ(sent().target, "/v1/changes?createWorkspace=true&allowMissing=true");
  const json entity = {{"kind", "Workload"},
                       {"name", "temperature-sensor"},
                       {"workspace", "iot"},
                       {"spec", {{"repo", "https://example.com/repo"}}},
                       {"tags", json::object()}};
  const json expected = {{"changes",
                          {{{"operation", "CREATE"}, {"entity", entity}},
                           {{"operation", "DELETE"},
                            {"kind", "Deployment"},
                            {"workspace", "iot"},
                            {"name", "prod"},
                            {"force", true},
                            {"revision", 7}},
                           {{"operation", "DELETE"}, {"kind", "Host"}, {"name", "pi"}}}}};
  EXPECT_EQ(parse_json(sent().body).value(), expected);
  EXPECT_EQ(result.id, "req-1");
  EXPECT_EQ(result.state, ChangeState::committed);
  EXPECT_EQ(result.bookmark->text(), kBookmark);
  ASSERT_EQ(result.items.size(), 3U);
  EXPECT_TRUE(result.workspace_created);
  EXPECT_EQ(result.items[0].entity, workload());
  EXPECT_EQ(result.items[1].outcome, WriteOutcome::deleting);
  EXPECT_EQ(result.items[2].outcome, WriteOutcome::deleted);
}

TEST_F(ClientBatchTest, SaysWhichRevisionItExpects) {
  answer(409, {{"error",
                {{"code", "conflict"},
                 {"message", "stale"},
                 {"field", "changes[0].revision"},
                 {"revision", 9}}}});
  const auto result = client_.change({EntityWrite{
      .operation = EntityWrite::Operation::update, .entity = workload(), .revision = 8}});
  EXPECT_EQ(result.error().code, ErrorCode::conflict);
  EXPECT_EQ(client_.refusal().revision, 9U);
  const json change = parse_json(sent().body).value()["changes"][0];
  EXPECT_EQ(change["operation"], "UPDATE");
  EXPECT_EQ(change["revision"], 8);
}

TEST_F(ClientBatchTest, DoesNotWaitWhenToldSo) {
  answer(202, {{"id", "req-2"}, {"state", "ACCEPTED"}});
  const auto result = client_.change({EntityWrite{.entity = workload()}}, {.wait = false}).value();
  EXPECT_EQ(sent().target, "/v1/changes?wait=false");
  EXPECT_EQ(result.id, "req-2");
  EXPECT_EQ(result.state, ChangeState::accepted);
  EXPECT_FALSE(result.bookmark);
  EXPECT_FALSE(result.workspace_created);
}

TEST_F(ClientBatchTest, SendsNoBatchThatIsTooLong) {
  const std::vector<BatchChange> changes(kBatchChangesMax + 1, EntityRemoval{.key = kProd});
  EXPECT_EQ(client_.change(changes).error().code, ErrorCode::exhausted);
  EXPECT_TRUE(transport_.requests().empty());
}

TEST_F(ClientBatchTest, RefusesAnAnswerThatLeavesAChangeOut) {
  answer(
      200,
      {{"id", "req-1"}, {"state", "COMMITTED"}, {"bookmark", kBookmark}, {"items", json::array()}});
  EXPECT_EQ(client_.change({EntityRemoval{.key = kProd}}).error().code, ErrorCode::internal);
}

TEST_F(ClientBatchTest, TellsHowFarAChangeHasCome) {
  answer(200, {{"id", "req-1"},
               {"state", "COMMITTED"},
               {"bookmark", kBookmark},
               {"error", nullptr},
               {"processors", {{{"name", "index"}, {"bookmark", kBookmark}, {"done", true}}}}});
  const auto status = client_.change_status("req-1").value();
  EXPECT_EQ(sent().target, "/v1/changes/req-1");
  EXPECT_EQ(status.state, ChangeState::committed);
  EXPECT_EQ(status.bookmark->text(), kBookmark);
  EXPECT_FALSE(status.error);
  ASSERT_EQ(status.processors.size(), 1U);
  EXPECT_EQ(status.processors[0].name, "index");
  EXPECT_TRUE(status.processors[0].done);
}

TEST_F(ClientBatchTest, TellsWhyAChangeWasRefused) {
  answer(200, {{"id", "req-1"},
               {"state", "REFUSED"},
               {"bookmark", nullptr},
               {"error", {{"code", "conflict"}, {"message", "stale"}, {"field", "revision"}}},
               {"processors", json::array()}});
  const auto status = client_.change_status("req-1").value();
  EXPECT_EQ(status.state, ChangeState::refused);
  EXPECT_EQ(status.error->code, ErrorCode::conflict);
  EXPECT_EQ(status.error->text(), "revision: stale");
}

TEST_F(ClientBatchTest, RemembersWhoUsesWhatCannotBeDeleted) {
  answer(409, {{"error",
                {{"code", "conflict"},
                 {"message", "is used"},
                 {"users", {"deployment default/prod", 5, "deployment iot/dev"}}}}});
  EXPECT_FALSE(client_.remove(kProd));
  EXPECT_EQ(client_.refusal().users,
            (std::vector<std::string>{"deployment default/prod", "deployment iot/dev"}));
  EXPECT_FALSE(client_.refusal().revision);
  answer(200, workload_json());
  EXPECT_TRUE(client_.get(kProd));
  EXPECT_TRUE(client_.refusal().users.empty());
}

TEST_F(ClientBatchTest, WaitsNoLongerThanItsTransport) {
  const json nothing = {{"items", json::array()}, {"bookmark", kBookmark}};
  answer(200, nothing);
  ASSERT_TRUE(client_.changes({.since = kBookmark, .wait = std::chrono::seconds(7)}));
  EXPECT_EQ(sent().target, "/v1/changes?since=" + kBookmark + "&wait=7s");
  answer(200, nothing);
  ASSERT_TRUE(client_.changes({.wait = std::chrono::hours(1)}));
  EXPECT_EQ(sent().target, "/v1/changes?wait=25s");
  answer(204, {}, {{"Titan-Bookmark", kBookmark}});
  ASSERT_TRUE(client_.sync("pi", {}, std::chrono::seconds(20)));
  EXPECT_EQ(sent().target, "/v1/hosts/pi/sync?wait=20s");
}

TEST_F(ClientBatchTest, RefusesStatesThatTheApiDoesNotPromise) {
  const char* const bodies[] = {
      R"({"state": "ACCEPTED"})",
      R"({"id": "req-1"})",
      R"({"id": "req-1", "state": "DONE"})",
      R"({"id": "req-1", "state": "ACCEPTED", "bookmark": "x"})",
      R"({"id": "req-1", "state": "ACCEPTED", "processors": [{"done": true}]})",
  };
  for (const char* body : bodies) {
    answer_text(200, body);
    EXPECT_EQ(client_.change_status("req-1").error().code, ErrorCode::internal) << body;
  }
}

}  // namespace
}  // namespace titan::client
