#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/yaml.hpp"
#include "client/template_directory.hpp"
#include "render/compiled_template.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

// The files of examples/device-service as a host with `labels` gets them, by path.
std::map<std::string, model::RenderedFile> rendered_example(const json& labels) {
  const auto folder = DiskFileSystem::open("examples/device-service").value();
  const auto read = client::read_template_directory(*folder, "").value();
  std::vector<render::SourceFile> sources;
  for (const auto& file : read.spec.files) {
    sources.push_back({file.path, file.mode, read.blobs.at(file.digest)});
  }
  const json inputs = {
      {"values", read.spec.defaults.json()},
      {"host", {{"name", "tim-pi"}, {"labels", labels}}},
      {"deployment", {{"name", "prod"}}},
      {"workload", {{"name", "temperature-sensor"}, {"repo", "https://example.com/repo"}}},
      {"workspace", {{"name", "default"}}},
      {"organization", {{"name", "default"}}}};
  std::map<std::string, model::RenderedFile> files;
  const auto compiled = render::CompiledTemplate::compile(std::move(sources)).value();
  const auto rendered = compiled.render(inputs).value();
  for (const auto& file : rendered) files[file.path] = file;
  return files;
}

TEST(DeviceServiceExample, RendersWithItsDefaultsAlone) {
  const auto files = rendered_example({{"name", "tim-pi"}, {"platform", "kubernetes"}});
  ASSERT_EQ(files.size(), 3U);
  const auto& script = files.at("root/usr/local/bin/temperature-sensor-report.sh");
  EXPECT_EQ(script.mode, 0755U);
  EXPECT_TRUE(script.content.starts_with("#!/bin/sh\n"));
  EXPECT_NE(script.content.find("interval='60'\n"), std::string::npos);
  const auto& bridge = files.at("root/etc/mosquitto/conf.d/prod-bridge.conf");
  EXPECT_NE(bridge.content.find("\naddress broker.example.com:1883\n"), std::string::npos);

  const auto documents = parse_yaml(files.at("kubernetes/deployment.yaml").content).value();
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents[0]["metadata"]["name"], "prod");
  EXPECT_EQ(documents[0]["metadata"]["labels"]["titan/platform"], "kubernetes");
  EXPECT_EQ(documents[0]["spec"]["replicas"], 1);
}

TEST(DeviceServiceExample, NeedsNoLabels) {
  const auto files = rendered_example(json::object());
  const auto documents = parse_yaml(files.at("kubernetes/deployment.yaml").content).value();
  EXPECT_FALSE(documents[0]["metadata"]["labels"].contains("titan/platform"));
}

}  // namespace
}  // namespace titan::cli
