#include "server-lite/openapi.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

class OpenApi : public ::testing::Test {
 protected:
  // The schema of the answer that a route is said to give, without references.
  json schema_of(const std::string& path, const std::string& method, int status) {
    const json& response = document_["paths"][path][method]["responses"][std::to_string(status)];
    return resolved(response["content"]["application/json"]["schema"]);
  }
  json resolved(const json& schema) {
    if (!schema.contains("$ref")) return schema;
    return document_.at(json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
  }
  // Each field of an answer must be described, and each that is promised must be there.
  void check(const json& value, const json& given_schema, const std::string& place) {
    json schema = resolved(given_schema);
    if (schema.contains("anyOf")) {
      if (value.is_null()) return;
      schema = resolved(schema["anyOf"][0]);
    }
    if (schema.contains("oneOf")) {
      schema = document_["components"]["schemas"][value["kind"].get<std::string>()];
    }
    for (const json& name : schema.value("required", json::array())) {
      EXPECT_TRUE(value.contains(name)) << place << " has no " << name;
    }
    if (value.is_array()) {
      for (const json& item : value) check(item, schema["items"], place + "[]");
    }
    if (!value.is_object() || !schema.contains("properties")) return;
    for (const auto& [name, field] : value.items()) {
      EXPECT_TRUE(schema["properties"].contains(name)) << place << "." << name << " is undescribed";
      if (schema["properties"].contains(name)) {
        check(field, schema["properties"][name], place + "." + name);
      }
    }
  }

  TestServer server_;
  json document_ = server_.json("GET", "/openapi.json");
};

void references_in(const json& value, std::set<std::string>& references) {
  if (value.is_object() && value.contains("$ref")) references.insert(value["$ref"]);
  for (const json& part : value) {
    if (part.is_structured()) references_in(part, references);
  }
}

TEST_F(OpenApi, DescribesEveryRouteUnderANameOfItsOwn) {
  std::set<std::string> names;
  std::set<std::string> tags;
  for (const json& tag : document_["tags"]) tags.insert(tag["name"]);
  for (const auto& [path, methods] : document_["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      EXPECT_TRUE(names.insert(operation["operationId"]).second) << method << " " << path;
      EXPECT_TRUE(tags.contains(operation["tags"][0])) << method << " " << path;
      // The server knows the path, whatever it thinks of these names.
      std::string target = path;
      for (std::size_t at = 0; (at = target.find('{')) != std::string::npos;) {
        target.replace(at, target.find('}') - at + 1, "x");
      }
      std::string name = method;
      for (char& c : name) c = static_cast<char>(std::toupper(c));
      const HttpResponse response = server_.call(name, target);
      EXPECT_NE(response.status, 405) << name << " " << target;
      EXPECT_EQ(response.body.find("there is nothing at"), std::string::npos) << name << target;
    }
  }
  EXPECT_GT(names.size(), 40U);
}

TEST_F(OpenApi, HasAllThatItRefersToAndUsesAllThatItHas) {
  std::set<std::string> references;
  references_in(document_, references);
  for (const std::string& reference : references) {
    EXPECT_TRUE(document_.contains(json::json_pointer(reference.substr(1)))) << reference;
  }
  for (const auto& [name, scheme] : document_["components"]["securitySchemes"].items()) {
    EXPECT_EQ(document_["security"], json::array({{{name, json::array()}}}));
  }
  for (const auto& [section, parts] : document_["components"].items()) {
    if (section == "securitySchemes") continue;
    for (const auto& [name, part] : parts.items()) {
      EXPECT_TRUE(references.contains("#/components/" + section + "/" + name)) << name;
    }
  }
}

TEST_F(OpenApi, DescribesEveryFieldThatIsAnswered) {
  server_.put_prod();
  server_.call(
      "PUT", "/v1/workspaces/default/deployments/one",
      R"({"spec":{"workload":"sensor","template":"service","target":"lab","replicas":1}})");
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  server_.call("DELETE", "/v1/workspaces/default/deployments/one?force=true");
  const json reported = server_.json(
      "POST", "/v1/workspaces/default/deployments/prod/stages",
      {{"stage", "test"}, {"version", 1}, {"revision", "9fceb02"}, {"url", "https://ci/7"}});
  check(reported, schema_of("/v1/workspaces/{workspace}/deployments/{name}/stages", "post", 200),
        "stages");
  struct Row {
    const char* path;
    const char* target;
  };
  const std::vector<Row> rows = {
      {"/v1/workspaces", "/v1/workspaces"},
      {"/v1/hosts", "/v1/hosts?limit=1"},
      {"/v1/hosts/{name}", "/v1/hosts/pi"},
      {"/v1/templates/{name}", "/v1/templates/service"},
      {"/v1/workloads", "/v1/workloads"},
      {"/v1/targets", "/v1/targets"},
      {"/v1/deployments", "/v1/deployments"},
      {"/v1/deployments", "/v1/deployments?status=DELETED"},
      {"/v1/assignments", "/v1/assignments"},
      {"/v1/changes", "/v1/changes"},
      {"/v1/hosts/{name}/changes", "/v1/hosts/pi/changes?render=true"},
      {"/v1/hosts/{name}/report", "/v1/hosts/pi/report"},
      {"/v1/hosts/{name}/state", "/v1/hosts/pi/state"},
      {"/v1/workspaces/{workspace}/deployments/{name}/hosts",
       "/v1/workspaces/default/deployments/prod/hosts"},
      {"/v1/workspaces/{workspace}/deployments/{name}/render",
       "/v1/workspaces/default/deployments/prod/render?host=pi"},
      {"/v1/workspaces/{workspace}/deployments/{name}/trace",
       "/v1/workspaces/default/deployments/prod/trace"},
      {"/v1/hosts/{name}/render", "/v1/hosts/pi/render"},
      {"/v1/hosts/{name}/why", "/v1/hosts/pi/why?path=etc/prod.conf&line=1"},
      {"/v1/status", "/v1/status"}};
  for (const Row& row : rows) {
    const HttpResponse response = server_.call("GET", row.target);
    ASSERT_EQ(response.status, 200) << row.target << response.body;
    check(parse_json(response.body).value(), schema_of(row.path, "get", 200), row.target);
  }
  const json seen = server_.json(
      "POST", "/v1/preview",
      {{"changes", {{{"operation", "DELETE"}, {"kind", "Deployment"}, {"name", "prod"}}}}});
  ASSERT_EQ(seen["groups"].size(), 1U) << seen;
  check(seen, schema_of("/v1/preview", "post", 200), "/v1/preview");
  const json error = server_.json("GET", "/v1/hosts/absent");
  check(error, document_["components"]["schemas"]["Error"], "error");
}

// The page for people tells of every path, too.
TEST_F(OpenApi, AgreesWithThePageForPeople) {
  std::ostringstream page;
  page << std::ifstream("docs/spec/http-api.md").rdbuf();
  for (const char* name : {"createWorkspace", "allowMissing", "force", "modifiedAfter", "actor",
                           "/v1/metrics", "/openapi.json", "/v1/status"}) {
    EXPECT_NE(page.str().find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace titan::server_lite
