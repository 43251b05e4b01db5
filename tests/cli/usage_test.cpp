#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

class UsageTest : public testing::CliTest {};

TEST_F(UsageTest, ShowsAnExampleInTheHelpOfEveryVerb) {
  const char* const lines[] = {
      "create --help",
      "create workspace --help",
      "create host --help",
      "create template --help",
      "create workload --help",
      "create target --help",
      "create deployment -h",
      "create token --help",
      "create enrollment --help",
      "apply --help",
      "apply host --help",
      "get --help",
      "describe --help",
      "diff --help",
      "render --help",
      "why --help",
      "trace --help",
      "report --help",
      "report stage --help",
      "edit --help",
      "wait --help",
      "delete --help",
      "config --help",
      "config current-context --help",
      "config get-contexts --help",
      "config use-context --help",
      "config set-context --help",
      "login --help",
      "logout --help",
      "auth --help",
      "auth whoami --help",
      "auth can-i --help",
      "approve --help",
      "revoke --help",
      "key --help",
      "key new --help",
      "sign --help",
      "status --help",
      "version --help",
      "completion --help",
  };
  for (const char* line : lines) {
    EXPECT_EQ(titan(line), 0) << line << err;
    EXPECT_EQ(err, "") << line;
    EXPECT_NE(out.find("\nExample:\n  titan "), std::string::npos) << line << '\n' << out;
  }
}

TEST_F(UsageTest, ListsTheVerbs) {
  EXPECT_EQ(titan("--help"), 0);
  for (const char* verb :
       {"create", "apply",    "diff",   "render", "why",    "trace",  "report",  "edit",
        "get",    "describe", "wait",   "delete", "rotate", "config", "login",   "logout",
        "auth",   "approve",  "revoke", "key",    "sign",   "status", "version", "completion"}) {
    EXPECT_NE(out.find("\n  " + std::string(verb) + " "), std::string::npos) << verb << out;
  }
}

TEST_F(UsageTest, ExplainsWhatItDoesNotUnderstand) {
  struct Row {
    const char* line;
    const char* err;
  };
  const Row rows[] = {
      {"",
       "titan: titan expects a verb: one of create, apply, diff, render, why, trace, report, edit, "
       "get, describe, wait, delete, rotate, config, login, logout, auth, approve, revoke, key, "
       "sign, status, "
       "sync, "
       "version, completion\nSee titan --help.\n"},
      {"gte hosts",
       "titan: \"gte\" is not a verb of titan: expected one of create, apply, diff, render, why, "
       "trace, report, edit, get, "
       "describe, wait, delete, rotate, config, login, logout, auth, approve, revoke, key, sign, "
       "status, sync, version, completion "
       "(did you mean \"get\"?)\nSee titan --help.\n"},
      {"create",
       "titan: titan create expects a kind: one of workspace, host, template, workload, target, "
       "deployment, token, enrollment, secret\nSee titan create --help.\n"},
      {"create hots x",
       "titan: \"hots\" is not a kind: expected one of workspaces, hosts, templates, workloads, "
       "targets, deployments, assignments, tokens, enrollments, devices, secrets (did you mean "
       "\"hosts\"?)\nSee titan create --help.\n"},
      {"create assignment x",
       "titan: assignments are written by the server\nSee titan create --help.\n"},
      {"create device x",
       "titan: devices come by titan create enrollment, or by titan approve\nSee titan create "
       "--help.\n"},
      {"apply token x",
       "titan: tokens are made by titan create, and have no flags of apply\nSee titan apply "
       "--help.\n"},
      {"create token --role admin", "titan: the token needs a name\n"},
      {"create token ci --role admn",
       "titan: --role: \"admn\" is not a role: expected one of viewer, developer, platform, admin "
       "(did "
       "you mean \"admin\"?)\n"},
      {"create token ci --role admin --ttl 0s", nullptr},
      {"create token ci --role admin --token titan_x",
       "titan: titan create token has no flag \"--token\"\nSee titan create token --help.\n"},
      {"create enrollment", nullptr},
      {"auth can-i eat hosts", nullptr},
      {"auth can-i get hosts -w iot", "titan: a host is in no workspace; leave --workspace out\n"},
      {"get lobby --watch",
       "titan: the lobby is shown whole: it takes -o and --no-headers alone\n"},
      {"create template x", "titan: expected -f FOLDER or --repo URL, one of the two\n"},
      {"create template x -f a --repo b",
       "titan: expected -f FOLDER or --repo URL, one of the two\n"},
      {"create template x -f a --ref main", "titan: --ref and --path go with --repo\n"},
      {"sync host x", "titan: hosts are not read from Git: expected template\n"},
      {"sync template", nullptr},
      {"revoke template x", "titan: templates are not revoked: expected host or token\n"},
      {"create host x --lables a=b",
       "titan: titan create host has no flag \"--lables\" (did you mean \"--labels\"?)\n"
       "See titan create host --help.\n"},
      {"create host x --repo r",
       "titan: titan create host has no flag \"--repo\"\nSee titan create host --help.\n"},
      {"create host x y",
       "titan: titan create host does not expect \"y\"\n"
       "See titan create host --help.\n"},
      {"create host x -w iot",
       "titan: titan create host has no flag \"-w\"\nSee titan create host --help.\n"},
      {"-w iot create host x", "titan: a host is in no workspace; leave --workspace out\n"},
      {"apply", "titan: expected -f PATH, or a kind and a name; see titan apply --help\n"},
      {"apply -f x host y", "titan: -f with documents and a kind cannot stand together\n"},
      {"get deploymnts",
       "titan: \"deploymnts\" is not a kind: expected one of workspaces, hosts, templates, "
       "workloads, targets, deployments, assignments, tokens, enrollments, devices, secrets (did "
       "you mean "
       "\"deployments\"?)\n"},
      {"config get-context",
       "titan: \"get-context\" is not a verb of titan config: expected one of current-context, "
       "get-contexts, use-context, set-context (did you mean \"get-contexts\"?)\n"
       "See titan config --help.\n"},
      {"version x", "titan: titan version does not expect \"x\"\nSee titan version --help.\n"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(titan(row.line), 2) << row.line;
    EXPECT_EQ(out, "") << row.line;
    if (row.err != nullptr) {
      EXPECT_EQ(err, row.err) << row.line;
    }
    EXPECT_NE(err, "") << row.line;
  }
  EXPECT_TRUE(api.log.empty());
}

TEST_F(UsageTest, TakesWordsOfTheCommandLineAsNames) {
  for (const char* name : {"get", "status", "host", "create"}) {
    EXPECT_EQ(titan("create workload " + std::string(name)), 0) << name << err;
    EXPECT_EQ(titan("get workload " + std::string(name)), 0) << name << err;
  }
}

}  // namespace
}  // namespace titan::cli
