#include "render/compiled_template.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "model/limits.hpp"
#include "render/limits.hpp"

namespace titan::render {
namespace {

using model::RenderedFile;
using nlohmann::json;

json inputs() {
  return {{"values", {{"interval", 5}, {"name", "probe"}, {"tls", {{"on", true}}}}},
          {"host", {{"name", "tim-pi"}, {"labels", {{"site", "lab"}}}}},
          {"deployment", {{"name", "prod"}}}};
}

Result<std::vector<RenderedFile>> render(std::vector<SourceFile> files,
                                         const json& with = inputs()) {
  TITAN_ASSIGN(const CompiledTemplate compiled, CompiledTemplate::compile(std::move(files)));
  return compiled.render(with);
}

// "path=content;" of each file, or the error's code and message.
std::string outcome(const Result<std::vector<RenderedFile>>& result) {
  if (!result) return std::string(name_of(result.error().code)) + "! " + result.error().message;
  std::string text;
  for (const RenderedFile& file : *result) text += file.path + "=" + file.content + ";";
  return text;
}

TEST(CompiledTemplate, RendersEachFileWithItsPathAndMode) {
  const auto files = render({
      {"root/usr/bin/{{deployment.name}}", 0755, "#!/bin/sh\nsleep {{values.interval}}\n"},
      {"root/etc/{{deployment.name}}/{{values.name}}-{{host.name}}.conf", 0640,
       "every {{values.interval}}s\n"},
  });
  ASSERT_TRUE(files) << files.error().text();
  EXPECT_EQ(*files, (std::vector<RenderedFile>{
                        {"root/etc/prod/probe-tim-pi.conf", 0640, "every 5s\n"},
                        {"root/usr/bin/prod", 0755, "#!/bin/sh\nsleep 5\n"},
                    }));
}

TEST(CompiledTemplate, EscapesByKindOfFile) {
  const json with = {{"x", "it's \"5%\""}};
  EXPECT_EQ(outcome(render({{.path = "a.json", .content = "\"{{x}}\""},
                            {.path = "b.yaml", .content = "k: \"{{x}}\""},
                            {.path = "c.sh", .content = "echo '{{x}}'"},
                            {.path = "d", .content = "#!/bin/sh\necho '{{x}}'"},
                            {.path = "e.service", .content = "Environment=\"X={{x}}\""},
                            {.path = "f.conf", .content = "{{x}}"}},
                           with)),
            "a.json=\"it's \\\"5%\\\"\";"
            "b.yaml=k: \"it's \\\"5%\\\"\";"
            "c.sh=echo 'it'\\''s \"5%\"';"
            "d=#!/bin/sh\necho 'it'\\''s \"5%\"';"
            "e.service=Environment=\"X=it's \\\"5%%\\\"\";"
            "f.conf=it's \"5%\";");
}

TEST(CompiledTemplate, EscapesAFileAsItIsToldTo) {
  const json with = {{"x", "<a \"b\">"}};
  EXPECT_EQ(outcome(render({{.path = "a.conf", .content = "{{x}}{{>p}}", .escape = Escape::json},
                            {.path = "b.json", .content = "{{x}}{{>p}}", .escape = Escape::plain},
                            {.path = "c.sh", .content = "{{x}}{{>p}}", .escape = Escape::html},
                            {.path = "d.xml", .content = "{{x}}{{>p}}"},
                            {.path = "partials/p", .content = "{{x}}"}},
                           with)),
            "a.conf=<a \\\"b\\\"><a \\\"b\\\">;"
            "b.json=<a \"b\"><a \"b\">;"
            "c.sh=&lt;a &quot;b&quot;&gt;&lt;a &quot;b&quot;&gt;;"
            "d.xml=&lt;a &quot;b&quot;&gt;&lt;a &quot;b&quot;&gt;;");
  EXPECT_EQ(outcome(render({{.path = "partials/p", .content = "x", .escape = Escape::xml}})),
            "invalid! partials/p: is escaped like the file that includes it, not as xml");
}

TEST(CompiledTemplate, RefusesAValueThatTheFileCannotHold) {
  const json with = {{"x", "a\nb"}, {"nul", std::string("\0", 1)}};
  EXPECT_EQ(outcome(render({{.path = "a.ini", .content = "[s]\nk = {{x}}"}}, with)),
            "invalid! a.ini:2:5: \"x\" holds U+000a at character 2, which readers of INI files do "
            "not read alike");
  EXPECT_EQ(outcome(render({{.path = "a.xml", .content = "<a>{{nul}}</a>"}}, with)),
            "invalid! a.xml:1:4: \"nul\" holds U+0000 at character 1, which XML 1.0 cannot hold");
  EXPECT_EQ(outcome(render({{.path = "a.ini", .content = "{{{x}}}"}}, with)), "a.ini=a\nb;");
}

TEST(CompiledTemplate, KnowsTheCommandLinesOfUnits) {
  EXPECT_EQ(
      outcome(render({{.path = "a.service",
                       .content = "Environment=\"X={{x}}\"\nExecStart=/bin/a \"{{x}}\" {{>p}}"},
                      {.path = "partials/p", .content = "\\\n  '{{x}}'\nUser={{x}}\n"}},
                     {{"x", "$A"}})),
      "a.service=Environment=\"X=$A\"\nExecStart=/bin/a \"$$A\" \\\n  '$$A'\nUser=$A\n;");
}

TEST(CompiledTemplate, IncludesPartialsAndGivesThemNoOutput) {
  EXPECT_EQ(outcome(render({{.path = "partials/common/head", .content = "# {{host.name}}\n"},
                            {.path = "partials/unused", .content = "{{not.rendered}}"},
                            {.path = "a", .content = "  {{> common/head}}\nend\n"},
                            {.path = "sub/partials/x", .content = "a file\n"}})),
            "a=  # tim-pi\nend\n;sub/partials/x=a file\n;");
}

TEST(CompiledTemplate, CopiesBinaryFilesAsTheyAre) {
  const std::string binary = std::string("{{#open\0", 8) + "{{";
  EXPECT_EQ(outcome(render({{.path = "{{host.name}}.json", .content = binary}})),
            "tim-pi.json=" + binary + ";");
  std::string late(kBinaryProbeBytes + 1, ' ');
  late.back() = '\0';
  EXPECT_EQ(outcome(render({{.path = "a", .content = late + "{{host.name}}"}})),
            "a=" + late + "tim-pi;");
  late[kBinaryProbeBytes - 1] = '\0';
  EXPECT_EQ(outcome(render({{.path = "a", .content = late + "{{host.name}}"}})),
            "a=" + late + "{{host.name}};");
}

struct RefusalCase {
  const char* what;
  std::vector<SourceFile> files;
  std::string expected;
};

void expect_refused(const std::vector<RefusalCase>& cases) {
  for (const RefusalCase& each : cases) {
    EXPECT_EQ(outcome(render(each.files)), each.expected) << each.what;
    std::vector<SourceFile> reversed(each.files.rbegin(), each.files.rend());
    EXPECT_EQ(outcome(render(reversed)), each.expected) << each.what << ", other order";
  }
}

TEST(CompiledTemplate, RefusesWhatDoesNotCompile) {
  const std::string nul(1, '\0');
  expect_refused({
      {"broken file",
       {{.path = "b"}, {.path = "a/c", .content = "1\n {{#x}}"}},
       "invalid! a/c:2:2: the section \"x\" has no end; expected {{/x}}"},
      {"broken partial",
       {{.path = "partials/p", .content = "{{x"}},
       "invalid! partials/p:1:1: the tag that starts here has no end; expected }}"},
      {"broken path",
       {{.path = "a/{{x"}},
       "invalid! path a/{{x:1:3: the tag that starts here has no end; expected }}"},
      {"section in a path",
       {{.path = "{{#x}}a{{/x}}"}},
       "invalid! path {{#x}}a{{/x}}: only {{name}} placeholders may stand in a path"},
      {"partial in a path",
       {{.path = "{{>p}}"}, {.path = "partials/p"}},
       "invalid! path {{>p}}: only {{name}} placeholders may stand in a path"},
      {"missing partial",
       {{.path = "a", .content = "\n {{> haed}}"}, {.path = "partials/head"}},
       "invalid! a:2:2: the partial \"haed\" does not exist; expected the file partials/haed "
       "(did you mean \"head\"?)"},
      {"missing partial of a partial",
       {{.path = "partials/p", .content = "{{>q}}"}},
       "invalid! partials/p:1:1: the partial \"q\" does not exist; expected the file partials/q"},
      {"missing partial that is never rendered",
       {{.path = "a", .content = "{{#no}}{{>q}}{{/no}}"}},
       "invalid! a:1:8: the partial \"q\" does not exist; expected the file partials/q"},
      {"binary partial",
       {{.path = "partials/p", .content = nul}},
       "invalid! partials/p: holds a NUL byte; a partial has to be text"},
      {"one path twice",
       {{.path = "a"}, {.path = "a"}},
       "invalid! a: stands twice in the template"},
  });
}

TEST(CompiledTemplate, RefusesWhatTheInputsDoNotHave) {
  expect_refused({
      {"in a file",
       {{.path = "root/a", .content = "x\ny {{values.intervall}}"}},
       "invalid! root/a:2:3: \"values.intervall\" is unknown (did you mean \"values.interval\"?)"},
      {"in a path",
       {{.path = "root/{{hots.name}}"}},
       "invalid! path root/{{hots.name}}:1:6: \"hots.name\" is unknown (did you mean "
       "\"host.name\"?)"},
      {"first file by path",
       {{.path = "b", .content = "{{q}}"}, {.path = "a", .content = "{{w}}"}},
       "invalid! a:1:1: \"w\" is unknown"},
  });
}

TEST(CompiledTemplate, RefusesPathsThatClash) {
  expect_refused({
      {"same",
       {{.path = "{{host.name}}"}, {.path = "tim-pi"}},
       "invalid! {{host.name}}: gives the path tim-pi, as does tim-pi"},
      {"file and folder",
       {{.path = "a/{{host.name}}/x"}, {.path = "a/tim-pi"}},
       "invalid! a/{{host.name}}/x: gives the path a/tim-pi/x, but a/tim-pi is the file of "
       "a/tim-pi"},
  });
  EXPECT_TRUE(render({{.path = "a/b"}, {.path = "a.b"}, {.path = "a/c/d"}, {.path = "a/c-d"}}));
}

struct PathCase {
  const char* what;
  std::string path;
  json value;
  std::string expected;
};

TEST(CompiledTemplate, LetsAPlaceholderInAPathGiveOnlyPartOfOneName) {
  const std::string rule = "; in a path, a value has to be part of a single name";
  const std::vector<PathCase> cases = {
      {"plain", "r/{{v}}.conf", "a-b_c.d", "r/a-b_c.d.conf=;"},
      {"number", "r/{{v}}", 8080, "r/8080=;"},
      {"spaces and quotes", "r/{{v}}", "it's \"a\"", "r/it's \"a\"=;"},
      {"not escaped, whatever the file", "r/{{v}}.json", "a\"b", "r/a\"b.json=;"},
      {"dots within a name", "r/{{v}}", "...", "r/...=;"},
      {"part of a name may be empty", "r/a{{v}}", "", "r/a=;"},
      {"slash", "r/{{v}}", "a/b",
       "invalid! path r/{{v}}:1:3: \"v\" gives \"a/b\", which holds \"/\"" + rule},
      {"absolute", "{{v}}", "/etc/passwd",
       "invalid! path {{v}}:1:1: \"v\" gives \"/etc/passwd\", which holds \"/\"" + rule},
      {"raw is no way around", "r/{{{v}}}", "a/b",
       "invalid! path r/{{{v}}}:1:3: \"v\" gives \"a/b\", which holds \"/\"" + rule},
      {"ampersand neither", "r/{{&v}}", "../x",
       "invalid! path r/{{&v}}:1:3: \"v\" gives \"../x\", which holds \"/\"" + rule},
      {"parent", "r/{{v}}/x", "..",
       "invalid! path r/{{v}}/x:1:3: \"v\" gives \"..\", which would lead to another folder" +
           rule},
      {"same folder", "r/{{v}}", ".",
       "invalid! path r/{{v}}:1:3: \"v\" gives \".\", which would lead to another folder" + rule},
      {"NUL", "r/{{v}}", std::string("a\0b", 3),
       "invalid! path r/{{v}}:1:3: \"v\" gives \"" + std::string("a\0b", 3) +
           "\", which holds a control character" + rule},
      {"line break", "r/{{v}}", "a\nb",
       "invalid! path r/{{v}}:1:3: \"v\" gives \"a\nb\", which holds a control character" + rule},
      {"list",
       "r/{{{v}}}.json",
       {"a"},
       "invalid! path r/{{{v}}}.json:1:3: \"v\" is a list; expected a string, a number, or true "
       "or false ({{{name}}} writes all of it as JSON in JSON and YAML files)"},
      {"null", "r/{{v}}", nullptr, "invalid! path r/{{v}}:1:3: \"v\" is null"},
  };
  for (const PathCase& each : cases) {
    EXPECT_EQ(outcome(render({{.path = each.path}}, {{"v", each.value}})), each.expected)
        << each.what;
  }
}

TEST(CompiledTemplate, RefusesAPathThatIsNoneOnceRendered) {
  const std::vector<PathCase> cases = {
      {"an empty name", "r/{{v}}/x", "", ""},
      {"nothing", "{{v}}", "", ""},
      {"two dots made of one", "r/.{{v}}", ".", ""},
      {"two dots made of none", "r/..{{v}}", "", ""},
      {"not from a value", "../x{{v}}", "", ""},
      {"absolute", "/x{{v}}", "", ""},
      {"too long a name", "r/{{v}}", std::string(300, 'n'), ""},
  };
  for (const PathCase& each : cases) {
    const auto result = render({{.path = each.path}}, {{"v", each.value}});
    ASSERT_FALSE(result) << each.what;
    EXPECT_EQ(result.error().code, ErrorCode::invalid) << each.what;
  }
}

TEST(CompiledTemplate, NamesTheFileWhosePathIsUnusable) {
  const auto result = render({{.path = "r/{{v}}/x"}}, {{"v", ""}});
  ASSERT_FALSE(result);
  EXPECT_TRUE(result.error().message.starts_with("r/{{v}}/x: gives an unusable path: "))
      << result.error().message;
}

TEST(CompiledTemplate, GivesOneDigestWhateverTheOrderOfFiles) {
  std::vector<SourceFile> files = {
      {.path = "{{deployment.name}}/z", .content = "{{host.name}}"},
      {.path = "b", .content = "{{> p}}"},
      {.path = "a-{{host.name}}"},
      {.path = "partials/p", .content = "{{values.name}}"},
  };
  std::sort(files.begin(), files.end(), [](auto& a, auto& b) { return a.path < b.path; });
  const Digest digest = model::digest_of(render(files).value());
  do {
    EXPECT_EQ(model::digest_of(render(files).value()), digest);
  } while (std::next_permutation(files.begin(), files.end(),
                                 [](auto& a, auto& b) { return a.path < b.path; }));
  json other = inputs();
  other["host"]["name"] = "tom-pi";
  EXPECT_NE(model::digest_of(render(files, other).value()), digest);
}

TEST(CompiledTemplate, IsRenderedByManyThreadsAtOnce) {
  const auto compiled = CompiledTemplate::compile(
      {{.path = "{{host.name}}", .content = "{{> p}}"},
       {.path = "partials/p", .content = "{{#list}}{{.}},{{/list}}{{host.name}}"}});
  ASSERT_TRUE(compiled);
  std::vector<std::string> outputs(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    threads.emplace_back([&, i] {
      outputs[i] = outcome(
          compiled->render({{"host", {{"name", "pi" + std::to_string(i)}}}, {"list", {1, 2}}}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string name = "pi" + std::to_string(i);
    EXPECT_EQ(outputs[i], name + "=1,2," + name + ";");
  }
}

TEST(CompiledTemplate, BoundsFilesOutputAndWorkOfAllFilesTogether) {
  std::vector<SourceFile> many;
  for (std::size_t i = 0; i <= model::kTemplateFilesMax; ++i) {
    many.push_back({.path = std::to_string(i)});
  }
  EXPECT_EQ(outcome(render(many)), "exhausted! a template of 1001 files; at most 1000 are allowed");
  many.pop_back();
  EXPECT_TRUE(render(many));

  const std::string filler(1U << 20U, 'x');
  std::vector<SourceFile> large;
  for (int i = 0; i < 17; ++i) {
    large.push_back({.path = std::to_string(10 + i), .content = "{{> p}}{{> p}}{{> p}}{{> p}}"});
  }
  large.push_back({.path = "partials/p", .content = filler});
  EXPECT_EQ(outcome(render(large)), "exhausted! 26: the template gives more than 67108864 bytes");
  large.erase(large.begin());
  EXPECT_TRUE(render(large));

  // Each file alone is within the limit: 1000 * 1000 values, a step for each and its section's end.
  std::vector<SourceFile> bombs;
  const std::string loop = "{{#l}}{{#l}}{{/l}}{{/l}}";
  for (int i = 0; i < 3; ++i) bombs.push_back({.path = std::to_string(i), .content = loop});
  json list = json::array();
  for (int i = 0; i < 900; ++i) list.push_back(i);
  EXPECT_TRUE(render({bombs[0]}, {{"l", list}}));
  EXPECT_EQ(outcome(render(bombs, {{"l", list}})),
            "exhausted! 2: rendering takes more than 2000000 steps");
}

}  // namespace
}  // namespace titan::render
