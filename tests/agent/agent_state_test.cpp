#include "agent/agent_state.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/fake_file_system.hpp"

namespace titan::agent {
namespace {

using titan::testing::FakeFileSystem;

model::Key key(const std::string& name) {
  return {.kind = model::Kind::deployment, .workspace = "default", .name = name};
}

model::DesiredDeployment form(const std::string& name) {
  return {.key = key(name),
          .version = 2,
          .template_name = "t",
          .template_digest = Digest::of("t"),
          .driver = "files",
          .files = {{.path = "root/a", .digest = Digest::of("a"), .size = 1}},
          .inputs = model::Values::from({{"values", {{"x", 1}}}}).value(),
          .rendered_digest = Digest::of("r")};
}

AgentState full_state() {
  AgentState state{.bookmark = model::Bookmark{"0123456789abcdef", 7},
                   .time = Timestamp::from_micros(1'000'000),
                   .committed = Digest::of("c"),
                   .pushed = false,
                   .reported = Digest::of("p")};
  state.desired[key("a")] = form("a");
  state.applied[key("b")] = {form("b"), {{"etc/b", 0755, Digest::of("b")}}, "commit"};
  state.touched[key("c")] = {"etc/c", "etc/d"};
  state.folders = {"etc", "etc/x"};
  state.failures[key("d")] = "no space";
  return state;
}

TEST(AgentState, ComesBackAsItWasWritten) {
  const nlohmann::json json = full_state().json();
  const auto read = AgentState::parse(json);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->json(), json);
  EXPECT_EQ(read->applied.at(key("b")).files.at(0).mode, 0755U);
  EXPECT_EQ(read->touched.at(key("c")), (std::set<std::string>{"etc/c", "etc/d"}));
}

TEST(AgentState, ReportsWhatIsAppliedAndWhatFails) {
  const model::HostReport report = full_state().report();
  ASSERT_EQ(report.deployments.size(), 2U);
  EXPECT_EQ(report.deployments[0].key, key("b"));
  EXPECT_EQ(report.deployments[0].status, model::Status::ready);
  EXPECT_EQ(report.deployments[0].rendered_digest, Digest::of("r"));
  EXPECT_EQ(report.deployments[1].key, key("d"));
  EXPECT_EQ(report.deployments[1].status, model::Status::error);
  EXPECT_EQ(report.deployments[1].reason, "no space");
  EXPECT_TRUE(report.deployments[1].rendered_digest.empty());
}

TEST(AgentState, RefusesEveryTextThatIsCutShort) {
  const std::string text = full_state().json().dump();
  for (std::size_t length = 0; length < text.size(); ++length) {
    FakeFileSystem files;
    ASSERT_TRUE(files.write("state.json", text.substr(0, length), 0600));
    ASSERT_FALSE(StateFile(files).load()) << length;
  }
}

TEST(StateFile, IsEmptyBeforeTheFirstSave) {
  FakeFileSystem files;
  const auto state = StateFile(files).load();
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->bookmark);
}

TEST(StateFile, WritesOnlyWhatChanged) {
  FakeFileSystem files;
  StateFile file(files);
  AgentState state = full_state();
  ASSERT_TRUE(file.save(state));
  StateFile second(files);
  ASSERT_TRUE(second.load());
  files.faults().reset();
  ASSERT_TRUE(file.save(state));
  ASSERT_TRUE(second.save(state));
  EXPECT_EQ(files.faults().count(), 0U);
  state.pushed = true;
  ASSERT_TRUE(second.save(state));
  EXPECT_GT(files.faults().count(), 0U);
  EXPECT_TRUE(StateFile(files).load()->pushed);
}

}  // namespace
}  // namespace titan::agent
