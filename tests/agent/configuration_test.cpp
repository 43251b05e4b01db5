#include "agent/configuration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using titan::testing::TemporaryDirectory;

class ConfigurationTest : public ::testing::Test {
 protected:
  ConfigurationTest() {
    sources_.standard_file = path();
    sources_.variable = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
  }
  [[nodiscard]] std::string path() const { return directory_.path() + "/agent.yaml"; }
  void write(const std::string& text) { std::ofstream(path()) << text; }
  Result<Configuration> load() { return load_configuration(sources_); }

  TemporaryDirectory directory_;
  std::map<std::string, std::string> variables_;
  ConfigurationSources sources_;
};

TEST_F(ConfigurationTest, IsAsItStandsInTheHeaderWithoutAFile) {
  const auto made = load();
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, Configuration());
  EXPECT_EQ(made->state, "/var/lib/titan");
  EXPECT_EQ(made->drift_interval, std::chrono::minutes(10));
  EXPECT_EQ(made->generations_bytes_max, 256UL << 20U);
  for (const char* nothing : {"", "# only a comment\n", "{}\n", "host:\nserver: \"\"\n"}) {
    write(nothing);
    Configuration same = load().value();
    EXPECT_EQ(same.file, path()) << nothing;
    same.file.clear();
    EXPECT_EQ(same, Configuration()) << nothing;
  }
}

TEST_F(ConfigurationTest, ReadsEveryKeyOfTheFile) {
  write(R"(
server: https://titan.lab:7480
caFile: /etc/titan/lab.pem
host: pi
state: /a
run: /b
root: /c
git: file:///d
gitUser: ada
gitTokenFile: /d1
gitCaFile: /d2
gitHttp: anywhere
gitKeyFile: /d3
gitPassphraseFile: /d4
gitKnownHosts: /d5
gitSign: host
gitOnRewrite: stop
gitDepth: 50
logFormat: json
driverFolders: [/e, /f]
kubeconfig: /g
kubernetesNamespace: lab
pollAfterMax: 10m
driftInterval: 1h
generationsBytesMax: 1GiB
)");
  const Configuration made = load().value();
  EXPECT_EQ(made.server, "https://titan.lab:7480");
  EXPECT_EQ(made.driver_folders, (std::vector<std::string>{"/e", "/f"}));
  EXPECT_EQ(made.poll_after_max, std::chrono::minutes(10));
  EXPECT_EQ(made.drift_interval, std::chrono::hours(1));
  EXPECT_EQ(made.generations_bytes_max, 1UL << 30U);
  for (const Setting& setting : settings()) {
    EXPECT_NE(setting.text_in(made), setting.text_in({})) << setting.key;
    EXPECT_EQ(made.origin_of(setting.key), Origin::file) << setting.key;
  }
  write("generationsBytesMax: 4096\n");
  EXPECT_EQ(load()->generations_bytes_max, 4096U);
}

// The same text is taken from each place, and the stronger one wins.
TEST_F(ConfigurationTest, TakesAFlagBeforeAVariableBeforeTheFile) {
  const std::map<std::string, std::vector<std::string>> kTexts = {
      {"URL", {"http://a", "http://b", "http://c"}},
      {"FILE", {"/a", "/b", "/c"}},
      {"DIR", {"/a", "/b", "/c"}},
      {"DIRS", {"/a", "/b:/x", "/c"}},
      {"DIR or URL", {"/a", "/b", "/c"}},
      {"NAME", {"a", "b", "c"}},
      {"FORM", {"json", "human", "json"}},
      {"DURATION", {"1m", "2m", "3m"}},
      {"SIZE", {"1KiB", "2KiB", "3KiB"}},
      {"COUNT", {"1", "2", "3"}},
      {"WHERE", {"anywhere", "loopback", "anywhere"}},
      {"KEY", {"host", "/b", "none"}},
      {"POLICY", {"stop", "recreate", "stop"}},
  };
  for (const Setting& setting : settings()) {
    SCOPED_TRACE(setting.key);
    const auto texts = kTexts.at(std::string(setting.sort));
    const bool is_list = setting.sort == "DIRS";
    write(std::string(setting.key) + ": " + (is_list ? "[" + texts[0] + "]" : texts[0]) + "\n");
    EXPECT_EQ(setting.text_in(load().value()), texts[0]);
    variables_[setting.variable()] = texts[1];
    EXPECT_EQ(setting.text_in(load().value()), texts[1]);
    EXPECT_EQ(load()->origin_of(setting.key), Origin::variable);
    sources_.flags[std::string(setting.key)] = texts[2];
    EXPECT_EQ(setting.text_in(load().value()), texts[2]);
    EXPECT_EQ(load()->origin_of(setting.key), Origin::flag);
  }
}

TEST_F(ConfigurationTest, NamesFlagsAndVariablesByTheKey) {
  const auto found = std::ranges::find(settings(), "driverFolders", &Setting::key);
  ASSERT_NE(found, settings().end());
  EXPECT_EQ(found->flag(), "--driver-folders");
  EXPECT_EQ(found->variable(), "TITAN_DRIVER_FOLDERS");
}

TEST_F(ConfigurationTest, SaysWhatIsWrongInTheFile) {
  struct Row {
    const char* text;
    const char* error;  // after the path
  };
  const Row rows[] = {
      {"servre: http://a\n", "servre: unknown field (did you mean \"server\"?)"},
      {"server: 5\n", "server: expected a string, found the number 5"},
      {"host: Not_A_Name\n", "host: "},
      {"logFormat: xml\n", "logFormat: expected auto, human or json, found \"xml\""},
      {"driverFolders: /a\n", "driverFolders: expected an array, found the string \"/a\""},
      {"driverFolders: [1]\n", "driverFolders[0]: expected a string, found the number 1"},
      {"driverFolders: [a]\n", "driverFolders: expected an absolute path, found \"a\""},
      {"kubeconfig: a\n", "kubeconfig: expected an absolute path, found \"a\""},
      {"driftInterval: 10\n", "driftInterval: expected a string, found the number 10"},
      {"driftInterval: soon\n", "driftInterval: "},
      {"generationsBytesMax: 1MB\n", "generationsBytesMax: expected a size as 256MiB"},
      {"generationsBytesMax: -1\n", "generationsBytesMax: expected a whole number"},
      {"- a\n", "expected an object, found an array"},
      {"a: b: c\n", "line 1"},
      {"host: a\n---\nhost: b\n", "holds more than one document; expected one"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    write(row.text);
    const auto made = load();
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::invalid);
    EXPECT_TRUE(made.error().text().starts_with(path() + ": ")) << made.error().text();
    EXPECT_NE(made.error().text().find(row.error), std::string::npos) << made.error().text();
  }
}

TEST_F(ConfigurationTest, SaysWhichFlagOrVariableIsWrong) {
  variables_["TITAN_DRIFT_INTERVAL"] = "soon";
  EXPECT_TRUE(load().error().text().starts_with("TITAN_DRIFT_INTERVAL: ")) << load().error().text();
  variables_.clear();
  sources_.flags["generationsBytesMax"] = "much";
  EXPECT_TRUE(load().error().text().starts_with("--generations-bytes-max: "));
}

TEST_F(ConfigurationTest, WantsAFileThatWasNamed) {
  const std::string missing = directory_.path() + "/missing.yaml";
  sources_.config_flag = missing;
  ASSERT_FALSE(load());
  EXPECT_EQ(load().error().code, ErrorCode::not_found);
  EXPECT_EQ(load().error().subject, missing);
  sources_.config_flag.clear();
  variables_["TITAN_AGENT_CONFIG"] = missing;
  EXPECT_EQ(load().error().code, ErrorCode::not_found);
  std::ofstream(missing) << "host: named\n";
  EXPECT_EQ(load()->host, "named");
  sources_.config_flag = directory_.path() + "/other.yaml";
  std::ofstream(sources_.config_flag) << "host: other\n";
  EXPECT_EQ(load()->host, "other") << "the flag wins";
  sources_.config_flag = directory_.path();
  EXPECT_FALSE(load()) << "a folder";
}

TEST_F(ConfigurationTest, RefusesAFileThatIsTooLong) {
  write("# " + std::string(kConfigBytesMax, 'x') + "\n");
  EXPECT_EQ(load().error().code, ErrorCode::exhausted);
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The row of a setting in docs/spec/agent.md.
std::string row_of(const Setting& setting) {
  const std::string standard = setting.text_in({});
  return "| `" + std::string(setting.key) + "` | `" + setting.flag() + " " +
         std::string(setting.sort) + "` | `" + setting.variable() + "` | " +
         (standard.empty() ? "" : "`" + standard + "`") + " | " + std::string(setting.meaning) +
         " |";
}

TEST(ConfigurationDocument, HasARowForEachSetting) {
  const std::string document = read("docs/spec/agent.md");
  std::string table;
  for (const Setting& setting : settings()) table += row_of(setting) + "\n";
  EXPECT_NE(document.find(table), std::string::npos)
      << "docs/spec/agent.md should have these rows:\n"
      << table;
}

TEST(ConfigurationExample, IsWhatCountsWithoutIt) {
  Configuration made =
      load_configuration({.config_flag = std::filesystem::absolute("packaging/agent.yaml")})
          .value();
  made.file.clear();
  made.origins.clear();
  EXPECT_EQ(made, Configuration());
}

// Everything that can be set stands there, as a comment, with what counts without it.
TEST(ConfigurationExample, NamesEverySetting) {
  const std::string example = read("packaging/agent.yaml");
  TemporaryDirectory directory;
  std::string uncommented;
  for (const std::string& line : split(example, '\n')) {
    const bool is_setting = line.starts_with("#") && !line.starts_with("# ") && line.size() > 1;
    if (is_setting) uncommented += line.substr(1) + "\n";
  }
  const std::string path = directory.path() + "/agent.yaml";
  std::ofstream(path) << uncommented;
  const auto made = load_configuration({.config_flag = path});
  ASSERT_TRUE(made) << made.error().text();
  for (const Setting& setting : settings()) {
    EXPECT_NE(uncommented.find(std::string(setting.key) + ":"), std::string::npos) << setting.key;
    if (setting.text_in({}).empty()) continue;
    EXPECT_EQ(setting.text_in(*made), setting.text_in({})) << setting.key;
  }
}

}  // namespace
}  // namespace titan::agent
