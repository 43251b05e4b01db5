#include <gtest/gtest.h>

#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using titan::testing::TestServer;

TEST(WorkloadStatus, IsMissingUntilItsTemplateExists) {
  TestServer server;
  const std::string path = "/v1/workspaces/default/workloads/sensor";
  const std::string body = R"({"spec":{"template":"service"}})";
  EXPECT_EQ(server.call("PUT", path, body).status, 422);
  EXPECT_EQ(server.call("PUT", path + "?allowMissing=true", body).status, 201);
  EXPECT_EQ(server.json("GET", path)["status"], "MISSING");
  EXPECT_EQ(server.json("GET", path)["reason"][0], "template \"service\" does not exist");
  server.put_template("service", "x");
  EXPECT_EQ(server.json("GET", path)["status"], "READY");
  EXPECT_TRUE(server.json("GET", path)["reason"].empty());
}

TEST(DeploymentStatus, TakesTheTemplateOfItsWorkloadWhenItNamesNone) {
  TestServer server;
  server.put_prod();
  model::Entity deployment = server.deployment("prod");
  std::get<model::DeploymentSpec>(deployment.spec).template_name.clear();
  const auto refused = server.client().put(deployment);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "spec.template");
  EXPECT_EQ(refused.error().message, "must be given, since the workload \"sensor\" names none");
  server.put({.name = "sensor",
              .workspace = "default",
              .spec = model::WorkloadSpec{.default_template = "service"}});
  server.put(deployment);
  const auto manifest = server.client().host_changes("pi", "", false).value().manifest;
  ASSERT_EQ(manifest.deployments.size(), 1U);
  EXPECT_EQ(manifest.deployments[0].template_name, "service");
}

}  // namespace
}  // namespace titan::server_lite
