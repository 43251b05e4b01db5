#include "agent/agent_state.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
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
          .desired_digest = Digest::of("desired " + name),
          .rendered_digest = Digest::of("r")};
}

constexpr const char* kDevice = "ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

AgentState full_state() {
  AgentState state{.bookmark = model::Bookmark{"0123456789abcdef", 7},
                   .time = Timestamp::from_micros(1'000'000),
                   .committed = Digest::of("c"),
                   .pushed = false,
                   .reported = Digest::of("p")};
  state.desired[key("a")] = form("a");
  state.applied[key("b")] = {
      .form = form("b"),
      .files = {{"etc/b", 0755, Digest::of("b"), "root:adm"}, {"etc/s", 0600, Digest::of("s")}},
      .commit = "commit",
      .since = Timestamp::from_micros(2'000'000),
      .healed = 3,
      .secret_files = {"etc/s"}};
  state.previous[key("b")] = form("b");
  state.transactions[key("c")] = {.phase = reconciler::Phase::checking,
                                  .attempted = {form("c"), form("c")}};
  state.attempts[key("c")] = {
      .form = Digest::of("c"), .count = 2, .reason = "it is not healthy", .output = "no"};
  state.waiting[key("e")] = "waiting for default/a";
  state.touched[key("c")] = {"etc/c", "etc/d"};
  state.folders = {"etc", "etc/x"};
  state.failures[key("d")] = "no space";
  state.serials[key("a")] = 5;
  state.sealed_for = PublicKey::parse(kDevice).value();
  return state;
}

TEST(AgentState, ComesBackAsItWasWritten) {
  const std::string text = full_state().text();
  const nlohmann::json json = parse_json(text).value();
  EXPECT_EQ(text, canonical_json(json));
  const auto read = AgentState::parse(json);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->text(), text);
  EXPECT_EQ(read->applied.at(key("b")).files.at(0).mode, 0755U);
  EXPECT_EQ(read->applied.at(key("b")).secret_files, std::set<std::string>{"etc/s"});
  EXPECT_EQ(read->sealed_for.text(), kDevice);
  EXPECT_EQ(read->touched.at(key("c")), (std::set<std::string>{"etc/c", "etc/d"}));
}

TEST(AgentState, TakesOverValuesThatAreSealedAnewOfTheSameDigest) {
  AgentState state = full_state();
  EXPECT_FALSE(state.desires_secrets());
  state.desired[key("b")] = form("b");
  state.desired[key("b")].secrets = {{"db", "password", Digest::of("1"), "new"},
                                     {"db", "user", Digest::of("3"), "new"}};
  state.applied[key("b")].form.secrets = {{"db", "password", Digest::of("1"), "old"},
                                          {"db", "user", Digest::of("2"), "old"}};
  EXPECT_TRUE(state.desires_secrets());
  state.renew_sealed();
  EXPECT_EQ(state.applied[key("b")].form.secrets[0].sealed, "new");
  EXPECT_EQ(state.applied[key("b")].form.secrets[1].sealed, "old");
}

TEST(AgentState, ReportsWhatIsAppliedAndWhatFails) {
  const model::HostReport report = full_state().report({});
  ASSERT_EQ(report.deployments.size(), 3U);
  EXPECT_EQ(report.deployments[0].key, key("b"));
  EXPECT_EQ(report.deployments[0].status, model::Status::ready);
  EXPECT_EQ(report.deployments[0].rendered_digest, Digest::of("r"));
  EXPECT_EQ(report.deployments[1].key, key("d"));
  EXPECT_EQ(report.deployments[1].status, model::Status::error);
  EXPECT_EQ(report.deployments[1].reason, "no space");
  EXPECT_TRUE(report.deployments[1].rendered_digest.empty());
  EXPECT_EQ(report.deployments[2].key, key("e"));
  EXPECT_EQ(report.deployments[2].status, model::Status::updating);
  EXPECT_EQ(report.deployments[2].reason, "waiting for default/a");
}

TEST(AgentState, ReportsOfWhichFormItSpeaks) {
  const Digest old_form = Digest::of("old");
  const Digest new_form = Digest::of("new");
  struct Row {
    const char* what;
    bool applied, desired, fails;
    Digest expected;
  };
  const Row rows[] = {
      {"applied, as it is wanted or as it was", true, true, false, old_form},
      {"applied, and the new form fails", true, true, true, new_form},
      {"applied, and fails to leave", true, false, true, old_form},
      {"the first form fails", false, true, true, new_form},
      {"fails to leave, and nothing of it was applied", false, false, true, Digest()},
  };
  for (const Row& row : rows) {
    AgentState state;
    if (row.applied) state.applied[key("a")].form = form("a");
    if (row.applied) state.applied[key("a")].form.desired_digest = old_form;
    if (row.desired) state.desired[key("a")] = form("a");
    if (row.desired) state.desired[key("a")].desired_digest = new_form;
    if (row.fails) state.failures[key("a")] = "no space";
    const model::HostReport report = state.report({});
    ASSERT_EQ(report.deployments.size(), 1U) << row.what;
    EXPECT_EQ(report.deployments[0].desired_digest, row.expected) << row.what;
    EXPECT_EQ(report.deployments[0].status == model::Status::error, row.fails) << row.what;
  }
}

TEST(AgentState, HasADigestOfWhatIsAppliedLikeThatOfADesiredSet) {
  AgentState state = full_state();
  const Digest before = state.digest_of_applied();
  EXPECT_EQ(before, model::digest_of_desired({{key("b"), Digest::of("desired b")}}));
  state.applied[key("b")].form.desired_digest = Digest::of("another");
  EXPECT_NE(state.digest_of_applied(), before);
}

TEST(AgentState, OfAnOlderAgentAsksForEverything) {
  nlohmann::json older = parse_json(full_state().text()).value();
  older["desired"][0].erase("desiredDigest");
  older["applied"][0]["form"].erase("desiredDigest");
  const auto state = AgentState::parse(older);
  ASSERT_TRUE(state) << state.error().text();
  EXPECT_FALSE(state->bookmark);
  EXPECT_EQ(state->desired.at(key("a")).rendered_digest, Digest::of("r"));
  EXPECT_EQ(state->applied.at(key("b")).files.size(), 2U);
  EXPECT_NE(state->desired.at(key("a")).desired_digest, Digest::of("desired a"));
  EXPECT_FALSE(state->desired.at(key("a")).desired_digest.empty());
}

TEST(AgentState, RefusesEveryTextThatIsCutShort) {
  const std::string text = full_state().text();
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
