#include "render/escape.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/process_runner.hpp"
#include "base/yaml.hpp"

namespace titan::render {
namespace {

std::string escaped(Escape escape, std::string_view value) {
  std::string out;
  append_escaped(out, escape, value);
  return out;
}

struct FileCase {
  const char* path;
  const char* content;
  Escape expected;
};

TEST(Escape, IsChosenByFileNameAndThenByFirstLine) {
  const std::vector<FileCase> cases = {
      {"root/etc/app.json", "", Escape::json},
      {"a.yaml", "", Escape::yaml},
      {"{{host.name}}/a.yml", "", Escape::yaml},
      {"run.sh", "", Escape::shell},
      {"run.bash", "", Escape::shell},
      {"root/etc/systemd/system/{{deployment.name}}.service", "", Escape::systemd},
      {"a.timer", "", Escape::systemd},
      {"a.socket", "", Escape::systemd},
      {"a.mount", "", Escape::systemd},
      {"a.container", "", Escape::systemd},
      {"a.pod", "", Escape::systemd},
      {"root/etc/systemd/system/a.service.d/10-limits.conf", "", Escape::systemd},
      {"root/etc/a.d/b.conf", "", Escape::plain},
      {"a.service.d/readme.txt", "", Escape::plain},
      {"a.conf", "", Escape::plain},
      {"json", "", Escape::plain},
      {"x.json/file", "", Escape::plain},
      {"a.JSON", "", Escape::plain},
      {"bin/run", "#!/bin/sh\necho", Escape::shell},
      {"bin/run", "#!/bin/sh -eu\n", Escape::shell},
      {"bin/run", "#! /usr/bin/env bash\r\n", Escape::shell},
      {"bin/run", "#!/usr/bin/env -S bash -e\n", Escape::shell},
      {"bin/run", "#!/bin/dash", Escape::shell},
      {"bin/run", "#!/usr/bin/python3\n# sh", Escape::plain},
      {"bin/run", "#!", Escape::plain},
      {"bin/run", "#!\n/bin/sh", Escape::plain},
      {"bin/run", "# /bin/sh", Escape::plain},
      {"a.json", "#!/bin/sh", Escape::json},
      {"", "", Escape::plain},
  };
  for (const FileCase& each : cases) {
    EXPECT_EQ(escape_for(each.path, each.content), each.expected)
        << each.path << " with " << each.content;
  }
}

struct ValueCase {
  Escape escape;
  std::string value;
  std::string expected;
};

TEST(Escape, WritesEachKindAsItsFormatDefines) {
  const std::string controls("\0\x1f\x7f", 3);
  const std::vector<ValueCase> cases = {
      {Escape::plain, "a\"'\\\n%<&\x01", "a\"'\\\n%<&\x01"},
      {Escape::json, "a\"'\\/%<\n\r\t", R"(a\"'\\/%<\n\r\t)"},
      {Escape::json, controls, "\\u0000\\u001f\x7f"},
      {Escape::json, "ü€😀", "ü€😀"},
      {Escape::yaml, "a\"'\\/%<: #\n\r\t", R"(a\"'\\/%<: #\n\r\t)"},
      {Escape::yaml, controls, "\\u0000\\u001f\\u007f"},
      {Escape::yaml, "ü€😀\u00a0", "ü€😀\u00a0"},
      {Escape::yaml, "\u0085\u009f\u2028\u2029\ufeff", "\\u0085\\u009f\\u2028\\u2029\\ufeff"},
      {Escape::yaml, "\xc2", "\xc2"},
      {Escape::shell, "it's $HOME `x` \"\\\n", "it'\\''s $HOME `x` \"\\\n"},
      {Escape::shell, "''", "'\\'''\\''"},
      {Escape::systemd, "50% \"a\" 'b' \\ \n\r\t\x01", "50%% \\\"a\\\" 'b' \\\\ \\n\\r\\t\\x01"},
      {Escape::systemd, "$x ü", "$x ü"},
      {Escape::html, "a&b<c>d\"e'f", "a&amp;b&lt;c&gt;d&quot;e'f"},
  };
  for (const ValueCase& each : cases) {
    EXPECT_EQ(escaped(each.escape, each.value), each.expected);
  }
}

TEST(Escape, WritesOnlyWhatYamlDoesNotPrintInJsonAnew) {
  std::string out;
  append_json_as_yaml(out, "{\"a\":[\"\\n\\\\\x7f\u0085ü\u2028\"]}");
  EXPECT_EQ(out, R"({"a":["\n\\\u007f\u0085ü\u2028"]})");
}

TEST(Escape, LeavesNumbersAndPlainWordsAlone) {
  for (const auto escape :
       {Escape::plain, Escape::json, Escape::yaml, Escape::shell, Escape::systemd, Escape::html}) {
    for (const char* value : {"-12", "0.5e+10", "true", "tim-pi.example_1", ""}) {
      EXPECT_EQ(escaped(escape, value), value);
    }
  }
}

// Strings of code points that formats treat in their own way, with others between them.
class RandomStrings {
 public:
  explicit RandomStrings(bool with_nul) : with_nul_(with_nul) {}

  std::string next() {
    std::string text;
    for (std::size_t length = pick(20); length > 0; --length) append(text, code_point());
    return text;
  }

 private:
  std::uint32_t pick(std::size_t below) { return static_cast<std::uint32_t>(random_() % below); }

  std::uint32_t code_point() {
    static constexpr std::uint32_t kSpecial[] = {
        '"',  '\'', '\\',   '\n',   '\r',   '\t',   ' ',    '%',    '$',    '`',
        '#',  ':',  '{',    '}',    '-',    '&',    '*',    '!',    0x7F,   0x80,
        0x85, 0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF, 0xD7FF, 0xE000, 0x10FFFF};
    switch (pick(4)) {
      case 0:
        return kSpecial[pick(std::size(kSpecial))];
      case 1:
        return with_nul_ ? pick(0x20) : 1 + pick(0x1F);
      case 2:
        return 0x20 + pick(0x60);
      default: {
        const std::uint32_t any = 0x80 + pick(0x110000 - 0x80);
        return any >= 0xD800 && any < 0xE000 ? any - 0x800 : any;  // no surrogates
      }
    }
  }

  static void append(std::string& text, std::uint32_t code_point) {
    const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code_point < 0x80) return put(code_point);
    if (code_point < 0x800) {
      put(0xC0U | code_point >> 6U);
    } else {
      if (code_point < 0x10000) {
        put(0xE0U | code_point >> 12U);
      } else {
        put(0xF0U | code_point >> 18U);
        put(0x80U | (code_point >> 12U & 0x3FU));
      }
      put(0x80U | (code_point >> 6U & 0x3FU));
    }
    put(0x80U | (code_point & 0x3FU));
  }

  std::mt19937 random_{7};
  bool with_nul_;
};

TEST(Escape, GivesAJsonStringThatReadsBackAsTheValue) {
  RandomStrings strings(true);
  for (int i = 0; i < 20'000; ++i) {
    const std::string value = strings.next();
    const auto read = parse_json("{\"x\":\"" + escaped(Escape::json, value) + "\"}");
    ASSERT_TRUE(read) << read.error().text();
    ASSERT_EQ(read->at("x").get<std::string>(), value);
  }
}

TEST(Escape, GivesAYamlScalarThatReadsBackAsTheValue) {
  RandomStrings strings(true);
  for (int i = 0; i < 5'000; ++i) {
    const std::string value = strings.next();
    const auto read = parse_yaml("x:\n  - y: \"" + escaped(Escape::yaml, value) + "\"\n");
    ASSERT_TRUE(read) << read.error().text() << " in " << nlohmann::json(value).dump();
    ASSERT_EQ(read->at(0), (nlohmann::json{{"x", {{{"y", value}}}}}));
  }
}

TEST(Escape, MakesJsonReadAsTheSameInYaml) {
  RandomStrings strings(true);
  for (int i = 0; i < 2'000; ++i) {
    nlohmann::json value = {{"list", {1, -0.5, true, nullptr, nlohmann::json::object()}}};
    for (int member = 0; member < 4; ++member) value[strings.next()] = strings.next();
    std::string yaml = "x: ";
    append_json_as_yaml(yaml, canonical_json(value));
    const auto read = parse_yaml(yaml + "\ny: 1\n");
    ASSERT_TRUE(read) << read.error().text() << " in " << yaml;
    ASSERT_EQ(read->at(0), (nlohmann::json{{"x", value}, {"y", 1}})) << yaml;
  }
}

TEST(Escape, GivesAShellWordThatAShellReadsAsTheValue) {
  RandomStrings strings(false);
  SystemProcessRunner runner;
  for (int round = 0; round < 20; ++round) {
    std::string script = "printf '%s\\037'";
    std::string expected;
    for (int i = 0; i < 100; ++i) {
      const std::string value = strings.next();
      script += " '" + escaped(Escape::shell, value) + "'";
      expected += value + '\x1f';
    }
    const auto outcome = runner.run({.arguments = {"/bin/sh", "-c", script}});
    ASSERT_TRUE(outcome) << outcome.error().text();
    ASSERT_EQ(outcome->exit_code, 0) << outcome->errors;
    ASSERT_EQ(outcome->output, expected);
  }
}

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

TEST(Escape, GivesASystemdWordThatReadsBackAsTheValue) {
  RandomStrings strings(false);
  for (int i = 0; i < 20'000; ++i) {
    const std::string value = strings.next();
    ASSERT_EQ(read_systemd_word(escaped(Escape::systemd, value)), value);
  }
}

}  // namespace
}  // namespace titan::render
