#include "model/template.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace titan::model {
namespace {

TEST(TemplateSpec, HasADigestThatChangesWithEachPart) {
  const Digest x = Digest::of("x");
  const Digest y = Digest::of("y");
  const auto defaults = [](nlohmann::json json) { return Values::from(std::move(json)).value(); };
  const TemplateSpec base{.driver = "files",
                          .defaults = defaults({{"n", 1}}),
                          .files = {{"a", 0644, x, 1}, {"b", 0644, x, 1}}};
  std::set<Digest> seen = {base.digest()};
  const auto expect_new = [&](const char* what, auto edit) {
    TemplateSpec edited = base;
    edit(edited);
    EXPECT_TRUE(seen.insert(edited.digest()).second) << what;
  };
  expect_new("driver", [](auto& spec) { spec.driver = "systemd"; });
  expect_new("defaults", [&](auto& spec) { spec.defaults = defaults({{"n", 2}}); });
  expect_new("type of a number", [&](auto& spec) { spec.defaults = defaults({{"n", 1.0}}); });
  expect_new("no defaults", [](auto& spec) { spec.defaults = Values(); });
  expect_new("path", [](auto& spec) { spec.files[1].path = "c"; });
  expect_new("mode", [](auto& spec) { spec.files[1].mode = 0755; });
  expect_new("content", [&](auto& spec) { spec.files[1].digest = y; });
  expect_new("content of the first", [&](auto& spec) { spec.files[0].digest = y; });
  expect_new("one file less", [](auto& spec) { spec.files.pop_back(); });
  expect_new("owner", [](auto& spec) { spec.files[0].owner = "root"; });
  expect_new("owner of the other", [](auto& spec) { spec.files[1].owner = "root"; });
  expect_new("health", [](auto& spec) {
    spec.health.checks = {{.kind = HealthCheck::Kind::systemd, .unit = "a.service"}};
  });
  expect_new("health within other times", [](auto& spec) {
    spec.health.checks = {{.kind = HealthCheck::Kind::systemd, .unit = "a.service"}};
    spec.health.window = std::chrono::seconds(1);
  });
  expect_new("escape", [](auto& spec) { spec.files[0].escape = "ini"; });
  expect_new("escape of the other", [](auto& spec) { spec.files[1].escape = "ini"; });
  expect_new("another escape", [](auto& spec) { spec.files[1].escape = "xml"; });
  expect_new("hook", [](auto& spec) { spec.hooks.pre_apply.file = "hooks/a"; });
  expect_new("the same of another hook",
             [](auto& spec) { spec.hooks.post_apply.file = "hooks/a"; });
  expect_new("time of a hook",
             [](auto& spec) { spec.hooks.pre_apply.timeout = std::chrono::seconds(1); });
  expect_new("schema", [&](auto& spec) { spec.values_schema = defaults({{"type", "object"}}); });
  expect_new("no file", [](auto& spec) { spec.files.clear(); });
  EXPECT_EQ(TemplateSpec(base).digest(), base.digest());
}

// The same files from elsewhere are the same template.
TEST(TemplateSpec, HasTheSameDigestWhereverItWasRead) {
  const TemplateSpec spec{.files = {{"a", 0644, Digest::of("x"), 1}}};
  TemplateSpec from_git = spec;
  from_git.git = {.repository = "file:///srv/x.git", .commit = std::string(40, 'a')};
  EXPECT_EQ(from_git.digest(), spec.digest());
  EXPECT_NE(from_git, spec);
}

TEST(TemplateSpec, IsThereOnceItWasReadFromGit) {
  TemplateSpec spec;
  EXPECT_TRUE(spec.is_there());
  spec.git = {.repository = "file:///srv/x.git"};
  EXPECT_FALSE(spec.is_there());
  spec.git->commit = std::string(40, 'a');
  EXPECT_TRUE(spec.is_there()) << "without any file, too";
  spec.git->commit.clear();
  spec.files = {{"a", 0644, Digest::of("x"), 1}};
  EXPECT_TRUE(spec.is_there()) << "of what was there before";
}

TEST(TemplateSpec, HasOneDigestHoweverItsDefaultsAreOrdered) {
  const auto with = [](const char* text) {
    return TemplateSpec{.defaults = Values::from(nlohmann::json::parse(text)).value()}.digest();
  };
  EXPECT_EQ(with(R"({"a": 1, "b": {"c": 2, "d": 3}})"), with(R"({"b":{"d":3,"c":2},"a":1})"));
}

// What hosts of earlier releases hold must not look new to them.
TEST(TemplateSpec, HasTheDigestOfBeforeWithoutOwnersAndHealth) {
  const TemplateSpec spec{.driver = "files", .files = {{"a", 0644, Digest::of("x"), 1}}};
  const Digest before = Hasher()
                            .add("files")
                            .add("{}")
                            .add(1U)
                            .add("a")
                            .add(0644U)
                            .add(Digest::of("x").text())
                            .finish();
  EXPECT_EQ(spec.digest(), before);
}

}  // namespace
}  // namespace titan::model
