// One change as a person makes it who wants to know: render, diff, apply, why.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

using testing::RunningServer;

constexpr const char* kFleet =
    "kind: Template\n"
    "name: bridge\n"
    "spec: {directory: bridge}\n"
    "---\n"
    "{kind: Host, name: tim-pi, spec: {labels: {site: lab}}}\n"
    "---\n"
    "{kind: Workload, name: mosquitto, workspace: default, spec: {template: bridge, "
    "values: {broker: broker.example.com}}}\n"
    "---\n"
    "{kind: Target, name: lab, workspace: default, spec: {labels: {site: lab}}}\n";

constexpr const char* kDeployment =
    "{kind: Deployment, name: prod, workspace: default, spec: {workload: mosquitto, target: lab, "
    "values: {port: %}}}\n";

std::string deployment_with(const std::string& port) {
  std::string text = kDeployment;
  return text.replace(text.find('%'), 1, port);
}

class Provenance : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& content) const {
    const std::filesystem::path place = folder_.path() + "/" + path;
    std::filesystem::create_directories(place.parent_path());
    std::ofstream(place) << content;
  }
  [[nodiscard]] std::string at(const std::string& path) const {
    return folder_.path() + "/" + path;
  }
  Outcome titan(std::vector<std::string> arguments) {
    return testing::run_titan(server_, std::move(arguments));
  }
  void run_agent() {
    const auto done = SystemProcessRunner().run(
        {.arguments = testing::agent_once(server_, "tim-pi", at("host"))});
    ASSERT_EQ(done->exit_code, 0) << done->errors;
  }

  const testing::TemporaryDirectory folder_;
  RunningServer server_{folder_.path() + "/server"};
};

TEST_F(Provenance, AChangeIsSeenBeforeItIsMadeAndExplainedAfterwards) {
  write("fleet/bridge/template.yaml", "driver: files\ndefaults: {port: 1883}\n");
  write("fleet/bridge/root/etc/mosquitto/bridge.conf",
        "connection {{host.name}}\naddress {{values.broker}}:{{values.port}}\n");
  write("fleet/fleet.yaml", kFleet);
  write("old.yaml", deployment_with("1883"));
  write("new.yaml", deployment_with("8883"));
  ASSERT_EQ(titan({"apply", "-f", at("fleet")}).exit_code, 0);
  ASSERT_EQ(titan({"apply", "-f", at("old.yaml")}).exit_code, 0);
  run_agent();
  const std::string conf = "root/etc/mosquitto/bridge.conf";
  const std::vector<std::string> render = {"render", "deployment/prod", "--host",
                                           "tim-pi", "--file",          conf};
  const std::string before = "connection tim-pi\naddress broker.example.com:1883\n";
  EXPECT_EQ(titan(render).output, before);
  EXPECT_EQ(testing::read_text(at("host/root/etc/mosquitto/bridge.conf")), before);
  const std::string then = server_.client().status()->bookmark;

  const Outcome diff = titan({"diff", "deployment/prod", "-f", at("new.yaml")});
  EXPECT_EQ(diff.exit_code, 1) << diff.errors;
  EXPECT_NE(diff.output.find("deployment default/prod changes on 1 host: tim-pi\n"
                             "--- root/etc/mosquitto/bridge.conf\n"
                             "+++ root/etc/mosquitto/bridge.conf\n"
                             "@@ -1,2 +1,2 @@\n"
                             " connection tim-pi\n"
                             "-address broker.example.com:1883\n"
                             "+address broker.example.com:8883\n"),
            std::string::npos)
      << diff.output;
  EXPECT_EQ(titan(render).output, before) << "nothing was written";

  ASSERT_EQ(titan({"apply", "-f", at("new.yaml")}).exit_code, 0);
  EXPECT_EQ(titan({"diff", "-f", at("new.yaml")}).exit_code, 0);
  run_agent();
  const std::string after = "connection tim-pi\naddress broker.example.com:8883\n";
  EXPECT_EQ(titan(render).output, after);
  EXPECT_EQ(testing::read_text(at("host/root/etc/mosquitto/bridge.conf")), after);
  auto earlier = render;
  earlier.insert(earlier.end(), {"--at", then});
  EXPECT_EQ(titan(earlier).output, before);
  const Outcome written = titan({"render", "host/tim-pi", "--output-dir", at("out")});
  EXPECT_EQ(written.exit_code, 0) << written.errors;
  EXPECT_EQ(testing::read_text(at("out/default/prod/" + conf)), after);

  const Outcome why = titan({"why", "tim-pi:etc/mosquitto/bridge.conf:2", "-o", "json"});
  ASSERT_EQ(why.exit_code, 0) << why.errors;
  const auto answer = parse_json(why.output).value();
  EXPECT_EQ(answer["lines"][0]["text"], "address broker.example.com:8883");
  EXPECT_EQ(answer["lines"][0]["origins"][0]["line"], 2);
  EXPECT_EQ(answer["rule"]["target"], "lab");
  ASSERT_EQ(answer["inputs"].size(), 2U) << answer;
  EXPECT_EQ(answer["inputs"][0]["pointer"], "/values/broker");
  EXPECT_EQ(answer["inputs"][0]["layer"], "workload");
  EXPECT_EQ(answer["inputs"][1]["pointer"], "/values/port");
  EXPECT_EQ(answer["inputs"][1]["layer"], "deployment");
  const auto now = model::Bookmark::parse(then).value();
  const auto since =
      model::Bookmark::parse(answer["inputs"][1]["since"]["bookmark"].get<std::string>()).value();
  EXPECT_GT(since.seq, now.seq) << "the second apply set it";
  const Outcome text = titan({"why", "tim-pi:etc/mosquitto/bridge.conf:2"});
  EXPECT_NE(text.output.find("Value     values.port = 8883\n"), std::string::npos) << text.output;
}

}  // namespace
}  // namespace titan
