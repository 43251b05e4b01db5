#include "reconciler/plan.hpp"

#include <gtest/gtest.h>

#include "tests/reconciler/fleet_builder.hpp"

namespace titan::reconciler {
namespace {

using titan::testing::deployment_key;

// "etc/a=1": the path and its content.
DeploymentFiles files(const std::string& name, const std::vector<std::string>& entries) {
  DeploymentFiles files{.key = deployment_key(name)};
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    const std::string content = entry.substr(equals + 1);
    files.files.push_back({.path = entry.substr(0, equals),
                           .digest = content == "?" ? Digest() : Digest::of(content)});
  }
  return files;
}

// "prod(-old +new) !late: reason": steps with what they remove and write, then refusals.
std::string text(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    text += (text.empty() ? "" : " ") + step.key.name + (step.leaves ? " leaves(" : "(");
    std::string inner;
    for (const auto& path : step.removals) inner += (inner.empty() ? "-" : " -") + path;
    for (const auto& file : step.writes) inner += (inner.empty() ? "+" : " +") + file.path;
    text += inner + ")";
  }
  for (const Refusal& refusal : plan.refusals) {
    text += (text.empty() ? "!" : " !") + refusal.key.name + ": " + refusal.reason;
  }
  return text;
}

struct PlanRow {
  const char* name;
  std::vector<DeploymentFiles> desired;
  std::vector<std::string> held;
  std::vector<DeploymentFiles> actual;
  const char* expected;
};

TEST(Plan, LeadsFromWhatIsThereToWhatShouldBe) {
  const std::vector<PlanRow> rows = {
      {"nothing anywhere", {}, {}, {}, ""},
      {"a first one", {files("a", {"x=1", "y=1"})}, {}, {}, "a(+x +y)"},
      {"one without files", {files("a", {})}, {}, {}, "a()"},
      {"as it should be", {files("a", {"x=1"})}, {}, {files("a", {"x=1"})}, ""},
      {"another content", {files("a", {"x=2", "y=1"})}, {}, {files("a", {"x=1", "y=1"})}, "a(+x)"},
      {"a file less", {files("a", {"x=1"})}, {}, {files("a", {"x=1", "y=1"})}, "a(-y)"},
      {"it leaves", {}, {}, {files("a", {"x=1", "y=1"})}, "a leaves(-x -y)"},
      {"it is held", {}, {"a"}, {files("a", {"x=1"})}, ""},
      {"cut off", {files("a", {"x=1"})}, {}, {files("a", {"x=?", "z=?"})}, "a(-z +x)"},
      {"cut off, then leaves", {}, {}, {files("a", {"x=?"})}, "a leaves(-x)"},
      {"leaving comes first",
       {files("a", {"x=1"})},
       {},
       {files("b", {"y=1"})},
       "b leaves(-y) a(+x)"},
      {"a path changes hands",
       {files("b", {"x=1"})},
       {},
       {files("a", {"x=1"})},
       "a leaves() b(+x)"},
      {"one path for two",
       {files("a", {"x=1"}), files("b", {"x=2"})},
       {},
       {},
       "a(+x) !b: \"x\" belongs to deployment default/a"},
      {"who was there keeps it",
       {files("a", {"x=1"}), files("b", {"x=2"})},
       {},
       {files("b", {"x=2"})},
       "!a: \"x\" belongs to deployment default/b"},
      {"whose path it is keeps it, whatever another one that is there wants",
       {files("a", {"x=2", "y=1"}), files("b", {"x=3"})},
       {},
       {files("a", {"y=1"}), files("b", {"x=2"})},
       "b(+x) !a: \"x\" belongs to deployment default/b"},
      {"held ones keep their paths",
       {files("b", {"x=2"})},
       {"a"},
       {files("a", {"x=1"})},
       "!b: \"x\" belongs to deployment default/a"},
      {"a refused one keeps what it has",
       {files("a", {"x=1"}), files("b", {"x=2", "z=2"})},
       {},
       {files("a", {"x=1"}), files("b", {"z=1"})},
       "!b: \"x\" belongs to deployment default/a"},
      {"a file where a folder is",
       {files("a", {"etc/x=1"}), files("b", {"etc=1"})},
       {},
       {},
       "a(+etc/x) !b: \"etc\" is a folder that holds files of deployment default/a"},
      {"a folder where a file is",
       {files("a", {"etc=1"}), files("b", {"etc/d/x=1"})},
       {},
       {},
       "a(+etc) !b: \"etc/d/x\" needs a folder where deployment default/a has the file \"etc\""},
      {"a file becomes a folder",
       {files("a", {"etc/x=1"})},
       {},
       {files("a", {"etc=1"})},
       "a(-etc +etc/x)"},
  };
  for (const PlanRow& row : rows) {
    std::vector<model::Key> held;
    for (const std::string& name : row.held) held.push_back(deployment_key(name));
    EXPECT_EQ(text(plan(row.desired, held, row.actual)), row.expected) << row.name;
  }
}

TEST(Plan, AModeAloneIsADifference) {
  DeploymentFiles wanted = files("a", {"x=1"});
  wanted.files[0].mode = 0755;
  EXPECT_EQ(text(plan({wanted}, {}, {files("a", {"x=1"})})), "a(+x)");
}

}  // namespace
}  // namespace titan::reconciler
