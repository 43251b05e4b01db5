#include "client/client.hpp"

#include "base/json.hpp"
#include "client/limits.hpp"
#include "model/limits.hpp"
#include "tests/client/client_fixture.hpp"

namespace titan::client {
namespace {

using model::Kind;
using nlohmann::json;
using testing::kBookmark;
using testing::kTime;
using testing::workload;
using testing::workload_json;

const std::string kEpoch = kBookmark.substr(0, kBookmark.find('.'));

json manifest_json(const std::string& host = "tim-pi") {
  return {{"host", host},
          {"bookmark", kBookmark},
          {"full", true},
          {"digest", model::digest_of_desired({}).text()},
          {"deployments", json::array()},
          {"tombstones", json::array()},
          {"pollAfter", 60},
          {"time", kTime}};
}

class ClientTest : public testing::ClientTest {};

TEST_F(ClientTest, CreatesByPostAndTellsWhatCameOfIt) {
  answer(201, workload_json(), {{"Titan-Outcome", "created"}, {"Titan-Workspace-Created", "true"}});
  const auto result = client_.create(workload(), {.create_workspace = true}).value();
  EXPECT_EQ(result.outcome, WriteOutcome::created);
  EXPECT_TRUE(result.workspace_created);
  EXPECT_EQ(result.entity, workload());
  EXPECT_EQ(sent().method, "POST");
  EXPECT_EQ(sent().target, "/v1/workspaces/iot/workloads?createWorkspace=true");
  EXPECT_EQ(sent().headers.find("Content-Type")->second, "application/json");
}

TEST_F(ClientTest, SendsTheTokenThatItWasGivenAsABearers) {
  answer(201, workload_json(), {{"Titan-Outcome", "created"}});
  ASSERT_TRUE(client_.create(workload()));
  EXPECT_FALSE(sent().headers.contains("Authorization"));
  client_.set_token(Secret::of(std::string("titan_0123")));
  answer(201, workload_json(), {{"Titan-Outcome", "created"}});
  ASSERT_TRUE(client_.create(workload()));
  EXPECT_EQ(sent().headers.find("Authorization")->second, "Bearer titan_0123");
}

TEST_F(ClientTest, SendsOnlyWhatAClientMaySayOfAnEntity) {
  answer(201, workload_json(), {{"Titan-Outcome", "created"}});
  ASSERT_TRUE(client_.create(workload()));
  const json expected = {{"kind", "Workload"},
                         {"name", "temperature-sensor"},
                         {"workspace", "iot"},
                         {"spec", {{"repo", "https://example.com/repo"}}},
                         {"tags", json::object()}};
  EXPECT_EQ(parse_json(sent().body).value(), expected);
}

TEST_F(ClientTest, PutsConditionallyWhenARevisionIsGiven) {
  answer(200, workload_json(), {{"Titan-Outcome", "unchanged"}});
  const auto result = client_.put(workload(), {.allow_missing = true, .if_match = 7}).value();
  EXPECT_EQ(result.outcome, WriteOutcome::unchanged);
  EXPECT_FALSE(result.workspace_created);
  EXPECT_EQ(sent().method, "PUT");
  EXPECT_EQ(sent().target, "/v1/workspaces/iot/workloads/temperature-sensor?allowMissing=true");
  EXPECT_EQ(sent().headers.find("If-Match")->second, "\"7\"");
}

TEST_F(ClientTest, RemovesAndTellsWhetherHostsAreWaitedFor) {
  answer(200, workload_json(), {{"Titan-Outcome", "deleting"}});
  const auto result = client_.remove(workload().key(), {.force = true}).value();
  EXPECT_EQ(result.outcome, WriteOutcome::deleting);
  EXPECT_EQ(sent().method, "DELETE");
  EXPECT_EQ(sent().target, "/v1/workspaces/iot/workloads/temperature-sensor?force=true");
}

TEST_F(ClientTest, EncodesNamesIntoPaths) {
  const model::Key key{.kind = Kind::target, .workspace = "a/b", .name = "x y?"};
  EXPECT_EQ(entity_path(key), "/v1/workspaces/a%2Fb/targets/x%20y%3F");
  EXPECT_EQ(entity_path({.kind = Kind::host, .name = "tim-pi"}), "/v1/hosts/tim-pi");
  EXPECT_EQ(collection_path(Kind::deployment, ""), "/v1/deployments");
  EXPECT_EQ(collection_path(Kind::host, "iot"), "/v1/hosts");
}

TEST_F(ClientTest, StoresABlobUnderItsDigest) {
  answer(201, json::object());
  EXPECT_EQ(client_.put_blob("hello").value(), Digest::of("hello"));
  EXPECT_EQ(sent().method, "PUT");
  EXPECT_EQ(sent().target, "/v1/blobs/" + Digest::of("hello").text());
  EXPECT_EQ(sent().body, "hello");
  EXPECT_EQ(sent().headers.find("Content-Type")->second, "application/octet-stream");
}

TEST_F(ClientTest, RefusesABlobOverTheLimitWithoutSendingIt) {
  const auto stored = client_.put_blob(std::string(model::kTemplateFileBytesMax + 1, 'x'));
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::exhausted);
  EXPECT_TRUE(transport_.requests().empty());
}

TEST_F(ClientTest, VerifiesTheDigestOfABlob) {
  answer_text(200, "hello");
  EXPECT_EQ(client_.get_blob(Digest::of("hello")).value(), "hello");
  answer_text(200, "hellO");
  const auto wrong = client_.get_blob(Digest::of("hello"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::internal);
}

TEST_F(ClientTest, AsksWhetherABlobIsThere) {
  answer_text(200, "");
  EXPECT_TRUE(client_.has_blob(Digest::of("a")).value());
  EXPECT_EQ(sent().method, "HEAD");
  answer_text(404, "");
  EXPECT_FALSE(client_.has_blob(Digest::of("a")).value());
  answer_text(503, "");
  EXPECT_EQ(client_.has_blob(Digest::of("a")).error().code, ErrorCode::unavailable);
}

TEST_F(ClientTest, SyncsWithAManifest) {
  answer(200, manifest_json(), {{"Titan-Bookmark", kBookmark}, {"Titan-Poll-After", "60"}});
  const auto answered = client_.sync("tim-pi", {}).value();
  ASSERT_TRUE(answered.manifest);
  EXPECT_TRUE(answered.manifest->full);
  EXPECT_EQ(answered.bookmark.text(), kBookmark);
  EXPECT_EQ(answered.poll_after, std::chrono::seconds(60));
  EXPECT_EQ(sent().target, "/v1/hosts/tim-pi/sync");
  EXPECT_EQ(sent().method, "POST");
}

TEST_F(ClientTest, TakesAManifestThatIsLargerThanWhatAClientMaySend) {
  std::string body = manifest_json().dump();
  body.insert(1, kJsonBytesMax, ' ');
  answer_text(200, std::move(body), {{"Titan-Bookmark", kBookmark}});
  EXPECT_TRUE(client_.sync("tim-pi", {}));
}

TEST_F(ClientTest, SyncsWithoutAManifestWhenNothingChanged) {
  answer_text(204, "", {{"Titan-Bookmark", kBookmark}, {"Titan-Poll-After", "99999999"}});
  const auto answered =
      client_.sync("tim-pi", {.bookmark = model::Bookmark{std::string(kEpoch), 42}}).value();
  EXPECT_FALSE(answered.manifest);
  EXPECT_EQ(answered.bookmark.seq, 42U);
  EXPECT_EQ(answered.poll_after, kPollAfterMax);
  EXPECT_EQ(parse_json(sent().body).value()["bookmark"], kBookmark);
}

TEST_F(ClientTest, ReadsTheRenderedFilesOfAHost) {
  json answered = manifest_json();
  const std::string long_text(10'000, 'x');
  answered["rendered"] = {
      {{"key", "default/deployment/default/prod"},
       {"version", 3},
       {"digest", Digest::of("d").text()},
       {"files", {{{"path", "root/etc/a"}, {"mode", "0755"}, {"content", long_text}}}}}};
  answer(200, answered);
  const auto changes = client_.host_changes("tim-pi", "2026-03-01T12:00:00Z", true).value();
  EXPECT_EQ(sent().target, "/v1/hosts/tim-pi/changes?since=2026-03-01T12%3A00%3A00Z&render=true");
  ASSERT_EQ(changes.rendered.size(), 1U);
  EXPECT_EQ(changes.rendered[0].key.short_text(), "default/prod");
  EXPECT_EQ(changes.rendered[0].version, 3U);
  ASSERT_EQ(changes.rendered[0].files.size(), 1U);
  EXPECT_EQ(changes.rendered[0].files[0].mode, 0755U);
  EXPECT_EQ(changes.rendered[0].files[0].content, long_text);
  EXPECT_TRUE(changes.manifest.full);
}

TEST_F(ClientTest, ReadsTheChangeLog) {
  answer(200, {{"items",
                {{{"seq", 7},
                  {"time", kTime},
                  {"key", "default/workload/iot/temperature-sensor"},
                  {"operation", "CREATED"},
                  {"before", nullptr},
                  {"after", workload_json()},
                  {"actor", "somebody"},
                  {"requestId", "req-1"}}}},
               {"bookmark", kBookmark},
               {"full", true}});
  const auto page =
      client_.changes({.since = kBookmark, .limit = 10, .kind = Kind::workload}).value();
  EXPECT_EQ(sent().target, "/v1/changes?since=" + kBookmark + "&limit=10&kind=Workload");
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.items[0].after, workload());
  EXPECT_EQ(page.bookmark.text(), kBookmark);
  EXPECT_TRUE(page.full);
}

TEST_F(ClientTest, ReadsTheStatusOfAServerThatFails) {
  answer(503, {{"status", "failing"},
               {"version", "0.1.0"},
               {"bookmark", kBookmark},
               {"processors", {{{"name", "index"}, {"behind", 7}}}},
               {"dependencies", {{"store", {{"status", "failing"}, {"message", "disk full"}}}}}});
  const auto status = client_.status().value();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.dependencies.at("store").message, "disk full");
  EXPECT_EQ(status.processors.at("index"), 7U);
}

TEST_F(ClientTest, TakesAnErrorForAStatusForWhatItIs) {
  answer_text(503, "<html>try later</html>");
  EXPECT_EQ(client_.status().error().code, ErrorCode::unavailable);
}

TEST_F(ClientTest, ReadsAHostsReport) {
  answer(200, {{"host", "tim-pi"},
               {"bookmark", kBookmark},
               {"time", kTime},
               {"report", {{"deployments", json::array()}, {"agentVersion", "0.1.0"}}}});
  const auto received = client_.host_report("tim-pi").value();
  EXPECT_EQ(received.bookmark->text(), kBookmark);
  EXPECT_EQ(received.report.agent_version, "0.1.0");
  EXPECT_EQ(sent().target, "/v1/hosts/tim-pi/report");
}

TEST_F(ClientTest, RemembersHowLongTheServerAskedToWait) {
  answer_text(503, "", {{"Retry-After", "17"}});
  EXPECT_FALSE(client_.get(workload().key()));
  EXPECT_EQ(client_.retry_after(), std::chrono::seconds(17));
  answer_text(503, "", {{"Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"}});
  EXPECT_FALSE(client_.get(workload().key()));
  EXPECT_EQ(client_.retry_after(), std::nullopt);
}

TEST_F(ClientTest, PassesOnWhatTheTransportSays) {
  transport_.answer(Error{ErrorCode::unavailable, "cannot connect", "http://h:1"});
  const auto got = client_.get(workload().key());
  EXPECT_EQ(got.error().code, ErrorCode::unavailable);
  EXPECT_EQ(got.error().subject, "http://h:1");
}

TEST_F(ClientTest, GivesTheErrorsOfTheServerWhole) {
  answer(422, {{"error",
                {{"code", "invalid"},
                 {"message", "template \"x\" does not exist"},
                 {"field", "spec.template"},
                 {"subject", "deployment default/prod"},
                 {"requestId", "req-1"}}}});
  const auto error = client_.create(workload()).error();
  EXPECT_EQ(error.code, ErrorCode::invalid);
  EXPECT_EQ(error.text(), "deployment default/prod: spec.template: template \"x\" does not exist");
}

TEST_F(ClientTest, BoundsTheErrorsOfTheServer) {
  answer(400, {{"error", {{"code", "invalid"}, {"message", std::string(1'000'000, 'x')}}}});
  EXPECT_EQ(client_.get(workload().key()).error().message.size(), kErrorTextBytesMax);
}

TEST_F(ClientTest, MakesAnErrorOfEveryStatusEvenWithoutABodyThatItKnows) {
  struct Row {
    int status;
    const char* body;
    ErrorCode code;
  };
  const Row rows[] = {
      {302, "", ErrorCode::internal},
      {400, "", ErrorCode::invalid},
      {401, "<html>", ErrorCode::denied},
      {403, "{}", ErrorCode::denied},
      {404, "[]", ErrorCode::not_found},
      {405, R"({"error": "text"})", ErrorCode::invalid},
      {409, "", ErrorCode::conflict},
      {410, "", ErrorCode::expired},
      {411, "", ErrorCode::invalid},
      {413, "", ErrorCode::exhausted},
      {422, "", ErrorCode::invalid},
      {429, "", ErrorCode::exhausted},
      {431, "", ErrorCode::exhausted},
      {500, "", ErrorCode::internal},
      {502, "", ErrorCode::unavailable},
      {503, R"({"error": {"code": 5}})", ErrorCode::unavailable},
      {504, "", ErrorCode::unavailable},
      {500, R"({"error": {"code": "unavailable"}})", ErrorCode::unavailable},
      {409, R"({"error": {"code": "unheard of"}})", ErrorCode::conflict},
  };
  for (const Row& row : rows) {
    answer_text(row.status, row.body);
    const auto error = client_.get(workload().key()).error();
    EXPECT_EQ(error.code, row.code) << row.status << ' ' << row.body;
    EXPECT_NE(error.message, "") << row.status;
  }
}

TEST_F(ClientTest, RefusesAnswersThatTheApiDoesNotPromise) {
  const HttpHeaders bookmark = {{"Titan-Bookmark", kBookmark}};
  struct Row {
    const char* what;
    HttpResponse answer;
    std::function<Result<void>(Client&)> call;
  };
  const auto drop = [](auto result) {
    return result ? Result<void>() : Result<void>(std::move(result).error());
  };
  const auto get = [&](Client& client) { return drop(client.get(workload().key())); };
  const auto list = [&](Client& client) { return drop(client.list({.kind = Kind::host})); };
  const auto put = [&](Client& client) { return drop(client.put(workload())); };
  const auto sync = [&](Client& client) { return drop(client.sync("tim-pi", {})); };
  const auto changes = [&](Client& client) { return drop(client.changes({})); };
  const auto status = [&](Client& client) { return drop(client.status()); };
  const auto rendered = [&](Client& client) {
    return drop(client.host_changes("tim-pi", "", true));
  };
  json two_bookmarks = manifest_json();
  two_bookmarks["bookmark"] = std::string(kEpoch) + ".43";
  json with_rendered = manifest_json();
  with_rendered["rendered"] = {{{"key", "nonsense"}}};
  json without_content = manifest_json();
  without_content["rendered"] = {
      {{"key", "default/deployment/default/prod"}, {"files", {{{"path", "a"}, {"mode", "0644"}}}}}};
  const Row rows[] = {
      {"an entity that is no JSON", {200, {}, "<html>"}, get},
      {"an empty body", {200, {}, ""}, get},
      {"an entity without a name", {200, {}, R"({"kind": "Host"})"}, get},
      {"a list without items", {200, {}, "{}"}, list},
      {"a list that is an array", {200, {}, "[]"}, list},
      {"an item that is no entity", {200, {}, R"({"items": [1]})"}, list},
      {"a list without a bookmark", {200, {}, R"({"items": []})"}, list},
      {"a continue that is no string",
       {200, {}, R"({"items": [], "bookmark": "0123456789abcdef.1", "continue": 1})"},
       list},
      {"a write without an outcome", {200, {}, canonical_json(workload_json())}, put},
      {"an outcome unheard of",
       {200, {{"Titan-Outcome", "eaten"}}, canonical_json(workload_json())},
       put},
      {"a sync without a bookmark", {204, {}, ""}, sync},
      {"a bookmark that is none", {204, {{"Titan-Bookmark", "x"}}, ""}, sync},
      {"a sync with an empty body", {200, bookmark, ""}, sync},
      {"the manifest of another host",
       {200, bookmark, canonical_json(manifest_json("other"))},
       sync},
      {"a manifest with another bookmark", {200, bookmark, canonical_json(two_bookmarks)}, sync},
      {"a poll time that is no number",
       {204, {{"Titan-Bookmark", kBookmark}, {"Titan-Poll-After", "soon"}}, ""},
       sync},
      {"changes without a shape", {200, {}, R"({"items": {}})"}, changes},
      {"changes without a bookmark", {200, {}, R"({"items": []})"}, changes},
      {"a change that is none",
       {200, {}, canonical_json({{"items", {1}}, {"bookmark", kBookmark}})},
       changes},
      {"a status without a status", {200, {}, "{}"}, status},
      {"a status that is a list", {200, {}, "[]"}, status},
      {"rendered files of a key that is none", {200, {}, canonical_json(with_rendered)}, rendered},
      {"a rendered file without content", {200, {}, canonical_json(without_content)}, rendered},
  };
  for (const Row& row : rows) {
    transport_.answer(row.answer);
    const auto result = row.call(client_);
    ASSERT_FALSE(result) << row.what;
    EXPECT_EQ(result.error().code, ErrorCode::internal) << row.what;
    EXPECT_NE(result.error().message, "") << row.what;
  }
}

}  // namespace
}  // namespace titan::client
