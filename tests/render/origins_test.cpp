#include "render/origins.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "render/compiled_template.hpp"
#include "render/limits.hpp"

namespace titan::render {
namespace {

using nlohmann::json;

Result<std::vector<TracedFile>> trace(std::vector<SourceFile> files, const json& inputs) {
  TITAN_ASSIGN(const CompiledTemplate compiled, CompiledTemplate::compile(std::move(files)));
  TITAN_ASSIGN(auto traced, compiled.trace(inputs));
  TITAN_ASSIGN(const auto plain, compiled.render(inputs));
  EXPECT_EQ(plain.size(), traced.size());
  for (std::size_t i = 0; i < traced.size(); ++i) EXPECT_EQ(traced[i].file(), plain[i]);
  return traced;
}

// "value /a at f:1:2+3" and so on: the place in the template, and for a piece, how many bytes.
std::string text_of(const Origin& origin) {
  static constexpr const char* kRoles[] = {"text", "value", "section", "inverted"};
  std::string text = kRoles[static_cast<int>(origin.role)];
  if (origin.role != Origin::Role::text) text += " " + origin.input;
  if (origin.item) text += "[" + std::to_string(*origin.item) + "]";
  text += " at " + origin.place.file + ":" + std::to_string(origin.place.line) + ":" +
          std::to_string(origin.place.column);
  if (origin.written) {
    text += " gives " + std::to_string(origin.offset) + "+" + std::to_string(origin.length);
  } else {
    text += origin.left_out ? " gives nothing" : origin.encloses ? " encloses" : " decides";
  }
  return text;
}

std::vector<std::string> texts_of(const std::vector<Origin>& origins) {
  std::vector<std::string> texts;
  for (const Origin& origin : origins) texts.push_back(text_of(origin));
  return texts;
}

using OriginTexts = std::vector<std::string>;

// The origins of each line of what `content` gives as the file "f".
std::vector<OriginTexts> origins_of(const std::string& content, const json& inputs,
                                    const std::vector<SourceFile>& partials = {}) {
  std::vector<SourceFile> files = partials;
  files.push_back({.path = "f", .content = content});
  const auto traced = trace(std::move(files), inputs);
  if (!traced) return {{traced.error().text()}};
  std::vector<OriginTexts> lines;
  for (std::size_t line = 1; line <= traced->front().line_count(); ++line) {
    lines.push_back(texts_of(traced->front().origins(line)));
  }
  return lines;
}

TEST(Origins, NameTheTextAndTheValuesOfEachLine) {
  EXPECT_EQ(
      origins_of("a {{x}}-{{{y.z}}}\nb\n\n{{&x}}", {{"x", 12}, {"y", {{"z", "zz"}}}}),
      (std::vector<OriginTexts>{
          {"text at f:1:1 gives 0+2", "value /x at f:1:3 gives 2+2", "text at f:1:8 gives 4+1",
           "value /y/z at f:1:9 gives 5+2", "text at f:1:18 gives 7+1"},
          {"text at f:2:1 gives 0+2"},
          {"text at f:3:1 gives 0+1"},
          {"value /x at f:4:1 gives 0+2"},
      }));
}

TEST(Origins, CountColumnsInCharactersAndOffsetsInBytes) {
  EXPECT_EQ(origins_of("ä€{{x}}!", {{"x", "ü"}}),
            (std::vector<OriginTexts>{{"text at f:1:1 gives 0+5", "value /x at f:1:3 gives 5+2",
                                       "text at f:1:8 gives 7+1"}}));
}

TEST(Origins, NameTheItemsOfLists) {
  EXPECT_EQ(origins_of("{{#v.l}}\n- {{n}}\n{{/v.l}}\nend\n",
                       {{"v", {{"l", {{{"n", 1}}, {{"n", 2}}}}}}, {"n", 0}}),
            (std::vector<OriginTexts>{
                {"section /v/l[0] at f:1:1 encloses", "text at f:2:1 gives 0+2",
                 "value /v/l/0/n at f:2:3 gives 2+1", "text at f:2:8 gives 3+1"},
                {"section /v/l[1] at f:1:1 encloses", "text at f:2:1 gives 0+2",
                 "value /v/l/1/n at f:2:3 gives 2+1", "text at f:2:8 gives 3+1"},
                {"text at f:4:1 gives 0+4"},
            }));
}

TEST(Origins, NameWhereANameWasFoundFromTheInside) {
  EXPECT_EQ(
      origins_of("{{#a}}{{#l}}{{x}}{{.}}{{y}}{{/l}}{{/a}}",
                 {{"a", {{"x", 1}}}, {"l", {7}}, {"y", 2}, {"x", 3}}),
      (std::vector<OriginTexts>{{"section /a at f:1:1 encloses", "section /l[0] at f:1:7 encloses",
                                 "value /a/x at f:1:13 gives 0+1", "value /l/0 at f:1:18 gives 1+1",
                                 "value /y at f:1:23 gives 2+1"}}));
}

TEST(Origins, NameWhatDecidesAboutALine) {
  const json inputs = {{"on", true}, {"off", false}};
  EXPECT_EQ(origins_of("{{^no.where}}a{{/no.where}}{{#off}}b{{/off}}{{^on}}c{{/on}}\n", inputs),
            (std::vector<OriginTexts>{
                {"inverted /no/where at f:1:1 encloses", "text at f:1:14 gives 0+1",
                 "section /off at f:1:28 gives nothing", "inverted /on at f:1:45 gives nothing",
                 "text at f:1:60 gives 1+1"}}));
  // Not around what follows, but the line begins where it does because of it.
  EXPECT_EQ(
      origins_of("a{{#on}}\n{{/on}}b", inputs),
      (std::vector<OriginTexts>{
          {"text at f:1:1 gives 0+1", "section /on at f:1:2 encloses", "text at f:1:9 gives 1+1"},
          {"section /on at f:1:2 decides", "text at f:2:8 gives 0+1"}}));
  EXPECT_EQ(origins_of("{{#on}}\na\n{{/on}}\nb", inputs),
            (std::vector<OriginTexts>{{"section /on at f:1:1 encloses", "text at f:2:1 gives 0+2"},
                                      {"text at f:4:1 gives 0+1"}}));
  // Sections of whole lines that are left out do not stand in the line that comes next.
  EXPECT_EQ(origins_of("{{#off}}\na\n{{/off}}\nb{{#off}}\n{{/off}}", inputs),
            (std::vector<OriginTexts>{
                {"text at f:4:1 gives 0+1", "section /off at f:4:2 gives nothing"}}));
  // Without "on", neither line break would be there.
  EXPECT_EQ(origins_of("a{{#on}}\n{{/on}}{{#on}}b\n{{/on}}c", inputs).back(),
            (OriginTexts{"section /on at f:1:2 decides", "text at f:3:8 gives 0+1"}));
  EXPECT_EQ(origins_of("{{x}}b", {{"x", "1\n2\n"}}),
            (std::vector<OriginTexts>{{"value /x at f:1:1 gives 0+2"},
                                      {"value /x at f:1:1 gives 0+2"},
                                      {"value /x at f:1:1 decides", "text at f:1:6 gives 0+1"}}));
}

TEST(Origins, NameValuesThatAreEmpty) {
  EXPECT_EQ(origins_of("{{x}}\n{{x}}", {{"x", ""}}),
            (std::vector<OriginTexts>{{"value /x at f:1:1 gives 0+0", "text at f:1:6 gives 0+1"}}));
}

TEST(Origins, NamePartialsParentsAndBlocks) {
  const std::vector<SourceFile> partials = {
      {.path = "partials/p", .content = "p {{x}}\n{{$b}}\nd {{x}}\n{{/b}}\n"}};
  const std::string content = " {{>p}}\n{{<p}}\n{{$b}}\n    g {{x}}\n{{/b}}\n{{/p}}\n";
  EXPECT_EQ(
      origins_of(content, {{"x", 1}}, partials),
      (std::vector<OriginTexts>{
          {"text at partials/p:1:1 gives 0+3", "value /x at partials/p:1:3 gives 3+1",
           "text at partials/p:1:8 gives 4+1"},
          {"text at partials/p:3:1 gives 0+3", "value /x at partials/p:3:3 gives 3+1",
           "text at partials/p:3:8 gives 4+1"},
          {"text at partials/p:1:1 gives 0+2", "value /x at partials/p:1:3 gives 2+1",
           "text at partials/p:1:8 gives 3+1"},
          {"text at f:4:5 gives 0+2", "value /x at f:4:7 gives 2+1", "text at f:4:12 gives 3+1"},
      }));
}

TEST(Origins, NameTheTagsThatBroughtAText) {
  const auto traced = trace({{.path = "f", .content = "{{>p}}\n{{<p}}{{$b}}b{{/b}}{{/p}}"},
                             {.path = "partials/p", .content = "p{{$b}}{{>q}}{{/b}}\n"},
                             {.path = "partials/q", .content = "q"}},
                            json::object());
  ASSERT_TRUE(traced) << traced.error().text();
  const TracedFile& file = traced->front();
  ASSERT_EQ(file.line_count(), 2U);
  const auto first = file.origins(1);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0].included, (std::vector<Place>{{"f", 1, 1}}));
  EXPECT_EQ(first[1].place, (Place{"partials/q", 1, 1}));
  EXPECT_EQ(first[1].included, (std::vector<Place>{{"partials/p", 1, 8}, {"f", 1, 1}}));
  const auto second = file.origins(2);
  ASSERT_EQ(second.size(), 3U);
  EXPECT_EQ(second[1].place, (Place{"f", 2, 13}));
  EXPECT_EQ(second[1].included, (std::vector<Place>{{"partials/p", 1, 2}, {"f", 2, 1}}));
}

TEST(Origins, EscapeNamesInPointers) {
  EXPECT_EQ(
      origins_of("{{a/b.m~n}}{{.}}", {{"a/b", {{"m~n", 1}}}}),
      (std::vector<OriginTexts>{{"f:1:12: \".\" is an object; expected a string, a number, or true "
                                 "or false ({{{name}}} writes all of it as JSON in JSON and YAML "
                                 "files)"}}));
  EXPECT_EQ(origins_of("{{a/b.m~n}}", {{"a/b", {{"m~n", 1}}}}),
            (std::vector<OriginTexts>{{"value /a~1b/m~0n at f:1:1 gives 0+1"}}));
}

TEST(Origins, NameWhatAPathIsMadeOf) {
  const auto traced =
      trace({{.path = "etc/{{host.name}}-{{v}}.conf"}}, {{"host", {{"name", "pi"}}}, {"v", ""}});
  ASSERT_TRUE(traced) << traced.error().text();
  const TracedFile& file = traced->front();
  EXPECT_EQ(file.source(), "etc/{{host.name}}-{{v}}.conf");
  EXPECT_EQ(file.file().path, "etc/pi-.conf");
  EXPECT_EQ(file.line_count(), 0U);
  const std::string at = " at etc/{{host.name}}-{{v}}.conf:1:";
  EXPECT_EQ(texts_of(file.path_origins()),
            (OriginTexts{"text" + at + "1 gives 0+4", "value /host/name" + at + "5 gives 4+2",
                         "text" + at + "18 gives 6+1", "value /v" + at + "19 gives 7+0",
                         "text" + at + "24 gives 7+5"}));
}

TEST(Origins, AreLinesOfTheFileItselfWhenItIsCopied) {
  const auto traced = trace({{.path = "b", .content = std::string("\0a\nb", 4)}}, json::object());
  ASSERT_TRUE(traced) << traced.error().text();
  ASSERT_EQ(traced->front().line_count(), 2U);
  EXPECT_EQ(traced->front().line(2), "b");
  EXPECT_EQ(texts_of(traced->front().origins(2)), (OriginTexts{"text at b:2:1 gives 0+1"}));
}

TEST(Origins, AreNotRecordedBeyondALimit) {
  json list = json::array();
  for (int i = 0; i < 1000; ++i) list.push_back(i);
  const std::vector<SourceFile> files = {{.path = "f", .content = "{{#l}}{{#l}}.{{/l}}{{/l}}"}};
  const auto compiled = CompiledTemplate::compile(files).value();
  json few = list;
  few.erase(few.begin() + 400, few.end());
  EXPECT_TRUE(compiled.render({{"l", few}}));
  EXPECT_TRUE(compiled.trace({{"l", few}}));
  few = list;
  few.erase(few.begin() + 750, few.end());
  EXPECT_TRUE(compiled.render({{"l", few}}));
  EXPECT_EQ(compiled.trace({{"l", few}}).error().text(),
            "f: more than 500000 pieces of output, too many to say where each is from");
}

TEST(Origins, AreAtMostSoManyOfALine) {
  std::string line;
  for (int i = 0; i < 20'000; ++i) line += "{{x}}";
  const auto traced = trace({{.path = "f", .content = line + "\n{{x}}"}}, {{"x", 1}});
  ASSERT_TRUE(traced) << traced.error().text();
  EXPECT_EQ(traced->front().origins(1).size(), kLineOriginsMax);
  EXPECT_EQ(traced->front().origins(2).size(), 1U);
}

TEST(Origins, CountWhatIsLookedAtAgain) {
  const auto times = [](int count, const std::string& text) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
  };
  const auto compiled = CompiledTemplate::compile(
      {{.path = "f",
        .content = times(20'000, "{{#no}}x{{/no}}") + times(20'000, "{{#yes}}{{/yes}}")}});
  ASSERT_TRUE(compiled.value().render({{"yes", true}}));
  EXPECT_EQ(compiled.value().trace({{"yes", true}}).error().code, ErrorCode::exhausted);
}

}  // namespace
}  // namespace titan::render
