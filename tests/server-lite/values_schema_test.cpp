// What templates ask of values, as those who write and those who wait for a deployment meet it.
#include <gtest/gtest.h>

#include <string>

#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using model::Status;
using nlohmann::json;
using titan::testing::TestServer;

class ValuesSchemaTest : public ::testing::Test {
 protected:
  static constexpr const char* kSchema = R"({"type": "object", "required": ["broker"],
    "properties": {
      "broker": {"type": "string", "minLength": 1},
      "mqtt": {"type": "object", "properties":
        {"port": {"type": "integer", "minimum": 1, "maximum": 65535}}}}})";

  void SetUp() override {
    put("/v1/hosts/pi", {{"labels", {{"site", "lab"}}}});
    put_template(json::parse(kSchema));
    put("/v1/workspaces/default/workloads/sensor", {{"template", "service"}});
    put("/v1/workspaces/default/targets/lab", {{"labels", {{"site", "lab"}}}});
  }

  json answer(const std::string& target, const json& spec) {
    return server.json("PUT", target, {{"spec", spec}});
  }
  json put(const std::string& target, const json& spec) {
    const json written = answer(target, spec);
    EXPECT_FALSE(written.contains("error")) << written;
    return written;
  }
  json template_spec(const json& schema, const json& defaults = json::object()) {
    const std::string content = "{{values.broker}}\n";
    return {{"files",
             {{{"path", "root/etc/x"},
               {"digest", server.client().put_blob(content)->text()},
               {"size", content.size()}}}},
            {"defaults", defaults},
            {"valuesSchema", schema}};
  }
  void put_template(const json& schema, const std::string& query = "") {
    put("/v1/templates/service" + query, template_spec(schema));
  }
  json deploy(const json& values, const std::string& query = "") {
    return answer("/v1/workspaces/default/deployments/prod" + query,
                  {{"workload", "sensor"}, {"target", "lab"}, {"values", values}});
  }
  // "field: message" of what was refused.
  static std::string refusal(const json& written) {
    if (!written.contains("error")) return "";
    const json& error = written["error"];
    return error.value("field", "") + ": " + error.value("message", "");
  }

  TestServer server;
};

TEST_F(ValuesSchemaTest, RefusesADeploymentByThePathOfTheValueAndTheTemplate) {
  EXPECT_EQ(refusal(deploy({{"broker", "a"}, {"mqtt", {{"port", 1883}}}})), "");
  const json refused = deploy({{"broker", "a"}, {"mqtt", {{"port", "abc"}}}});
  EXPECT_EQ(refusal(refused),
            "spec.values.mqtt.port: found \"abc\", expected an integer from 1 to 65535 (template "
            "\"service\")");
  EXPECT_EQ(refused["error"]["code"], "invalid");
  EXPECT_EQ(refused["error"]["subject"], "deployment default/prod");
  EXPECT_EQ(refusal(deploy(json::object())),
            "spec.values.broker: must be given: a string of at least 1 characters (template "
            "\"service\")");
}

TEST_F(ValuesSchemaTest, TakesADeploymentOfMissingValuesWhenToldTo) {
  EXPECT_EQ(refusal(deploy(json::object(), "?allowMissing=true")), "");
  const model::Entity prod = server.deployment("prod");
  EXPECT_EQ(prod.status, Status::error);
  ASSERT_EQ(prod.reason.size(), 1U);
  EXPECT_EQ(prod.reason[0],
            "host pi: values.broker: must be given: a string of at least 1 characters (template "
            "\"service\")");
  EXPECT_EQ(refusal(deploy({{"broker", "a"}})), "");
  EXPECT_NE(server.deployment("prod").status, Status::error);
}

TEST_F(ValuesSchemaTest, SaysWhichLayerGaveWhatDoesNotFit) {
  put("/v1/workspaces/default/workloads/sensor?allowMissing=true",
      {{"template", "service"}, {"values", {{"mqtt", {{"port", 0}}}}}});
  EXPECT_EQ(refusal(deploy({{"broker", "a"}})),
            "spec.values.mqtt.port: found 0, expected an integer from 1 to 65535, and is given by "
            "workload \"sensor\" (template \"service\")");
  EXPECT_EQ(refusal(deploy({{"broker", "a"}, {"mqtt", {{"port", 1}}}})), "");
}

TEST_F(ValuesSchemaTest, TakesAReferenceToASecretForAString) {
  const std::string sealed = "?createWorkspace=true";
  EXPECT_EQ(
      refusal(deploy({{"broker", {{"$secret", "db"}, {"key", "url"}}}}, "?allowMissing=true")), "");
  EXPECT_EQ(refusal(deploy(
                {{"broker", "a"}, {"mqtt", {{"port", {{"$secret", "db"}, {"key", "port"}}}}}})),
            "spec.values: secret \"db\" does not exist");
}

TEST_F(ValuesSchemaTest, RefusesAWorkloadForWhatItSaysItselfAlone) {
  EXPECT_EQ(refusal(answer("/v1/workspaces/default/workloads/sensor",
                           {{"template", "service"}, {"values", {{"broker", 5}}}})),
            "spec.values.broker: found 5, expected a string of at least 1 characters (template "
            "\"service\")");
  // What is missing a deployment may add.
  EXPECT_EQ(refusal(answer("/v1/workspaces/default/workloads/sensor", {{"template", "service"}})),
            "");
  deploy({{"broker", "a"}});
  EXPECT_EQ(refusal(answer("/v1/workspaces/default/workloads/sensor",
                           {{"template", "service"}, {"values", {{"broker", 5}}}})),
            "spec.values.broker: found 5, expected a string of at least 1 characters (template "
            "\"service\")");
  // A deployment lays its own over it.
  EXPECT_EQ(
      refusal(answer("/v1/workspaces/default/workloads/other", {{"values", {{"broker", 5}}}})), "")
      << "without a template nobody asks";
}

TEST_F(ValuesSchemaTest, LooksAtAWorkloadsDeploymentsOfOtherTemplates) {
  put("/v1/workspaces/default/workloads/bare", json::object());
  EXPECT_EQ(
      refusal(answer("/v1/workspaces/default/deployments/dev", {{"workload", "bare"},
                                                                {"target", "lab"},
                                                                {"template", "service"},
                                                                {"values", {{"broker", "a"}}}})),
      "");
  EXPECT_EQ(refusal(answer("/v1/workspaces/default/workloads/bare",
                           {{"values", {{"mqtt", {{"port", 70000}}}}}})),
            "spec.values.mqtt.port: found 70000, expected an integer from 1 to 65535 (template "
            "\"service\")");
}

TEST_F(ValuesSchemaTest, LooksAtTheValuesOfHosts) {
  put("/v1/hosts/pi", {{"labels", {{"site", "lab"}}}, {"values", {{"broker", "mine"}}}});
  EXPECT_EQ(refusal(deploy(json::object())), "") << "each host it reaches gives what is missing";
  EXPECT_EQ(
      refusal(answer("/v1/hosts/pi", {{"labels", {{"site", "lab"}}}, {"values", {{"broker", 7}}}})),
      "spec.values.broker: found 7, expected a string of at least 1 characters (template "
      "\"service\", of deployment default/prod)");
  put("/v1/hosts/bare", {{"labels", {{"site", "lab"}}}});
  EXPECT_EQ(refusal(deploy({{"mqtt", {{"port", 1}}}})),
            "spec.values.broker: must be given: a string of at least 1 characters (template "
            "\"service\")");
  put("/v1/hosts/pi?allowMissing=true",
      {{"labels", {{"site", "lab"}}}, {"values", {{"mqtt", {{"port", -1}}}}}});
  EXPECT_EQ(refusal(deploy({{"broker", "a"}})),
            "spec.values.mqtt.port: found -1, expected an integer from 1 to 65535, and is given by "
            "host \"pi\" (template \"service\", on host \"pi\")");
}

// A host that joins is not refused: it shows where the deployment is delivered.
TEST_F(ValuesSchemaTest, DeliversNothingThatDoesNotFit) {
  put("/v1/hosts/pi", {{"labels", {{"site", "lab"}}}, {"values", {{"broker", "mine"}}}});
  ASSERT_EQ(refusal(deploy(json::object())), "");
  put("/v1/hosts/joins", {{"labels", {{"site", "lab"}}}});
  const json changes = server.json("GET", "/v1/hosts/joins/changes");
  EXPECT_EQ(changes["deployments"][0]["error"],
            "values.broker: must be given: a string of at least 1 characters (template "
            "\"service\")");
  EXPECT_FALSE(server.json("GET", "/v1/hosts/pi/changes")["deployments"][0].contains("error"));
  server.settle();
  EXPECT_EQ(server.deployment("prod").status, Status::error);
}

TEST_F(ValuesSchemaTest, RefusesATemplateThatDeploymentsNoLongerFitUnlessToldTo) {
  ASSERT_EQ(refusal(deploy({{"broker", "a"}})), "");
  const json stricter = {{"required", {"broker", "zone"}}};
  const json refused = answer("/v1/templates/service", template_spec(stricter));
  EXPECT_EQ(refused["error"]["code"], "conflict");
  EXPECT_EQ(refused["error"]["field"], "spec.valuesSchema");
  EXPECT_EQ(refused["error"]["message"].get<std::string>().find(
                "does not fit deployment default/prod: values.zone: must be given"),
            0U)
      << refused;
  EXPECT_EQ(refused["error"]["users"], json({"deployment default/prod"}));
  put_template(stricter, "?allowMissing=true");
  EXPECT_EQ(server.deployment("prod").status, Status::error);
  EXPECT_EQ(server.deployment("prod").reason[0].find("host pi: values.zone: must be given"), 0U);
  // It does not fit as it is either; that is no reason to refuse what changes nothing about it.
  put_template({{"required", {"broker", "zone", "more"}}});
}

TEST_F(ValuesSchemaTest, LooksAtABatchAsAWhole) {
  const auto change = [](const char* kind, const char* name, const json& spec) {
    return json{{"operation", "APPLY"},
                {"entity", {{"kind", kind}, {"name", name}, {"spec", spec}}}};
  };
  json batch = {{"changes",
                 {change("Template", "next", template_spec(json::parse(kSchema))),
                  change("Workload", "w", {{"template", "next"}, {"values", {{"broker", "a"}}}}),
                  change("Deployment", "d", {{"workload", "w"}, {"target", "lab"}})}}};
  EXPECT_FALSE(server.json("POST", "/v1/changes", batch).contains("error"));
  batch["changes"][1]["entity"]["spec"]["values"] = json::object();
  const json refused = server.json("POST", "/v1/changes", batch);
  EXPECT_EQ(refused["error"]["field"], "changes[2].entity.spec.values.broker") << refused;
}

TEST_F(ValuesSchemaTest, RefusesATemplateWhoseSchemaOrDefaultsAreNoGood) {
  const auto refused = [&](const json& schema, const json& defaults = json::object()) {
    return refusal(answer("/v1/templates/other", template_spec(schema, defaults)));
  };
  EXPECT_EQ(refused({{"minimun", 1}}),
            "spec.valuesSchema.minimun: \"minimun\" is no keyword that is known here (did you mean "
            "\"minimum\"?)");
  EXPECT_EQ(refused({{"$ref", "https://example.org/schema"}}).find("spec.valuesSchema.$ref: "), 0U);
  EXPECT_EQ(refused({{"properties", {{"port", {{"type", "integer"}}}}}}, {{"port", "x"}}),
            "spec.defaults.port: found \"x\", expected an integer (by spec.valuesSchema)");
  EXPECT_EQ(refused({{"required", {"a"}}}), "") << "defaults need not be all";
  EXPECT_EQ(refused({{"$ref", "#"}}).find("spec.valuesSchema: "), 0U);
}

TEST_F(ValuesSchemaTest, MakesANewVersionOfTheTemplateAndShowsItself) {
  const json before = server.json("GET", "/v1/templates/service");
  EXPECT_EQ(before["spec"]["valuesSchema"], json::parse(kSchema));
  put_template({{"type", "object"}});
  EXPECT_EQ(server.json("GET", "/v1/templates/service")["version"],
            before["version"].get<int>() + 1);
}

}  // namespace
}  // namespace titan::server_lite
