#include "render/escape.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace titan::render {
namespace {

// The value as it is written behind `before`, or why it is not.
std::string escaped(Escape escape, std::string_view value, std::string before = {}) {
  const std::size_t begin = before.size();
  const Result<void> done = Escaper(escape).append(before, value);
  return done ? before.substr(begin) : "refused: " + done.error().message;
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
      {"root/etc/app.toml", "", Escape::toml},
      {"a.ini", "", Escape::ini},
      {"setup.cfg", "", Escape::ini},
      {"a.xml", "", Escape::xml},
      {"a.svg", "", Escape::xml},
      {"a.xhtml", "", Escape::xml},
      {"a.plist", "", Escape::xml},
      {"a.html", "", Escape::plain},
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
      {Escape::toml, "a\"'\\/%<\n\r\t", R"(a\"'\\/%<\n\r\t)"},
      {Escape::toml, controls, "\\u0000\\u001f\\u007f"},
      {Escape::ini, "a \"b\" = 'c' # ; [d]\te ü", "a \"b\" = 'c' # ; [d]\te ü"},
      {Escape::xml, "a&b<c>d\"e'f]]>", "a&amp;b&lt;c&gt;d&quot;e&#39;f]]&gt;"},
      {Escape::xml, "\t\n\r\x7f\u0085\u2028", "&#9;&#10;&#13;\x7f\u0085\u2028"},
      {Escape::systemd, "\x7f\ufffe", "\\x7f\\xef\\xbf\\xbe"},
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
  for (const std::string& name : escape_names()) {
    const Escape escape = parse_escape(name).value();
    for (const char* value : {"-12", "0.5e+10", "true", "tim-pi.example_1", ""}) {
      EXPECT_EQ(escaped(escape, value), value);
    }
  }
}

TEST(Escape, HasANameForEachKind) {
  EXPECT_EQ(escape_names(), (std::vector<std::string>{"plain", "json", "yaml", "shell", "systemd",
                                                      "html", "toml", "ini", "xml"}));
  for (const std::string& name : escape_names()) {
    const auto escape = parse_escape(name);
    ASSERT_TRUE(escape) << name;
    EXPECT_EQ(name_of(*escape), name);
  }
  for (const char* name : {"", "JSON", "yml", "json "}) EXPECT_FALSE(parse_escape(name)) << name;
}

TEST(Escape, RefusesWhatAKindOfFileCannotHold) {
  const std::string nul("ab\0", 3);
  const std::string xml = ", which XML 1.0 cannot hold";
  const std::string ini = ", which readers of INI files do not read alike";
  const std::vector<ValueCase> cases = {
      {Escape::shell, nul,
       "refused: holds U+0000 at character 3, which no word of the shell can hold"},
      {Escape::systemd, nul,
       "refused: holds U+0000 at character 3, which systemd cannot read in a unit"},
      {Escape::xml, nul, "refused: holds U+0000 at character 3" + xml},
      {Escape::xml, "ü\x1b", "refused: holds U+001b at character 2" + xml},
      {Escape::xml, "\uffff", "refused: holds U+ffff at character 1" + xml},
      {Escape::xml, "\xed\xa0\x80", "refused: holds a byte that is not UTF-8 at character 1" + xml},
      {Escape::ini, "a\nb", "refused: holds U+000a at character 2" + ini},
      {Escape::ini, "a\rb", "refused: holds U+000d at character 2" + ini},
      {Escape::ini, "a\u2028", "refused: holds U+2028 at character 2" + ini},
      {Escape::ini, "50%", "refused: holds U+0025 at character 3" + ini},
      {Escape::ini, "a\\", "refused: holds U+005c at character 2" + ini},
      {Escape::ini, " a", "refused: holds U+0020 at character 1" + ini},
      {Escape::ini, "ab\t", "refused: holds U+0009 at character 3" + ini},
      {Escape::ini, "a\u3000", "refused: holds U+3000 at character 2" + ini},
      {Escape::json, "a\xff",
       "refused: holds a byte that is not UTF-8 at character 2, which a JSON string cannot hold"},
      {Escape::yaml, "\xc2",
       "refused: holds a byte that is not UTF-8 at character 1, which a YAML string cannot hold"},
      {Escape::toml, "\xc0\xaf",
       "refused: holds a byte that is not UTF-8 at character 1, which a TOML string cannot hold"},
      {Escape::systemd, "\xf5",
       "refused: holds a byte that is not UTF-8 at character 1, which systemd cannot read in a "
       "unit"},
      {Escape::plain, nul + "\xff", nul + "\xff"},
      {Escape::shell, "\xff\n", "\xff\n"},
  };
  for (const ValueCase& each : cases) {
    EXPECT_EQ(escaped(each.escape, each.value), each.expected);
  }
}

struct UnitCase {
  const char* before;
  bool doubled;
};

TEST(Escape, DoublesDollarsInTheCommandLinesOfUnits) {
  const std::vector<UnitCase> cases = {
      {"[Service]\nExecStart=/bin/a \"", true},
      {"ExecStartPre=-+/bin/a \"", true},
      {" ExecStop = /bin/a \"", true},
      {"ExecCondition=", true},
      {"ExecReload=/bin/a \\\n  \"", true},
      {"ExecStart=/bin/a \\\n# a comment\n; another \\\n  \"", true},
      {"Exec=serve \"", true},
      {"ExecStart=:/bin/a \"", false},
      {"ExecStart=@-:/bin/a \"", false},
      {"ExecStart=/bin/a:b \"", true},
      {"ExecStart=/bin/a\nEnvironment=\"X=", false},
      {"ExecStart=/bin/a \\\\\nEnvironment=\"X=", false},
      {"# ExecStart=/bin/a \\\nEnvironment=\"X=", false},
      {"Environment=\"ExecStart=", false},
      {"ExecPaths=\"", false},
      {"ExecStart", false},
      {"", false},
  };
  for (const UnitCase& each : cases) {
    EXPECT_EQ(escaped(Escape::systemd, "$A $$", each.before), each.doubled ? "$$A $$$$" : "$A $$")
        << each.before;
  }
}

}  // namespace
}  // namespace titan::render
