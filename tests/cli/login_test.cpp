#include <sys/stat.h>

#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;
using testing::error_response;
using testing::json_response;

constexpr const char* kPath = "/home/me/.config/titan/config.yaml";

class LoginTest : public testing::CliTest {
 protected:
  LoginTest() {
    api.override("GET /v1/whoami", json_response({{"actor", "token/ci"},
                                                  {"organization", "default"},
                                                  {"grants", {{{"role", "developer"}}}}}));
    api.override("GET /v1/login", error_response(404, "not_found", "no identity provider"));
  }
  // The configuration, for its owner only.
  void config(const std::string& content, ::mode_t mode = 0600) {
    file(kPath, content);
    ASSERT_EQ(chmod(disk(kPath).c_str(), mode), 0);
  }
  void refuse() {
    api.override("GET /v1/whoami", error_response(401, "denied", "expected a token"));
    api.override("GET /v1/hosts", error_response(401, "denied", "expected a token"));
  }
};

TEST_F(LoginTest, KeepsATokenThatTheServerKnowsInANewContext) {
  typed = "titan_typed";
  EXPECT_EQ(titan("login"), 0) << err;
  EXPECT_EQ(
      out,
      "logged in to http://127.0.0.1:7480 as token/ci of the organization default, developer; "
      "the token is kept in the context \"default\"\n");
  EXPECT_EQ(api.log, (std::vector<std::string>{"GET /v1/login", "GET /v1/whoami"}));
  EXPECT_EQ(api.authorization, "Bearer titan_typed");
  EXPECT_NE(content(kPath).find("currentContext: default\n"), std::string::npos);
  struct stat info {};
  ASSERT_EQ(stat(disk(kPath).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);

  EXPECT_EQ(titan("get hosts"), 0) << err;
  EXPECT_EQ(api.authorization, "Bearer titan_typed");
  EXPECT_EQ(titan("logout"), 0) << err;
  EXPECT_EQ(out, "the context \"default\" holds no token any more\n");
  EXPECT_EQ(content(kPath).find("titan_typed"), std::string::npos);
  EXPECT_EQ(titan("get hosts"), 0) << err;
  EXPECT_EQ(api.authorization, "");
  EXPECT_EQ(titan("logout"), 0) << err;
  EXPECT_EQ(out, "the context \"default\" held no token\n");
}

TEST_F(LoginTest, KeepsTheTokenWhereItIsTold) {
  config("{currentContext: lab, contexts: [{name: lab, server: 'http://lab:1'}]}");
  file("/data/admin-token", "titan_admin\n");
  EXPECT_EQ(titan("login --token-file /data/admin-token"), 0) << err;
  EXPECT_EQ(server, "http://lab:1");
  EXPECT_EQ(titan("login --context attic --server http://attic:2 --token-file /data/admin-token"),
            0)
      << err;
  EXPECT_EQ(server, "http://attic:2");
  EXPECT_EQ(titan("config get-contexts"), 0);
  EXPECT_EQ(out,
            "CURRENT   NAME    SERVER           WORKSPACE\n"
            "          lab     http://lab:1     <none>\n"
            "*         attic   http://attic:2   <none>\n");
  EXPECT_EQ(titan("logout --context lab"), 0) << err;
  EXPECT_EQ(titan("get hosts"), 0) << err;
  EXPECT_EQ(api.authorization, "Bearer titan_admin");
}

TEST_F(LoginTest, KeepsNothingThatItCannotUse) {
  const std::string before =
      "{currentContext: lab, contexts: [{name: lab, server: 'http://lab:1'}]}";
  config(before);
  struct Row {
    const char* line;
    const char* typed;
    int code;
    const char* err;
  };
  const Row rows[] = {
      {"login", "", 1, "titan: is empty; expected a token\n"},
      {"login", "titan_a titan_b", 1,
       "titan: is no token; expected one line of printable ASCII, of at most 4096 bytes and "
       "without blanks\n"},
      {"login --server http://other:2", "titan_a", 2,
       "titan: the current context \"lab\" is of http://lab:1; --context NAME keeps one for "
       "http://other:2\n"},
      {"login --context 'A b' --server http://other:2", "titan_a", 2, nullptr},
      {"login --ca-file lab.pem", "titan_a", 2, nullptr},
      {"login --token-file none", "", 3, nullptr},
      {"login --token-file -", "", 1, "titan: is empty; expected a token\n"},
      {"login --token-file - --organization acme", "titan_a", 2,
       "titan: --organization goes with a login at an identity provider, not with --token-file\n"},
      {"logout --context lob", "", 3,
       "titan: there is no context \"lob\" (did you mean \"lab\"?)\n"},
  };
  for (const Row& row : rows) {
    typed = row.typed;
    EXPECT_EQ(titan(row.line), row.code) << row.line << err;
    EXPECT_EQ(out, "");
    if (row.err != nullptr) {
      EXPECT_EQ(err, row.err);
    }
    EXPECT_EQ(err.find("titan_"), std::string::npos) << err;
  }
  EXPECT_EQ(api.log, (std::vector<std::string>{"GET /v1/login", "GET /v1/login"}));
  refuse();
  typed = "titan_old";
  EXPECT_EQ(titan("login"), 5);
  EXPECT_EQ(err,
            "titan: http://lab:1: the server does not know this token: it is mistyped, deleted or "
            "expired\n");
  EXPECT_EQ(content(kPath), before);
}

TEST_F(LoginTest, ShowsTheTokenOfTheFlagThenTheVariablesThenTheContext) {
  file("/flag", "titan_flag\n");
  file("/variable", " titan_variable_file \n\n");
  file("/context", "titan_context_file");
  const char* const kToken =
      "{currentContext: a, contexts: [{name: a, server: 'http://a', token: titan_context}]}";
  const char* const kFile =
      "{currentContext: a, contexts: [{name: a, server: 'http://a', tokenFile: /context}]}";
  struct Row {
    const char* line;
    const char* config;
    const char* token;
    const char* token_file;
    const char* shown;
  };
  const Row rows[] = {
      {"get hosts", "", "", "", ""},
      {"get hosts", kToken, "", "", "Bearer titan_context"},
      {"get hosts", kFile, "", "", "Bearer titan_context_file"},
      {"get hosts", kToken, "", "/variable", "Bearer titan_variable_file"},
      {"get hosts", kToken, "titan_variable", "/variable", "Bearer titan_variable"},
      {"get hosts --token-file /flag", kToken, "titan_variable", "/variable", "Bearer titan_flag"},
      {"--token-file /flag get hosts", "", "", "", "Bearer titan_flag"},
      // A context's token is for its server alone.
      {"get hosts --server http://b", kToken, "", "", ""},
      {"get hosts --server http://a", kToken, "", "", "Bearer titan_context"},
      {"get hosts --server http://b", kToken, "titan_variable", "", "Bearer titan_variable"},
  };
  for (const Row& row : rows) {
    config(row.config);
    variables["TITAN_TOKEN"] = row.token;
    variables["TITAN_TOKEN_FILE"] = row.token_file;
    EXPECT_EQ(titan(row.line), 0) << row.line << err;
    EXPECT_EQ(api.authorization, row.shown) << row.line;
  }
  variables["TITAN_TOKEN"] = "two words";
  EXPECT_EQ(titan("get hosts"), 1);
  EXPECT_NE(err.find("TITAN_TOKEN: is no token"), std::string::npos) << err;
}

TEST_F(LoginTest, RefusesATokenThatOthersCanRead) {
  const char* const kToken =
      "{currentContext: a, contexts: [{name: a, server: 'http://a', token: titan_context}]}";
  for (const ::mode_t mode : {0640, 0604, 0644, 0660}) {
    config(kToken, mode);
    EXPECT_EQ(titan("get hosts"), 5) << mode;
    EXPECT_NE(err.find(std::string(kPath) + ": holds a token, and others than you may read it"),
              std::string::npos)
        << err;
  }
  EXPECT_TRUE(api.log.empty());
  config("{currentContext: a, contexts: [{name: a, server: 'http://a'}]}", 0644);
  EXPECT_EQ(titan("get hosts"), 0) << err;
}

TEST_F(LoginTest, SaysHowToLogInWhenTheServerAsksWhoItIs) {
  refuse();
  EXPECT_EQ(titan("get hosts"), 5);
  EXPECT_EQ(err,
            "titan: http://127.0.0.1:7480: the server wants to know who asks; log in with titan "
            "login, or set TITAN_TOKEN or TITAN_TOKEN_FILE\n");
  config("{currentContext: a, contexts: [{name: a, server: 'http://a', token: titan_old}]}");
  EXPECT_EQ(titan("get hosts"), 5);
  EXPECT_EQ(err,
            "titan: http://a: the server does not take the token of the context \"a\": it is "
            "unknown, deleted or expired; log in anew with titan login\n");
  config(
      "{currentContext: a, contexts: [{name: a, server: 'http://a', token: titan_old, "
      "tokenExpires: '2026-03-01T11:00:00Z'}]}");
  EXPECT_EQ(titan("get hosts"), 5);
  EXPECT_NE(err.find("the token of the context \"a\": it expired at 2026-03-01T11:00:00.000000Z; "
                     "log in anew with titan login"),
            std::string::npos)
      << err;
  variables["TITAN_TOKEN"] = "titan_variable";
  EXPECT_EQ(titan("auth whoami"), 5);
  EXPECT_NE(err.find("the token of TITAN_TOKEN: it is unknown"), std::string::npos) << err;
}

TEST_F(LoginTest, LetsAContextNameTheFileOfItsToken) {
  file("/run/token", "titan_a\n");
  EXPECT_EQ(titan("config set-context a --server http://a --token-file /run/token"), 0) << err;
  EXPECT_EQ(titan("get hosts"), 0) << err;
  EXPECT_EQ(api.authorization, "Bearer titan_a");
  EXPECT_EQ(titan("config set-context a --token-file run/token"), 2);
  EXPECT_EQ(titan("config set-context a --token-file ''"), 0) << err;
  EXPECT_EQ(titan("get hosts"), 0) << err;
  EXPECT_EQ(api.authorization, "");
  config("contexts: [{name: a, server: x, token: t, tokenFile: /t}]");
  EXPECT_EQ(titan("get hosts"), 1);
  EXPECT_NE(err.find("contexts[0].tokenFile: cannot stand beside token"), std::string::npos) << err;
}

}  // namespace
}  // namespace titan::cli
