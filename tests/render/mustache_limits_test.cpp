// Templates made to exhaust the machine that renders them end as errors.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "render/limits.hpp"
#include "render/mustache.hpp"

namespace titan::render {
namespace {

using nlohmann::json;

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  all.reserve(count * text.size());
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string nested_sections(std::size_t depth, const std::string& inside) {
  return times(depth, "{{#x}}") + inside + times(depth, "{{/x}}");
}

Result<Mustache> compile(std::string text) {
  return Mustache::compile(std::move(text), "bomb");
}

std::string outcome_of(const std::string& text, const json& context,
                       const Partials& partials = {}) {
  const auto mustache = compile(text);
  if (!mustache) return mustache.error().text();
  Budget budget;
  const auto rendered = mustache->render(context, partials, {}, budget);
  if (rendered) return "done";
  EXPECT_EQ(rendered.error().code, ErrorCode::exhausted);
  return rendered.error().text();
}

struct CompileCase {
  const char* what;
  std::string text;
  std::string expected;  // the error; empty: none
};

TEST(MustacheLimits, BoundATextWhenItIsCompiled) {
  const std::vector<CompileCase> cases = {
      {"longest text", times(kTextBytesMax, "x"), ""},
      {"longer text", times(kTextBytesMax + 1, "x"),
       "bomb: 4194305 bytes; a template text has at most 4194304"},
      {"most tags", times(kTagsMax, "{{x}}"), ""},
      {"more tags", times(kTagsMax + 1, "{{x}}"), "bomb: more than 100000 tags"},
      {"comments are tags", times(kTagsMax + 1, "{{!}}"), "bomb: more than 100000 tags"},
      {"deepest sections", nested_sections(kSectionDepthMax, ""), ""},
      {"deeper sections", nested_sections(kSectionDepthMax + 1, ""),
       "bomb:1:385: more than 64 sections, parents and blocks inside one another"},
      {"longest name", "{{" + times(kTagNameBytesMax, "n") + "}}", ""},
      {"longer name", "{{" + times(kTagNameBytesMax + 1, "n") + "}}",
       "bomb:1:1: a name of 257 bytes; at most 256 are allowed"},
      {"longer name of a partial", "{{>" + times(kTagNameBytesMax + 1, "n") + "}}",
       "bomb:1:1: a name of 257 bytes; at most 256 are allowed"},
  };
  for (const CompileCase& each : cases) {
    const auto compiled = compile(each.text);
    EXPECT_EQ(compiled ? "" : compiled.error().text(), each.expected) << each.what;
    if (!compiled) {
      EXPECT_EQ(compiled.error().code, ErrorCode::exhausted) << each.what;
    }
  }
}

TEST(MustacheLimits, EndNestedLoops) {
  json list = json::array();
  for (int i = 0; i < 100; ++i) list.push_back(i);
  const json context = {{"x", list}};
  EXPECT_EQ(outcome_of(nested_sections(2, "."), context), "done");
  EXPECT_EQ(outcome_of(nested_sections(10, ""), context),
            "bomb: rendering takes more than 2000000 steps");
}

TEST(MustacheLimits, CountALookUpThroughManyContexts) {
  // 60 contexts deep, a name of the outermost one costs 60 steps.
  json list = json::array();
  for (int i = 0; i < 1000; ++i) list.push_back(i);
  const json context = {{"x", json::object()}, {"list", list}, {"y", ""}};
  EXPECT_EQ(outcome_of(nested_sections(60, "{{#list}}{{y}}{{/list}}"), context), "done");
  EXPECT_EQ(
      outcome_of(nested_sections(60, "{{#list}}" + times(35, "{{y}}") + "{{/list}}"), context),
      "bomb: rendering takes more than 2000000 steps");
}

TEST(MustacheLimits, CountLongValuesThatAreEscaped) {
  const json context = {{"long", times(200'000, "'")}};
  EXPECT_EQ(outcome_of(times(10, "{{long}}"), context), "done");
  // 600,000 bytes once escaped, but what is counted is read: 12,500 steps a value.
  Budget budget{.steps = 20'000};
  const auto text = compile("{{long}}{{long}}").value();
  EXPECT_EQ(text.render(context, {}, {.escape = Escape::shell}, budget).error().text(),
            "bomb: rendering takes more than 2000000 steps");
}

TEST(MustacheLimits, CountValuesThatAreWrittenAsJson) {
  const json context = {{"list", json::array({times(1'000, "v")})}};
  const auto text = compile("{{{list}}}{{{list}}}").value();
  Budget enough{.steps = 1'200};
  EXPECT_TRUE(text.render(context, {}, {.escape = Escape::json}, enough));
  Budget budget{.steps = 1'000};
  EXPECT_EQ(text.render(context, {}, {.escape = Escape::json}, budget).error().text(),
            "bomb: rendering takes more than 2000000 steps");
}

TEST(MustacheLimits, ShareOneBudgetBetweenTexts) {
  Budget budget{.steps = 10};
  const auto text = compile("{{a}}{{a}}").value();  // two steps for each tag
  EXPECT_TRUE(text.render({{"a", 1}}, {}, {}, budget));
  EXPECT_TRUE(text.render({{"a", 1}}, {}, {}, budget));
  EXPECT_FALSE(text.render({{"a", 1}}, {}, {}, budget));
}

TEST(MustacheLimits, EndARecursionOfPartials) {
  Partials partials;
  partials.emplace("self", Mustache::compile("{{>self}}", "partials/self").value());
  partials.emplace("ping", Mustache::compile("{{>pong}}{{>pong}}", "partials/ping").value());
  partials.emplace("pong", Mustache::compile("{{>ping}}{{>ping}}", "partials/pong").value());
  partials.emplace("tree", Mustache::compile("{{n}}{{#kids}}{{>tree}}{{/kids}}", "tree").value());
  EXPECT_EQ(outcome_of("{{>self}}", json::object(), partials),
            "partials/self:1:1: more than 64 partials, parents and blocks inside one another");
  EXPECT_EQ(outcome_of("{{>ping}}", json::object(), partials),
            "partials/pong:1:1: more than 64 partials, parents and blocks inside one another");

  json tree = {{"n", 1}, {"kids", json::array()}};
  for (std::size_t depth = 1; depth < kPartialDepthMax; ++depth) {
    tree = {{"n", 1}, {"kids", json::array({tree})}};
  }
  EXPECT_EQ(outcome_of("{{>tree}}", tree, partials), "done");
  tree = {{"n", 1}, {"kids", json::array({tree})}};
  EXPECT_EQ(outcome_of("{{>tree}}", tree, partials),
            "tree:1:15: more than 64 partials, parents and blocks inside one another");
}

TEST(MustacheLimits, EndPartialsThatIncludeOthersTwice) {
  Partials partials;
  for (int i = 0; i < 40; ++i) {
    const std::string next = "{{>" + std::to_string(i + 1) + "}}";
    partials.emplace(std::to_string(i), Mustache::compile(next + next, "p").value());
  }
  partials.emplace("40", Mustache::compile("", "p").value());
  EXPECT_EQ(outcome_of("{{>0}}", json::object(), partials),
            "p: rendering takes more than 2000000 steps");
}

TEST(MustacheLimits, BoundTheOutput) {
  const json context = {{"x", {1, 2}}, {"big", times(200'000, "v")}};
  const std::string half = times(kFileOutputBytesMax / 2, "t");
  EXPECT_EQ(outcome_of("{{#x}}" + half + "{{/x}}", context), "done");
  EXPECT_EQ(outcome_of("{{#x}}" + half + "{{/x}}.", context),
            "bomb: more than 4194304 bytes of output");
  EXPECT_EQ(outcome_of(times(21, "{{{big}}}"), context), "bomb: more than 4194304 bytes of output");
}

TEST(MustacheLimits, BoundTheIndentationOfPartials) {
  Partials partials;
  partials.emplace("lines", Mustache::compile(times(1'000'000, "\n"), "lines").value());
  partials.emplace("in", Mustache::compile(times(20, " ") + "{{>in}}\n", "in").value());
  EXPECT_EQ(outcome_of(times(kIndentBytesMax, " ") + "{{>lines}}", json::object(), partials),
            "lines: more than 4194304 bytes of output");
  EXPECT_EQ(outcome_of(times(kIndentBytesMax + 1, " ") + "{{>lines}}", json::object(), partials),
            "bomb:1:1026: partials are indented by more than 1024 bytes");
  EXPECT_EQ(outcome_of("{{>in}}", json::object(), partials),
            "in:1:21: partials are indented by more than 1024 bytes");
}

TEST(MustacheLimits, KeepAMistypedNameCheapAmongManyNames) {
  json context = json::object();
  for (int i = 0; i < 20'000; ++i) context["name" + std::to_string(i)] = i;
  const auto text = compile("{{nam1}}").value();
  Budget budget;
  EXPECT_EQ(text.render(context, {}, {}, budget).error().text(),
            "bomb:1:1: \"nam1\" is unknown (did you mean \"name1\"?)");
}

}  // namespace
}  // namespace titan::render
