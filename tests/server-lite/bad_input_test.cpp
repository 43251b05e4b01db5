#include <gtest/gtest.h>

#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::TestServer;

// One row a way to be wrong: what the answer says, word for word where it matters.
struct BadInputRow {
  const char* name;
  const char* method;
  const char* target;
  std::string body;
  int status;
  const char* field;
  const char* message;  // how the message begins
};

TEST(BadInput, GetsAClearAnswerAndLeavesTheStoreAsItWas) {
  TestServer server;
  server.put_prod();
  const std::string host = "/v1/hosts";
  const char* hosts = "/v1/hosts";
  const char* targets = "/v1/workspaces/default/targets";
  const char* deployments = "/v1/workspaces/default/deployments";
  const std::vector<BadInputRow> rows = {
      {"broken JSON", "POST", hosts, "{\"name\":", 400, "body", "not valid JSON"},
      {"no JSON at all", "POST", hosts, "", 400, "body", "not valid JSON"},
      {"a key twice", "POST", hosts, R"({"name":"a","name":"b"})", 400, "body",
       "the key \"name\" stands twice"},
      {"an array", "POST", hosts, "[]", 422, "body", "expected an object"},
      {"too deep", "POST", hosts, std::string(100, '['), 413, "body", "the JSON is nested"},
      {"no name", "POST", hosts, "{}", 422, "name", "must be given"},
      {"a name with ../", "POST", hosts, R"({"name":"../etc"})", 422, "name",
       "\"../etc\" is not a name"},
      {"a name with ../ in the path", "PUT", "/v1/hosts/..%2Fetc", "{}", 422, "name",
       "\"../etc\" is not a name"},
      {"another name than the path", "PUT", "/v1/hosts/a", R"({"name":"b"})", 422, "name",
       "expected \"a\", as in the path"},
      {"another kind", "POST", hosts, R"({"kind":"Target","name":"a"})", 422, "kind",
       "expected \"Host\", as in the path"},
      {"an unknown field", "POST", hosts, R"({"name":"a","lables":{}})", 422, "lables",
       "unknown field"},
      {"an unknown field in the spec", "POST", hosts, R"({"name":"a","spec":{"lables":{}}})", 422,
       "spec.lables", "unknown field (did you mean \"labels\"?)"},
      {"a bad label key", "POST", hosts, R"({"name":"a","spec":{"labels":{"a b":"x"}}})", 422,
       "spec.labels", "\"a b\" is not a label key"},
      {"a bad label value", "POST", hosts, R"({"name":"a","spec":{"labels":{"site":"a b"}}})", 422,
       "spec.labels.site", "\"a b\" is not a label value"},
      {"a label that is a number", "POST", hosts, R"({"name":"a","spec":{"labels":{"n":5}}})", 422,
       "spec.labels.n", "expected a string, found the number 5"},
      {"a host in a workspace", "POST", hosts, R"({"name":"a","workspace":"iot"})", 422,
       "workspace", "a host is in no workspace"},
      {"a bad selector", "POST", targets, R"({"name":"a","spec":{"selector":"a in (b"}})", 422,
       "spec.selector", "selector clause \"a in (b\""},
      {"a target for everything", "POST", targets, R"({"name":"a","spec":{}})", 422, "spec.labels",
       "must say which hosts are meant"},
      {"no such template", "POST", deployments,
       R"({"name":"a","spec":{"workload":"sensor","template":"servce","target":"lab"}})", 422,
       "spec.template", "template \"servce\" does not exist (did you mean \"service\"?)"},
      {"no workload named", "POST", deployments, R"({"name":"a","spec":{"target":"lab"}})", 422,
       "spec.workload", "must be given"},
      {"a spread without replicas", "POST", deployments,
       R"({"name":"a","spec":{"workload":"sensor","target":"lab","spreadBy":"zone"}})", 422,
       "spec.spreadBy", ""},
      {"a template that climbs out", "POST", "/v1/templates",
       R"({"name":"a","spec":{"files":[{"path":"../x","digest":"sha256:00"}]}})", 422,
       "spec.files[0].digest", "\"sha256:00\" is not a digest"},
      {"a bad parameter", "GET", "/v1/hosts?limit=0", "", 400, "limit", "expected a number"},
      {"a bad continue", "GET", "/v1/hosts?continue=x", "", 400, "continue", "\"x\" is not what"},
      {"a bad since", "GET", "/v1/changes?since=yesterday", "", 400, "since", "\"yesterday\""},
      {"a bad flag", "POST", "/v1/hosts?allowMissing=1", "{}", 400, "allowMissing",
       "expected true or false"},
      {"a host that is not there", "POST", "/v1/hosts/gone/sync", "{}", 404, "", ""},
      {"a bad bookmark", "POST", "/v1/hosts/pi/sync", R"({"bookmark":"x"})", 422, "bookmark",
       "\"x\" is not a bookmark"},
      {"an error without a reason", "POST", "/v1/hosts/pi/sync",
       R"({"report":{"deployments":[{"key":"default/deployment/default/prod","status":"ERROR"}]}})",
       422, "report.deployments[0].reason", "must say what is wrong"},
      {"an assignment by hand", "POST", "/v1/workspaces/default/assignments", "{}", 405, "", ""},
      {"the singular", "GET", "/v1/host", "", 404, "", "there is nothing at \"/v1/host\""},
  };
  const std::string before = server.store().head().value().text();
  for (const BadInputRow& row : rows) {
    const HttpResponse response = server.call(row.method, row.target, row.body);
    EXPECT_EQ(response.status, row.status) << row.name << ": " << response.body;
    const json error = parse_json(response.body).value().at("error");
    EXPECT_EQ(error["field"], row.field) << row.name;
    EXPECT_TRUE(error["message"].get<std::string>().starts_with(row.message))
        << row.name << ": " << error["message"];
    EXPECT_EQ(error["requestId"], response.header("Titan-Request-Id")) << row.name;
  }
  EXPECT_EQ(server.store().head().value().text(), before);
  EXPECT_EQ(server.json("GET", host)["items"].size(), 1U);
}

TEST(BadInput, APathThatClimbsOutOfATemplateIsRefused) {
  TestServer server;
  for (const char* path : {"../x", "a/../../x", "/etc/passwd", "a//b", "a/./b"}) {
    const json body = {
        {"name", "t"},
        {"spec", {{"files", {{{"path", path}, {"digest", Digest::of("x").text()}}}}}}};
    const HttpResponse response = server.call("POST", "/v1/templates", body.dump());
    EXPECT_EQ(response.status, 422) << path;
    EXPECT_EQ(parse_json(response.body).value()["error"]["field"], "spec.files[0].path") << path;
  }
}

}  // namespace
}  // namespace titan::server_lite
