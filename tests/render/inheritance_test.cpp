// Parents and blocks, beyond the cases of the specification.

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "render/compiled_template.hpp"
#include "render/limits.hpp"
#include "render/mustache.hpp"

namespace titan::render {
namespace {

using nlohmann::json;

using PartialTexts = std::map<std::string, std::string>;

std::string outcome_of(const std::string& text, const PartialTexts& texts = {},
                       const json& context = json::object(), bool strict = true) {
  Partials partials;
  for (const auto& [name, content] : texts) {
    auto partial = Mustache::compile(content, name);
    if (!partial) return partial.error().message;
    partials.emplace(name, *std::move(partial));
  }
  const auto mustache = Mustache::compile(text, "file");
  if (!mustache) return mustache.error().message;
  Budget budget;
  const auto output = mustache->render(context, partials, {.strict = strict}, budget);
  return output ? *output : output.error().message;
}

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

const PartialTexts kUnit = {{"unit",
                             "[Unit]\n"
                             "Description={{$description}}a service{{/description}}\n"
                             "\n"
                             "[Service]\n"
                             "{{$service}}\n"
                             "Type=simple\n"
                             "{{/service}}\n"
                             "{{$more}}{{/more}}\n"
                             "Restart=always\n"}};

TEST(Inheritance, ShowsTheDefaultsOfBlocksThatNothingFills) {
  EXPECT_EQ(outcome_of("{{<unit}}{{/unit}}\n", kUnit),
            "[Unit]\nDescription=a service\n\n[Service]\nType=simple\nRestart=always\n");
  EXPECT_EQ(outcome_of("{{>unit}}\n", kUnit), outcome_of("{{<unit}}{{/unit}}\n", kUnit));
}

TEST(Inheritance, FillsBlocksWithWhatTheParentIsGiven) {
  const std::string text =
      "{{<unit}}\n"
      "  {{$description}}{{name}} of {{host}}{{/description}}\n"
      "  {{$service}}\n"
      "    Type=oneshot\n"
      "    {{#user}}\n"
      "    User={{user}}\n"
      "    {{/user}}\n"
      "  {{/service}}\n"
      "  {{$more}}Nice=5{{/more}}\n"
      "{{/unit}}\n";
  EXPECT_EQ(outcome_of(text, kUnit, {{"name", "sensor"}, {"host", "tim-pi"}, {"user", "adm"}}),
            "[Unit]\nDescription=sensor of tim-pi\n\n[Service]\nType=oneshot\nUser=adm\nNice=5\n"
            "Restart=always\n");
}

struct Case {
  const char* what;
  std::string text;
  PartialTexts texts;
  std::string expected;
};

void expect_all(const std::vector<Case>& cases, const json& context) {
  for (const Case& each : cases) {
    EXPECT_EQ(outcome_of(each.text, each.texts, context), each.expected) << each.what;
  }
}

TEST(Inheritance, PrefersWhatIsFurthestFromTheParent) {
  const PartialTexts layers = {{"base", "{{$a}}base{{/a}} {{$b}}base{{/b}}"},
                               {"middle", "{{<base}}{{$a}}middle{{/a}}{{$b}}middle{{/b}}{{/base}}"},
                               {"wrap", "{{<base}}{{$a}}<{{$a}}wrapped{{/a}}>{{/a}}{{/base}}"},
                               {"part", "{{<base}}{{$a}}part{{/a}}{{/base}}"},
                               {"loop", "{{$a}}{{>part}}{{/a}}"}};
  expect_all(
      {
          {"one layer", "{{<base}}{{$a}}top{{/a}}{{/base}}", layers, "top base"},
          {"two layers", "{{<middle}}{{$a}}top{{/a}}{{/middle}}", layers, "top middle"},
          {"through partials", "{{<base}}{{$a}}{{>base}}{{/a}}{{$b}}top{{/b}}{{/base}}", layers,
           "base base top"},
          {"a block in what fills one is its own text's", "{{>wrap}}", layers, "<wrapped> base"},
          {"and is filled from outside of that", "{{<wrap}}{{$a}}top{{/a}}{{/wrap}}", layers,
           "top base"},
          {"a parent in what fills a block is apart", "{{<base}}{{$a}}{{>part}}{{/a}}{{/base}}",
           layers, "part base base"},
          {"the same name twice in a row",
           "{{<base}}{{$a}}{{<base}}{{$a}}inner{{/a}}{{/base}}{{/a}}{{/base}}", layers,
           "inner base base"},
          {"a partial sees the blocks around it", "{{<loop}}{{$b}}top{{/b}}{{/loop}}", layers,
           "part top"},
      },
      json::object());
}

TEST(Inheritance, LooksNamesUpWhereTheBlockStands) {
  const PartialTexts list = {{"list", "{{#l}}{{$item}}{{.}}{{/item}};{{/l}}"}};
  const json context = {{"l", {1, 2}}, {"x", "outer"}, {"o", {{"x", "inner"}}}};
  expect_all(
      {
          {"default in a list", "{{>list}}", list, "1;2;"},
          {"filled in a list", "{{<list}}{{$item}}<{{.}}>{{/item}}{{/list}}", list, "<1>;<2>;"},
          {"filled in an object",
           "{{<p}}{{$a}}{{x}}{{/a}}{{/p}}",
           {{"p", "{{$a}}{{/a}}{{#o}}{{$a}}{{/a}}{{/o}}"}},
           "outerinner"},
          {"a parent in a list",
           "{{#l}}{{<p}}{{$a}}{{.}}{{/a}}{{/p}}{{/l}}",
           {{"p", "[{{$a}}{{/a}}]"}},
           "[1][2]"},
          {"a block around a section",
           "{{<p}}{{$a}}{{#l}}-{{.}}{{/l}}{{/a}}{{/p}}",
           {{"p", "{{$a}}{{/a}}{{^none}}!{{/none}}"}},
           "-1-2!"},
          {"delimiters of its own",
           "{{=<% %>=}}<%<p%><%$a%><%x%>{{x}}<%/a%><%/p%>",
           {{"p", "{{$a}}{{/a}}{{x}}"}},
           "outer{{x}}outer"},
      },
      context);
}

TEST(Inheritance, KeepsWhatFillsABlockInThePlaceOfItsDefault) {
  const std::string lines = "{{$a}}\n    one\n      two\n{{/a}}";
  const std::string word = "{{$a}}one{{/a}}";
  const auto fill = [](const std::string& argument) { return "{{<p}}" + argument + "{{/p}}"; };
  const auto p = [](const std::string& text) { return PartialTexts{{"p", text}}; };
  const std::string yaml = "k:\n  {{$a}}\n  d\n  {{/a}}\nz\n";
  expect_all(
      {
          {"lines for lines", fill(lines), p(yaml), "k:\n  one\n    two\nz\n"},
          {"a word for lines", fill(word), p(yaml), "k:\n  one\nz\n"},
          {"nothing for lines", fill("{{$a}}{{/a}}"), p(yaml), "k:\nz\n"},
          {"an empty line for lines", fill("{{$a}}\n\n{{/a}}"), p(yaml), "k:\n  \nz\n"},
          {"lines for a line", fill(lines), p("k:\n  {{$a}}d{{/a}}\nz\n"),
           "k:\n  one\n    two\nz\n"},
          {"a word for a line", fill(word), p("k:\n  {{$a}}d{{/a}}\nz\n"), "k:\n  one\nz\n"},
          {"nothing for a line", fill("{{$a}}{{/a}}"), p("k:\n  {{$a}}d{{/a}}\nz\n"), "k:\nz\n"},
          {"lines in a line", fill(lines), p("k: {{$a}}d{{/a}}\nz\n"), "k: one\n  two\nz\n"},
          {"a word in a line", fill(word), p("k: {{$a}}d{{/a}}!\n"), "k: one!\n"},
          {"nothing in a line", fill("{{$a}}{{/a}}"), p("k: {{$a}}d{{/a}}\n"), "k: \n"},
          {"indented with white space before text", fill("{{$a}}{{/a}}"),
           p("  {{$a}}d{{/a}} tail\n"), "   tail\n"},
          {"no line break at the end of a file", fill(word), p("k:\n  {{$a}}d{{/a}}"), "k:\n  one"},
          {"deeper where the default is", fill(lines), p("{{$a}}\n    d\n{{/a}}\n"),
           "    one\n      two\n"},
          {"as deep as its tag where the default is nothing", fill(lines),
           p("  {{$a}}\n  {{/a}}\n"), "  one\n    two\n"},
          {"carriage returns", fill("{{$a}}\r\n  one\r\n{{/a}}"), p("  {{$a}}\r\n  {{/a}}\r\nz"),
           "  one\r\nz"},
          {"tabs", fill("{{$a}}\n\tone\n\t\ttwo\n{{/a}}"), p("  {{$a}}{{/a}}\n"),
           "  one\n  \ttwo\n"},
          {"a line that is less deep than the first", fill("{{$a}}\n    one\n  two\n{{/a}}"),
           p("{{$a}}{{/a}}\n"), "one\ntwo\n"},
          {"an indented parent", "  {{<p}}\n  " + lines + "\n  {{/p}}\nend\n", p(yaml),
           "  k:\n    one\n      two\n  z\nend\n"},
          {"a parent in a line", "= {{<p}}" + word + "{{/p}} =\n", p("[{{$a}}{{/a}}]"),
           "= [one] =\n"},
          {"a parent with text behind it", "  {{<p}}" + word + "{{/p}} =\n", p("[{{$a}}{{/a}}]"),
           "  [one] =\n"},
          {"partials in what fills a block",
           fill("{{$a}}\n  {{>q}}\n{{/a}}"),
           {{"p", "k:\n    {{$a}}{{/a}}\n"}, {"q", "x\ny\n"}},
           "k:\n    x\n    y\n"},
          {"partials in a line",
           fill("{{$a}}\n{{>q}}\n{{/a}}"),
           {{"p", "  k: {{$a}}{{/a}}\n"}, {"q", "x\ny\n"}},
           "  k: x\ny\n"},
          {"indented defaults and fillings end alike", "  {{<p}}{{$a}}x\ny{{/a}}{{/p}}\n",
           p("k: {{$a}}d\ne{{/a}}\n"), "  k: x\n  y\n"},
      },
      json::object());
}

TEST(Inheritance, GivesTheDefaultWhenABlockIsFilledWithTheSame) {
  for (const std::string site :
       {"k:\n  {{$a}}\n  one\n    two\n  {{/a}}\nz\n", "{{$a}}\n  one\n    two\n{{/a}}\nz\n",
        "k: {{$a}}one\n  two{{/a}}\nz\n", "  {{$a}}one{{/a}}\nz\n", "k{{$a}}one{{/a}}\nz\n"}) {
    const std::size_t begin = site.find("}}") + 2;
    const std::size_t end = site.find("{{/a}}");
    const std::string filling = "{{$a}}" + site.substr(begin, end - begin) + "{{/a}}";
    for (const std::string indent : {"", "  "}) {
      EXPECT_EQ(outcome_of(indent + "{{<p}}" + filling + "{{/p}}\n", {{"p", site}}),
                outcome_of(indent + "{{>p}}\n", {{"p", site}}))
          << site;
    }
  }
}

TEST(Inheritance, IgnoresTextInAParentAndRefusesTagsThatCouldNotShow) {
  const PartialTexts texts = {{"p", "{{$a}}a{{/a}}{{$b}}b{{/b}}"}};
  EXPECT_EQ(outcome_of("{{<p}} text {{! and this }}\n{{$b}}B{{/b}} {{=| |=}} |/p|", texts), "aB");
  const std::string hint =
      " stands in the parent \"p\", but in none of its blocks, so it would never be shown";
  for (const std::string tag :
       {"{{x}}", "{{{x}}}", "{{&x}}", "{{#x}}", "{{^x}}", "{{>x}}", "{{<x}}"}) {
    EXPECT_EQ(outcome_of("{{<p}}\n" + tag + "{{/p}}", texts), "file:2:1: \"" + tag + "\"" + hint);
  }
}

TEST(Inheritance, SaysWhereParentsAndBlocksDoNotParse) {
  expect_all(
      {
          {"open parent", " {{<p}}", {}, "file:1:2: the parent \"p\" has no end; expected {{/p}}"},
          {"open block", "\n{{$a}}", {}, "file:2:1: the block \"a\" has no end; expected {{/a}}"},
          {"open block in a parent",
           "{{<p}}{{$a}}{{/p}}",
           {},
           "file:1:13: {{/p}} does not end the innermost block, which is \"a\" from line 1"},
          {"crossed",
           "{{$a}}{{#b}}{{/a}}{{/b}}",
           {},
           "file:1:13: {{/a}} does not end the innermost section, which is \"b\" from line 1"},
          {"filled twice",
           "{{<p}}{{$b}}{{/b}}{{$a}}{{/a}}{{$b}}{{/b}}{{/p}}",
           {},
           "file:1:1: the parent \"p\" is given the block \"b\" twice"},
          {"no name", "{{$}}{{/}}", {}, "file:1:1: a tag without a name"},
          {"white space in a name",
           "{{<a b}}{{/a b}}",
           {},
           "file:1:1: \"a b\" is not a name: it holds white space"},
      },
      json::object());
}

TEST(Inheritance, SaysThroughWhichParentAnErrorCame) {
  EXPECT_EQ(
      outcome_of("\n{{<p}}{{$a}}{{x}}{{/a}}{{/p}}", {{"p", "ab {{$a}}{{/a}}"}}),
      "file:2:13: \"x\" is unknown, in the place of the block at p:1:4, included at file:2:1");
  EXPECT_EQ(outcome_of("{{<none}}{{$a}}{{/a}}{{/none}}"),
            "file:1:1: \"none\" is a partial that does not exist");
  EXPECT_EQ(outcome_of("a {{<none}}{{$a}}x{{/a}}{{/none}} b", {}, json::object(), false), "a  b");
}

TEST(Inheritance, EndsParentsThatInheritFromThemselves) {
  const PartialTexts texts = {{"self", "{{<self}}{{/self}}"},
                              {"ping", "{{<pong}}{{$a}}{{/a}}{{/pong}}"},
                              {"pong", "{{<ping}}{{$a}}{{$a}}{{/a}}{{/a}}{{/ping}}"},
                              {"block", "{{$a}}{{/a}}"},
                              {"twice", "{{<block}}{{$a}}{{>twice}}{{>twice}}{{/a}}{{/block}}"}};
  const std::string rule = ": more than 64 partials, parents and blocks inside one another";
  EXPECT_EQ(outcome_of("{{>self}}", texts), "self:1:1" + rule);
  EXPECT_EQ(outcome_of("{{>ping}}", texts), "pong:1:1" + rule);
  EXPECT_EQ(outcome_of("{{>twice}}", texts), "twice:1:1" + rule);
}

TEST(Inheritance, CountsItsWork) {
  // Each layer doubles what the one below it does.
  PartialTexts doubling;
  for (int i = 0; i < 30; ++i) {
    const std::string next = "n" + std::to_string(i + 1);
    const std::string one = "{{<" + next + "}}{{$a}}{{$a}}{{/a}}{{/a}}{{/" + next + "}}";
    doubling["n" + std::to_string(i)] = one + one;
  }
  doubling["n30"] = "{{$a}}{{/a}}";
  EXPECT_EQ(outcome_of("{{>n0}}", doubling).substr(1 + outcome_of("{{>n0}}", doubling).find(':')),
            " rendering takes more than 2000000 steps");
  EXPECT_EQ(outcome_of("{{#l}}{{<p}}{{$a}}" + times(1000, "x") + "{{/a}}{{/p}}{{/l}}",
                       {{"p", times(100, "{{$a}}{{/a}}")}}, {{"l", std::vector<int>(100, 1)}}),
            "file: more than 4194304 bytes of output");
  // A block looks into each parent around it.
  std::string chain = "{{$none}}{{/none}}";
  PartialTexts chained;
  for (int i = 0; i < 60; ++i) {
    chained["c" + std::to_string(i)] = chain;
    chain = "{{<c" + std::to_string(i) + "}}{{$x}}{{/x}}{{/c" + std::to_string(i) + "}}";
  }
  chained["c0"] = times(40'000, "{{$none}}{{/none}}");
  EXPECT_EQ(outcome_of(chain, chained), "c0: rendering takes more than 2000000 steps");
}

TEST(Inheritance, HasBlocksWithoutLimitInOneParent) {
  std::string text = "{{<p}}";
  std::string parent;
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = "b" + std::to_string(i);
    text += "{{$" + name + "}}" + std::to_string(i) + "{{/" + name + "}}";
    parent += "{{$" + name + "}}{{/" + name + "}}";
    expected += std::to_string(i);
  }
  EXPECT_EQ(outcome_of(text + "{{/p}}", {{"p", parent}}), expected);
}

TEST(Inheritance, NestsAsDeepAsSectionsDo) {
  const std::string deep =
      times(kSectionDepthMax, "{{$a}}") + "x" + times(kSectionDepthMax, "{{/a}}");
  EXPECT_EQ(outcome_of(deep), "x");
  EXPECT_EQ(outcome_of("{{$b}}" + deep + "{{/b}}"),
            "file:1:385: more than 64 sections, parents and blocks inside one another");
}

TEST(Inheritance, TakesParentsFromPartialsOfTheTemplate) {
  const std::vector<SourceFile> files = {
      {.path = "partials/unit", .content = "[Unit]\n{{$a}}{{/a}}\n"},
      {.path = "root/x.service", .content = "{{<unit}}{{$a}}D={{name}}{{/a}}{{/unit}}\n"}};
  const auto compiled = CompiledTemplate::compile(files).value();
  const auto rendered = compiled.render({{"name", "50%"}}).value();
  ASSERT_EQ(rendered.size(), 1U);
  EXPECT_EQ(rendered[0].content, "[Unit]\nD=50%%\n");  // escaped for the file, not the partial
  const json one = {{"name", "a"}, {"other", 1}};
  const json same = {{"name", "a"}, {"other", 2}};
  EXPECT_EQ(compiled.input_names().digest_of(one), compiled.input_names().digest_of(same));
  EXPECT_NE(compiled.input_names().digest_of(one),
            compiled.input_names().digest_of({{"name", "b"}, {"other", 1}}));

  EXPECT_EQ(CompiledTemplate::compile({{.path = "a", .content = "\n{{<uni}}{{/uni}}"}, files[0]})
                .error()
                .message,
            "a:2:1: the partial \"uni\" does not exist; expected the file partials/uni (did you "
            "mean \"unit\"?)");
  for (const std::string path : {"{{<unit}}{{/unit}}", "{{$a}}x{{/a}}"}) {
    EXPECT_EQ(CompiledTemplate::compile({{.path = path}, files[0]}).error().message,
              "path " + path + ": only {{name}} placeholders may stand in a path");
  }
}

}  // namespace
}  // namespace titan::render
