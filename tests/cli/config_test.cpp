#include <sys/stat.h>

#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

constexpr const char* kPath = "/home/me/.config/titan/config.yaml";

class ConfigTest : public testing::CliTest {
 protected:
  void two_contexts() {
    file(kPath,
         "currentContext: lab\n"
         "contexts:\n"
         "  - {name: lab, server: 'http://lab:1', workspace: iot}\n"
         "  - {name: home, server: 'http://home:2'}\n");
  }
};

TEST_F(ConfigTest, StartsWithNothing) {
  EXPECT_EQ(titan("config get-contexts"), 0);
  EXPECT_EQ(out, "CURRENT   NAME   SERVER   WORKSPACE\n");
  EXPECT_EQ(titan("config current-context"), 3);
  EXPECT_EQ(err,
            "titan: there is no current context; choose one with titan config use-context NAME\n");
}

TEST_F(ConfigTest, KeepsContextsInAFileForItsOwnerOnly) {
  EXPECT_EQ(titan("config set-context lab --server http://lab:1 --workspace iot"), 0) << err;
  EXPECT_EQ(out, "context \"lab\" created and made the current one\n");
  EXPECT_EQ(titan("config set-context home --server http://home:2"), 0) << err;
  EXPECT_EQ(out, "context \"home\" created\n");
  EXPECT_EQ(titan("config get-contexts"), 0);
  EXPECT_EQ(out,
            "CURRENT   NAME   SERVER          WORKSPACE\n"
            "*         lab    http://lab:1    iot\n"
            "          home   http://home:2   <none>\n");
  EXPECT_EQ(titan("config use-context home"), 0);
  EXPECT_EQ(out, "switched to context \"home\"\n");
  EXPECT_EQ(titan("config current-context"), 0);
  EXPECT_EQ(out, "home\n");
  EXPECT_EQ(titan("config set-context home -w attic"), 0);
  EXPECT_EQ(out, "context \"home\" modified\n");
  EXPECT_EQ(titan("config get-contexts --no-headers"), 0);
  EXPECT_NE(out.find("*   home   http://home:2   attic\n"), std::string::npos) << out;

  struct stat info {};
  ASSERT_EQ(stat(disk(kPath).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(ConfigTest, WorksWithTheServerAndWorkspaceOfTheCurrentContext) {
  two_contexts();
  EXPECT_EQ(titan("get targets"), 0);
  EXPECT_EQ(server, "http://lab:1");
  EXPECT_EQ(api.log.back(), "GET /v1/workspaces/iot/targets?limit=1000");
  EXPECT_EQ(titan("config use-context home"), 0);
  EXPECT_EQ(titan("get targets"), 0);
  EXPECT_EQ(server, "http://home:2");
  EXPECT_EQ(api.log.back(), "GET /v1/workspaces/default/targets?limit=1000");
}

TEST_F(ConfigTest, PrefersTheFlagThenTheVariableThenTheContext) {
  EXPECT_EQ(titan("get hosts"), 0);
  EXPECT_EQ(server, "http://127.0.0.1:7480");
  two_contexts();
  variables["TITAN_SERVER"] = "http://variable:3";
  EXPECT_EQ(titan("get hosts"), 0);
  EXPECT_EQ(server, "http://variable:3");
  EXPECT_EQ(titan("get hosts --server http://flag:4"), 0);
  EXPECT_EQ(server, "http://flag:4");
  EXPECT_EQ(titan("--server http://front:5 -w other get targets"), 0);
  EXPECT_EQ(server, "http://front:5");
  EXPECT_EQ(api.log.back(), "GET /v1/workspaces/other/targets?limit=1000");
}

TEST_F(ConfigTest, TrustsTheFileOfTheFlagThenTheVariableThenThatOfTheContextsServer) {
  struct Row {
    const char* line;
    const char* variable;
    const char* server;
    const char* ca_file;
  };
  const Row rows[] = {
      {"get hosts", "", "https://lab:1", "/lab.pem"},
      {"get hosts", "variable.pem", "https://lab:1", "variable.pem"},
      {"get hosts --ca-file flag.pem", "variable.pem", "https://lab:1", "flag.pem"},
      {"--ca-file front.pem get hosts", "", "https://lab:1", "front.pem"},
      {"get hosts --server https://other", "", "https://other", ""},
      {"get hosts --server https://other", "variable.pem", "https://other", "variable.pem"},
      {"get hosts --server http://other", "variable.pem", "http://other", ""},
      {"get hosts --server http://other --ca-file flag.pem", "", "http://other", "flag.pem"},
  };
  ASSERT_EQ(titan("config set-context lab --server https://lab:1 --ca-file /lab.pem"), 0) << err;
  for (const Row& row : rows) {
    variables["TITAN_CA_FILE"] = row.variable;
    EXPECT_EQ(titan(row.line), 0) << row.line << err;
    EXPECT_EQ(server, row.server) << row.line;
    EXPECT_EQ(ca_file, row.ca_file) << row.line;
  }
}

TEST_F(ConfigTest, KeepsAFileOfTrustedCertificatesUntilToldToForgetIt) {
  ASSERT_EQ(titan("config set-context lab --server https://lab:1 --ca-file /lab.pem"), 0) << err;
  EXPECT_NE(content(kPath).find("caFile: /lab.pem\n"), std::string::npos) << content(kPath);
  ASSERT_EQ(titan("config set-context lab --workspace iot"), 0) << err;
  ASSERT_EQ(titan("config set-context lab --server https://lab:2"), 0) << err;
  EXPECT_EQ(ca_file, "/lab.pem");
  EXPECT_NE(content(kPath).find("caFile: /lab.pem\n"), std::string::npos) << content(kPath);
  ASSERT_EQ(titan("config set-context lab --ca-file ''"), 0) << err;
  EXPECT_EQ(content(kPath).find("caFile"), std::string::npos) << content(kPath);
}

TEST_F(ConfigTest, FindsItsFileWhereTheEnvironmentSays) {
  variables["XDG_CONFIG_HOME"] = "/xdg";
  ASSERT_EQ(titan("config set-context a --server http://a"), 0) << err;
  EXPECT_TRUE(std::filesystem::exists(disk("/xdg/titan/config.yaml")));
  variables["TITAN_CONFIG"] = "mine.yaml";
  ASSERT_EQ(titan("config set-context b --server http://b"), 0) << err;
  EXPECT_NE(content("mine.yaml").find("currentContext: b"), std::string::npos);
  variables = {{"HOME", ""}};
  EXPECT_EQ(titan("get hosts"), 0) << err;
  EXPECT_EQ(titan("config set-context c --server http://c"), 3);
  EXPECT_NE(err.find("none of TITAN_CONFIG, XDG_CONFIG_HOME and HOME is set"), std::string::npos);
}

TEST_F(ConfigTest, NamesWhatIsWrongInTheFile) {
  struct Row {
    const char* content;
    const char* err;
  };
  const Row rows[] = {
      {"contexts: 5", "contexts: expected an array, found the number 5"},
      {"context: []", "context: unknown field (did you mean \"contexts\"?)"},
      {"[1]", "expected an object, found an array"},
      {"contexts: [{name: a}]", "contexts[0].server: must be given"},
      {"contexts: [{name: a, server: x}, {server: x}]", "contexts[1].name: must be given"},
      {"contexts: [{name: a, server: x}, {name: a, server: y}]",
       "contexts[1].name: \"a\" stands there twice"},
      {"contexts: [{name: a, server: x, workspce: y}]",
       "contexts[0].workspce: unknown field (did you mean \"workspace\"?)"},
      {"contexts: [{name: a, server: x, caFile: a.pem}]",
       "contexts[0].caFile: \"a.pem\" is not an absolute path, as a context is used from every "
       "folder"},
      {"{currentContext: lib, contexts: [{name: lab, server: x}]}",
       "currentContext: there is no context \"lib\" (did you mean \"lab\"?)"},
      {"a: 1\n---\nb: 2", "holds more than one document; expected one"},
  };
  for (const Row& row : rows) {
    file(kPath, row.content);
    EXPECT_EQ(titan("get hosts"), 1) << row.content;
    EXPECT_EQ(err, std::string("titan: ") + kPath + ": " + row.err + "\n");
  }
  EXPECT_TRUE(api.log.empty());
}

TEST_F(ConfigTest, ChangesNothingThatItCannotTake) {
  two_contexts();
  const std::string before = content(kPath);
  struct Row {
    const char* line;
    int code;
    const char* err;
  };
  const Row rows[] = {
      {"config use-context hom", 3,
       "titan: there is no context \"hom\" (did you mean \"home\"?)\n"},
      {"config set-context new", 2, "titan: the context \"new\" is new and needs --server URL\n"},
      {"config set-context new --server nonsense", 2,
       "titan: the server URL \"nonsense\" is none\n"},
      {"config set-context lab --ca-file lab.pem", 2,
       "titan: --ca-file: \"lab.pem\" is not an absolute path, as a context is used from every "
       "folder\n"},
      {"config set-context lab --workspace 'A b'", 2, nullptr},
      {"config set-context 'A b' --server http://x", 2, nullptr},
      {"config use-context", 2, nullptr},
      {"config", 2, nullptr},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(titan(row.line), row.code) << row.line;
    EXPECT_EQ(out, "");
    if (row.err != nullptr) {
      EXPECT_EQ(err, row.err);
    }
  }
  EXPECT_EQ(content(kPath), before);
}

}  // namespace
}  // namespace titan::cli
