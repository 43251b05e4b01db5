// Each rule, on samples that break it and samples that only look as if they did.

#include "tests/tidy/rules.hpp"

#include <gtest/gtest.h>

namespace titan::tests::tidy {
namespace {

using Rule = Offences (*)(const SourceTree&);

// The places that `rule` complains about, as "path:line path:line …".
std::string places(Rule rule, const SourceTree& tree) {
  std::string text;
  for (const auto& offence : rule(tree)) {
    text += (text.empty() ? "" : " ") + offence.path + ":" + std::to_string(offence.line);
  }
  return text;
}

struct Sample {
  std::string name;
  Rule rule;
  SourceTree tree;
  std::string places;  // that break the rule
};

std::vector<Sample> include_samples() {
  const SourceFile store("store/store.hpp", "#pragma once\n");
  return {
      {"an include upward",
       floors,
       {store, {"model/a.hpp", "\n#include \"store/store.hpp\"\n"}},
       "model/a.hpp:2"},
      {"an include sideways",
       floors,
       {store, {"render/a.cpp", "#include \"store/store.hpp\"\n"}},
       "render/a.cpp:1"},
      {"the agent knows no store",
       floors,
       {store, {"agent/a.cpp", "#  include \"store/store.hpp\"\n"}},
       "agent/a.cpp:1"},
      {"an include along an arrow",
       floors,
       {store, {"server-lite/a.cpp", "#include \"store/store.hpp\"\n"}},
       ""},
      {"the front door knows nothing of what it is for",
       floors,
       {store,
        {"server-lite/a.hpp", ""},
        {"server-lite/front_door/b.hpp", ""},
        {"base/c.hpp", ""},
        {"server-lite/front_door/a.cpp",
         "#include \"server-lite/a.hpp\"\n#include \"server-lite/front_door/b.hpp\"\n"
         "#include \"base/c.hpp\"\n#include \"store/store.hpp\"\n"}},
       "server-lite/front_door/a.cpp:1 server-lite/front_door/a.cpp:4"},
      {"the front door of the server alone",
       floors,
       {{"server-lite/front_door/b.hpp", ""},
        {"server-lite/a.cpp", "#include \"server-lite/front_door/b.hpp\"\n"},
        {"agent/a.cpp", "#include \"server-lite/front_door/b.hpp\"\n"}},
       "agent/a.cpp:1"},
      {"a test helper in the product",
       floors,
       {{"tests/support/fake.hpp", ""}, {"base/a.cpp", "#include \"tests/support/fake.hpp\"\n"}},
       "base/a.cpp:1"},
      {"a test helper in a benchmark",
       floors,
       {{"tests/support/fake.hpp", ""}, {"bench/a.cpp", "#include \"tests/support/fake.hpp\"\n"}},
       "bench/a.cpp:1"},
      {"a test helper in a fuzz target",
       floors,
       {{"tests/support/fake.hpp", ""}, {"fuzz/a.cpp", "#include \"tests/support/fake.hpp\"\n"}},
       "fuzz/a.cpp:1"},
      {"a fuzz target's helper in the product",
       floors,
       {{"fuzz/target.hpp", ""}, {"base/a.cpp", "#include \"fuzz/target.hpp\"\n"}},
       "base/a.cpp:1"},
      {"an include that is not from the root",
       floors,
       {store, {"store/a.cpp", "#include \"store.hpp\"\n"}},
       "store/a.cpp:1"},
      {"a link upward",
       floors,
       {{"render/CMakeLists.txt",
         "titan_library(render\n  DEPS titan::model titan::server_lite)\n"}},
       "render/CMakeLists.txt:2"},
      {"links of the front door",
       floors,
       {{"server-lite/front_door/CMakeLists.txt", "DEPS titan::base titan::store\n"},
        {"server-lite/CMakeLists.txt", "DEPS titan::front_door\n"},
        {"client/CMakeLists.txt", "DEPS titan::front_door\n"}},
       "server-lite/front_door/CMakeLists.txt:1 client/CMakeLists.txt:1"},
      {"links along the arrows",
       floors,
       {{"cli/CMakeLists.txt", "DEPS titan::client titan::render titan::settings\n"}},
       ""},
      {"SQL outside of the store",
       third_party_headers,
       {{"server-lite/a.cpp", "#include <sqlite3.h>\n"}, {"store/a.hpp", "#include <sqlite3.h>\n"}},
       "server-lite/a.cpp:1"},
      {"Git outside of gitops",
       third_party_headers,
       {{"agent/a.cpp", "#include <git2/repository.h>\n"},
        {"tests/gitops/a_test.cpp", "#include <git2.h>\n"}},
       "agent/a.cpp:1"},
      {"TLS in a header",
       third_party_headers,
       {{"client/a.hpp", "#include <openssl/ssl.h>\n"},
        {"client/a.cpp", "#include <openssl/ssl.h>\n"}},
       "client/a.hpp:1"},
      {"YAML, cryptography and options out of place",
       third_party_headers,
       {{"cli/a.cpp", "#include <yaml-cpp/yaml.h>\n#include <sodium.h>\n#include <CLI/CLI.hpp>\n"},
        {"cli/b.hpp", "#include <CLI/CLI.hpp>\n"}},
       "cli/a.cpp:1 cli/a.cpp:2 cli/b.hpp:1"},
      {"whole JSON in a header",
       third_party_headers,
       {{"model/a.hpp", "#include <nlohmann/json_fwd.hpp>\n#include <nlohmann/json.hpp>\n"},
        {"model/a.cpp", "#include <nlohmann/json.hpp>\n"}},
       "model/a.hpp:2"},
  };
}

std::vector<Sample> code_samples() {
  const std::string hundred(100, 'x');
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "ü";
  const std::string marker = std::string("TO") + "DO";
  return {
      {"a line too long", columns, {{"base/a.cpp", "\n" + hundred + "x\n"}}, "base/a.cpp:2"},
      {"a script's line too long", columns, {{"dev", "#!/bin/sh\n" + hundred + "x\n"}}, "dev:2"},
      {"lines as long as may be",
       columns,
       {{"base/a.cpp", hundred + "\n" + umlauts + "\n"}, {"README.md", hundred + "x\n"}},
       ""},
      {"a tab, a blank at the end, a carriage return",
       white_space,
       {{"cmake/a.cmake", "\ta\n"}, {"README.md", "a \n"}, {"base/a.cpp", "a\r\n"}},
       "cmake/a.cmake:1 README.md:1 base/a.cpp:1"},
      {"no newline, or two",
       white_space,
       {{"base/a.cpp", "a"}, {"base/b.cpp", "a\n\n"}, {"base/c.cpp", "a\n"}},
       "base/a.cpp:1 base/b.cpp:2"},
      {"a file too long",
       file_length,
       {{"base/a.cpp", std::string(901, '\n')}, {"base/b.cpp", std::string(900, '\n')}},
       "base/a.cpp:901"},
      {"something left for later",
       unfinished,
       {{"base/a.cpp", "// " + marker + ": this\n"}},
       "base/a.cpp:1"},
      {"a word that holds a marker", unfinished, {{"base/a.cpp", "k" + marker + "S\n"}}, ""},
      {"no guard, and a late one",
       include_guards,
       {{"base/a.hpp", "namespace titan {}\n"},
        {"base/b.hpp", "// b\n#pragma once\n"},
        {"base/c.hpp", "#pragma once\n"}},
       "base/a.hpp:1 base/b.hpp:1"},
      {"a namespace used by the whole file",
       using_namespaces,
       {{"base/a.cpp", "void f() {\n  using namespace std::literals;\n}\nusing namespace std;\n"}},
       "base/a.cpp:4"},
      {"headers that say nothing, or not in time",
       unexplained_headers,
       {{"base/a.hpp", "#pragma once\n\nclass A {\n};\n// B is good.\nstruct B {\n};\n"},
        {"base/b.hpp", "#pragma once\n\nclass Forward;\nenum class B { one };\n"},
        {"base/c.hpp", "#pragma once\n\n// C is good.\nclass C {\n};\nstruct D {\n};\n"},
        {"base/d.hpp", "#pragma once\n\nint seconds();\n"}},
       "base/a.hpp:3 base/b.hpp:4 base/d.hpp:3"},
  };
}

std::vector<Sample> project_samples() {
  return {
      {"a source that is not built",
       orphans,
       {{"base/CMakeLists.txt", "titan_library(base SOURCES a.cpp deep/b.cpp)\n"},
        {"base/a.cpp", ""},
        {"base/deep/b.cpp", ""},
        {"base/deep/a.cpp", ""},
        {"base/main.cpp", ""}},
       "base/deep/a.cpp:0 base/main.cpp:0"},
      {"the main file of a program",
       orphans,
       {{"cli/CMakeLists.txt", "titan_program(titan DEPS titan::cli)\n"}, {"cli/main.cpp", ""}},
       ""},
      {"a source of a CMake module",
       orphans,
       {{"CMakeLists.txt", "include(a)\n"},
        {"cmake/a.cmake", "add_library(cmake/h.cpp)\n"},
        {"cmake/h.cpp", ""}},
       ""},
      {"a header that nobody includes",
       orphans,
       {{"base/CMakeLists.txt", "c.cpp\n"},
        {"base/a.hpp", ""},
        {"base/b.hpp", ""},
        {"base/c.cpp", "#include \"base/b.hpp\"\n"}},
       "base/a.hpp:0"},
      {"folders without a README",
       folders_without_readme,
       {{"base/a.cpp", ""},
        {"model/README.md", ""},
        {"boards/README.md", ""},
        {"boards/pi/a.cpp", ""},
        {".ci/run", ""},
        {"dev", ""}},
       "base:0 boards/pi:0"},
      {"a link and a path to nothing",
       broken_references,
       {{"docs/a.md",
         "[b](b.md) [c](../base/a.cpp#x) [self](#a) [web](https://example.com/x)\n"
         "`base/a.cpp` `base/b.cpp` `base/*.cpp` `build/dev` `a/b`\n"
         "```\n`base/b.cpp`\n```\n`base/`\n"},
        {"base/a.cpp", ""}},
       "docs/a.md:1 docs/a.md:2"},
  };
}

void expect_as_written(const std::vector<Sample>& samples) {
  for (const auto& sample : samples) {
    EXPECT_EQ(places(sample.rule, sample.tree), sample.places) << sample.name;
  }
}

TEST(TidyRules, CatchBadIncludes) {
  expect_as_written(include_samples());
}

TEST(TidyRules, CatchBadCode) {
  expect_as_written(code_samples());
}

TEST(TidyRules, CatchWhatTheProjectMisses) {
  expect_as_written(project_samples());
}

TEST(TidyRules, ReportEachPlaceOnALine) {
  EXPECT_EQ(report({{"a", 1, "bad"}, {"b", 2, "worse"}}), "a:1: bad\nb:2: worse\n");
}

// Records what was asked for, and answers with what it was given.
class ScriptedProcesses final : public ProcessRunner {
 public:
  explicit ScriptedProcesses(Result<Outcome> answer) : answer_(std::move(answer)) {}
  Result<Outcome> run(const Command& command) override {
    arguments_ = command.arguments;
    return answer_;
  }
  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  Result<Outcome> answer_;
  std::vector<std::string> arguments_ = {};
};

TEST(TidyRules, ReadWhatClangFormatComplainsAbout) {
  ScriptedProcesses processes(Outcome{
      .exit_code = 1, .errors = "base/a.cpp:7:3: error: code should be clang-formatted\n  x ;\n"});
  const auto found = unformatted({{"base/a.cpp", ""}, {"README.md", ""}}, ".", processes);
  EXPECT_EQ(report(found.value()), "base/a.cpp:7: run ./dev fmt\n");
  EXPECT_EQ(processes.arguments().back(), "base/a.cpp");
}

TEST(TidyRules, FailWhenClangFormatFailsInAnotherWay) {
  ScriptedProcesses broken(Outcome{.exit_code = 1, .errors = "unknown key in .clang-format"});
  EXPECT_EQ(unformatted({{"base/a.cpp", ""}}, ".", broken).error().code, ErrorCode::internal);
  ScriptedProcesses missing(not_found("clang-format"));
  EXPECT_EQ(unformatted({{"base/a.cpp", ""}}, ".", missing).error().code, ErrorCode::not_found);
}

TEST(SourceTree, IsReadFromDiskWithoutARepository) {
  ScriptedProcesses no_git(not_found("git"));
  const auto tree = read_source_tree(TITAN_SOURCE_DIR "/tests/tidy", no_git).value();
  ASSERT_FALSE(tree.empty());
  EXPECT_EQ(tree.front().path, "CMakeLists.txt");
}

TEST(SourceTree, IsAnErrorWhenThereIsNothing) {
  ScriptedProcesses no_git(not_found("git"));
  EXPECT_EQ(read_source_tree("/nonexistent", no_git).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace titan::tests::tidy
