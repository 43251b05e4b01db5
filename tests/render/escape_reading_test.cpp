// Whatever a value is, a reader of the format gets back the value, and nothing else changes.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/process_runner.hpp"
#include "base/yaml.hpp"
#include "render/compiled_template.hpp"
#include "render/escape.hpp"
#include "tests/render/nasty_values.hpp"

namespace titan::render {
namespace {

using nlohmann::json;

constexpr std::size_t kValues = 5'000;

// Values that the kind of file can hold; of others it is checked that they are refused, and why.
std::vector<std::string> values_for(Escape escape, bool with_nul) {
  NastyValues nasty(7, with_nul);
  std::vector<std::string> values;
  while (values.size() < kValues) {
    std::string value = nasty.next();
    std::string out;
    const Result<void> done = Escaper(escape).append(out, value);
    if (done) {
      values.push_back(std::move(value));
    } else {
      EXPECT_EQ(done.error().code, ErrorCode::invalid);
      EXPECT_TRUE(done.error().message.starts_with("holds U+")) << done.error().message;
    }
  }
  return values;
}

// What a template gives for {l: [{v: value, i: number}, …]}.
std::string rendered(const std::string& path, const std::string& content,
                     const std::vector<std::string>& values) {
  json list = json::array();
  for (const std::string& value : values) list.push_back({{"v", value}, {"i", list.size()}});
  const auto compiled = CompiledTemplate::compile({{.path = path, .content = content}});
  const auto files = compiled.value().render({{"l", list}});
  EXPECT_TRUE(files) << files.error().text();
  return files ? files->front().content : "";
}

struct ReaderCase {
  const char* reader;  // of read_back.py
  const char* path;
  Escape escape;
  bool with_nul;
  std::string content;
  int places = 1;         // of each value
  bool by_place = false;  // all values in the first place, then all in the next
};

std::ostream& operator<<(std::ostream& out, const ReaderCase& each) {
  return out << each.reader;
}

class EscapeReading : public testing::TestWithParam<ReaderCase> {};

TEST_P(EscapeReading, GivesBackEveryValue) {
  const ReaderCase& each = GetParam();
  const auto values = values_for(each.escape, each.with_nul);
  const json task = {{"text", rendered(each.path, each.content, values)},
                     {"values", values},
                     {"places", each.places},
                     {"by_place", each.by_place}};
  SystemProcessRunner runner;
  const auto outcome =
      runner.run({.arguments = {"python3", TITAN_READ_BACK, each.reader}, .input = task.dump()});
  if (!outcome && outcome.error().code == ErrorCode::not_found) GTEST_SKIP() << "no python3";
  ASSERT_TRUE(outcome) << outcome.error().text();
  if (outcome->exit_code == 77) GTEST_SKIP() << outcome->output;
  EXPECT_EQ(outcome->exit_code, 0) << outcome->output << outcome->errors;
}

const std::string kIni = "{{#l}}\n[s{{i}}]\nk = {{v}}\nn = {{i}}\n{{/l}}\n";

INSTANTIATE_TEST_SUITE_P(
    Readers, EscapeReading,
    testing::Values(
        ReaderCase{"json", "a.json", Escape::json, true, "[{{#l}}\"{{v}}\",{{/l}}null]"},
        ReaderCase{"yaml", "a.yaml", Escape::yaml, true, "{{#l}}\n- \"{{v}}\"\n{{/l}}\n"},
        ReaderCase{"toml", "a.toml", Escape::toml, true,
                   "l = [\n{{#l}}\n  \"{{v}}\",\n{{/l}}\n]\n{{#l}}\n[[i]]\nk = "
                   "\"\"\"{{v}}\"\"\"\n{{/l}}\n",
                   2, true},
        ReaderCase{"xml", "a.xml", Escape::xml, true,
                   "<l>{{#l}}<i a=\"{{v}}\" b='{{v}}'>{{v}}</i>{{/l}}</l>", 3},
        ReaderCase{"configparser", "a.ini", Escape::ini, true, kIni},
        ReaderCase{"rawconfigparser", "a.ini", Escape::ini, true, kIni},
        ReaderCase{"glib", "a.ini", Escape::ini, true, kIni},
        ReaderCase{"systemd", "a.service", Escape::systemd, true,
                   "[Service]\nType=simple\n{{#l}}\nEnvironment=\"X={{v}}\"\nExecStart=/bin/true "
                   "\"{{v}}\" end\n{{/l}}\n",
                   2}),
    [](const auto& param) { return std::string(param.param.reader); });

TEST(EscapeReading, GivesBackJsonByTheReaderOfTitan) {
  const auto values = values_for(Escape::json, true);
  const auto read =
      parse_json(rendered("a.json", "[{{#l}}{\"k\":\"{{v}}\",\"n\":{{i}}},{{/l}}null]", values));
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(read->size(), values.size() + 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(read->at(i), (json{{"k", values[i]}, {"n", i}}));
  }
}

TEST(EscapeReading, GivesBackYamlByTheReaderOfTitan) {
  const auto values = values_for(Escape::yaml, true);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string text = rendered(
        "a.yaml", "{{#l}}\nx:\n  - y: \"{{v}}\"\n    z: {a: \"{{v}}\"}\n{{/l}}\n", {values[i]});
    const auto read = parse_yaml(text);
    ASSERT_TRUE(read) << read.error().text() << " in " << text;
    ASSERT_EQ(read->at(0), (json{{"x", {{{"y", values[i]}, {"z", {{"a", values[i]}}}}}}}));
  }
}

TEST(EscapeReading, MakesJsonReadAsTheSameInYaml) {
  NastyValues nasty(7, true);
  for (int i = 0; i < 2'000; ++i) {
    json value = {{"list", {1, -0.5, true, nullptr, json::object()}}};
    for (int member = 0; member < 4; ++member) value[nasty.next()] = nasty.next();
    std::string yaml = "x: ";
    append_json_as_yaml(yaml, canonical_json(value));
    const auto read = parse_yaml(yaml + "\ny: 1\n");
    ASSERT_TRUE(read) << read.error().text() << " in " << yaml;
    ASSERT_EQ(read->at(0), (json{{"x", value}, {"y", 1}})) << yaml;
  }
}

class EscapeInShell : public testing::TestWithParam<const char*> {};

TEST_P(EscapeInShell, GivesBackEveryValue) {
  auto values = values_for(Escape::shell, false);
  std::string expected;
  for (const std::string& value : values) expected += value + '\0';
  const std::string script = rendered("a.sh", "{{#l}}\nprintf '%s\\0' '{{v}}'\n{{/l}}\n", values);
  SystemProcessRunner runner;
  const auto outcome = runner.run({.arguments = {GetParam()}, .input = script});
  if (!outcome && outcome.error().code == ErrorCode::not_found) {
    GTEST_SKIP() << "no " << GetParam();
  }
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->exit_code, 0) << outcome->errors;
  EXPECT_TRUE(outcome->output == expected) << outcome->errors;
}

INSTANTIATE_TEST_SUITE_P(Shells, EscapeInShell, testing::Values("sh", "bash"),
                         [](const auto& param) { return std::string(param.param); });

// Reads a double-quoted word the way systemd.syntax(7) and systemd.unit(5) say: escapes first,
// then specifiers. Empty when the word ends early, goes over the line, or has a specifier.
std::optional<std::string> read_systemd_word(std::string_view word) {
  std::string text;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '"' || word[i] == '\n') return std::nullopt;
    if (word[i] != '\\') {
      text += word[i];
      continue;
    }
    if (++i == word.size()) return std::nullopt;
    switch (word[i]) {
      case 'n':
        text += '\n';
        break;
      case 'r':
        text += '\r';
        break;
      case 't':
        text += '\t';
        break;
      case '"':
        text += '"';
        break;
      case '\\':
        text += '\\';
        break;
      case 'x':
        text += static_cast<char>(std::stoi(std::string(word.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      default:
        return std::nullopt;
    }
  }
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    value += text[i];
    if (text[i] == '%' && text.substr(++i, 1) != "%") return std::nullopt;
  }
  return value;
}

TEST(EscapeReading, GivesBackAWordOfSystemdAsItsManualReadsIt) {
  for (const std::string& value : values_for(Escape::systemd, true)) {
    std::string out;
    ASSERT_TRUE(Escaper(Escape::systemd).append(out, value));
    ASSERT_EQ(read_systemd_word(out), value);
  }
}

}  // namespace
}  // namespace titan::render
