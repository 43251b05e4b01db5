// A person logs in at a certified OpenID provider through client::DeviceLogin, over HTTP, and the
// server's side checks the token; then the same with titan and titan-server. login.sh says where
// the provider's program is.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/process_runner.hpp"
#include "base/random.hpp"
#include "client/device_login.hpp"
#include "server-lite/oidc/http_url_fetcher.hpp"
#include "server-lite/oidc/limits.hpp"
#include "server-lite/oidc/oidc_provider.hpp"
#include "tests/e2e/programs.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan {
namespace {

using client::DeviceLogin;
using oidc::IdToken;
using oidc::OidcProvider;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string(name) + " is not set");
  return value;
}

std::string script(const char* name) {
  return variable("TITAN_LOGIN_SCRIPTS") + "/" + name;
}

// The program identity_provider.mjs, with fresh keys.
class RunningProvider {
 public:
  explicit RunningProvider(const std::string& port = "0")
      : log_(folder_.path() + "/provider.log"),
        program_({variable("TITAN_NODE"), script("identity_provider.mjs"), port}, log_) {
    const SystemClock clock;
    const auto deadline = clock.monotonic() + std::chrono::seconds(60);
    while (address_.empty()) {
      const bool has_ended = program_.has_ended();
      if (has_ended || clock.monotonic() > deadline) {
        throw std::runtime_error("the provider did not start, " +
                                 (has_ended ? "and ended with " + std::to_string(program_.wait())
                                            : std::string("and goes on")) +
                                 ": " + testing::read_text(log_));
      }
      std::this_thread::yield();
      find_address();
    }
  }

  [[nodiscard]] std::string issuer() const { return "http://" + address_; }
  [[nodiscard]] std::string port() const { return address_.substr(address_.find(':') + 1); }

 private:
  void find_address() {
    std::istringstream lines(testing::read_text(log_));
    for (std::string line; std::getline(lines, line);) {
      const auto record = nlohmann::json::parse(line, nullptr, false);
      if (record.is_object()) address_ = record.at("address").get<std::string>();
    }
  }

  testing::TemporaryDirectory folder_;
  std::string log_;
  testing::BackgroundProgram program_;
  std::string address_;
};

class Login : public ::testing::Test {
 protected:
  // The person does what the prompt says.
  static void obey(const DeviceLogin::Prompt& prompt, const std::string& person,
                   const std::string& wish) {
    const auto outcome =
        SystemProcessRunner().run({.arguments = {variable("TITAN_NODE"), script("log_in.mjs"),
                                                 prompt.verification_uri_complete, person, wish}});
    ASSERT_TRUE(outcome.ok());
    ASSERT_EQ(outcome->exit_code, 0) << outcome->output << outcome->errors;
  }

  // The waits are not waited for: the time that DeviceLogin sees is the test's own.
  Result<std::string> log_in(const std::string& issuer, const std::string& client,
                             const std::string& person, const std::string& wish = "") {
    DeviceLogin login({.issuer = issuer, .client_id = client, .scopes = {"profile", "groups"}},
                      client::provider_transports(), random_);
    TITAN_ASSIGN(const auto prompt, login.begin(clock_.monotonic()));
    clock_.advance(std::chrono::seconds(5));
    TITAN_ASSIGN(const auto pending, login.next(clock_.monotonic()));
    EXPECT_FALSE(pending.done());
    obey(prompt, person, wish);
    clock_.advance(pending.wait);
    TITAN_ASSIGN(const auto step, login.next(clock_.monotonic()));
    EXPECT_TRUE(step.done()) << step.fault;
    return step.id_token;
  }

  Result<IdToken> verify(OidcProvider& provider, const std::string& token) {
    return provider.verify(token, SystemClock().wall(), clock_.monotonic());
  }

  testing::FakeClock clock_;
  SystemRandom random_;
  oidc::HttpUrlFetcher fetcher_;
};

TEST_F(Login, GivesATokenOfEachAlgorithmThatTheServerTakes) {
  const RunningProvider running;
  for (const std::string algorithm : {"RS256", "ES256", "EdDSA"}) {
    OidcProvider provider({.issuer = running.issuer(), .client_id = "titan-" + algorithm},
                          fetcher_);
    const auto text = log_in(running.issuer(), "titan-" + algorithm, "ada");
    ASSERT_TRUE(text.ok()) << text.error().text();
    const auto token = verify(provider, *text);
    ASSERT_TRUE(token.ok()) << algorithm << ": " << token.error().text();
    EXPECT_EQ(token->subject, "ada");
    EXPECT_EQ(token->name, "ada@example.org");
    EXPECT_EQ(token->groups, (std::vector<std::string>{"iot", "operators"}));
    EXPECT_GT(token->expires, SystemClock().wall());
  }
}

TEST_F(Login, GivesAnotherClientNothingThatTheServerTakes) {
  const RunningProvider running;
  OidcProvider provider({.issuer = running.issuer(), .client_id = "titan-ES256"}, fetcher_);
  const auto text = log_in(running.issuer(), "other-ES256", "ada");
  ASSERT_TRUE(text.ok()) << text.error().text();
  const auto token = verify(provider, *text);
  ASSERT_FALSE(token.ok());
  EXPECT_EQ(token.error().code, ErrorCode::denied);
  EXPECT_EQ(token.error().field, "aud");
}

TEST_F(Login, OutlivesAChangeOfTheProvidersKeys) {
  auto running = std::make_unique<RunningProvider>();
  const std::string issuer = running->issuer();
  const std::string port = running->port();
  OidcProvider provider({.issuer = issuer, .client_id = "titan-RS256"}, fetcher_);
  const auto before = log_in(issuer, "titan-RS256", "ada");
  ASSERT_TRUE(before.ok()) << before.error().text();
  ASSERT_TRUE(verify(provider, *before).ok());

  running.reset();
  running = std::make_unique<RunningProvider>(port);
  clock_.advance(oidc::kRefetchPause);
  const auto after = log_in(issuer, "titan-RS256", "grace");
  ASSERT_TRUE(after.ok()) << after.error().text();
  const auto token = verify(provider, *after);
  ASSERT_TRUE(token.ok()) << token.error().text();
  EXPECT_EQ(token->subject, "grace");
  const auto old = verify(provider, *before);
  ASSERT_FALSE(old.ok());
  EXPECT_EQ(old.error().code, ErrorCode::denied);
}

TEST_F(Login, EndsWhenThePersonRefuses) {
  const RunningProvider running;
  const auto text = log_in(running.issuer(), "titan-ES256", "ada", "refuse");
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, ErrorCode::denied);
}

TEST_F(Login, SaysThatAClientIsNotKnown) {
  const RunningProvider running;
  const auto text = log_in(running.issuer(), "stranger", "ada");
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, ErrorCode::denied);
  EXPECT_NE(text.error().message.find("invalid_client"), std::string::npos);
}

// ---- with titan's own programs -----------------------------------------------------------------

// A server that people log in to through the provider, and one of them at a terminal.
class LoginToServer : public Login {
 protected:
  LoginToServer() {
    std::ofstream(folder_.path() + "/oidc.yaml")
        << "issuer: " << provider_.issuer() << "\nclientId: titan-ES256\n"
        << "scopes: [openid, profile, groups]\nrules:\n"
        << "  - {group: iot, role: developer, workspace: iot}\n"
        << "  - {group: operators, role: viewer}\n"
        << "  - {group: acme, role: admin, organization: acme}\n";
    server_ = std::make_unique<testing::RunningServer>(
        folder_.path() + "/data",
        std::vector<std::string>{"--oidc", folder_.path() + "/oidc.yaml"});
  }
  // The exit code of `titan login`, while the person does what it shows.
  int log_in_as(const std::string& person, const std::vector<std::string>& options = {}) {
    const std::string log = folder_.path() + "/login.log";
    std::ofstream(log).flush();
    std::vector<std::string> arguments = {"/usr/bin/env",
                                          "TITAN_CONFIG=" + config_,
                                          testing::program_path("titan"),
                                          "login",
                                          "--server",
                                          server_->url()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    testing::BackgroundProgram program(arguments, log);
    const std::string url = shown_url(log);
    const auto outcome = SystemProcessRunner().run(
        {.arguments = {variable("TITAN_NODE"), script("log_in.mjs"), url, person, ""}});
    EXPECT_TRUE(outcome.ok() && outcome->exit_code == 0) << url;
    const int code = program.wait();
    shown_ = testing::read_text(log);
    return code;
  }
  Outcome titan(std::vector<std::string> arguments) {
    return testing::run_titan(server_->url(), std::move(arguments), {{"TITAN_CONFIG", config_}});
  }

  testing::TemporaryDirectory folder_;
  RunningProvider provider_;
  std::unique_ptr<testing::RunningServer> server_;
  const std::string config_ = folder_.path() + "/config.yaml";
  std::string shown_;  // by the last `titan login`

 private:
  static std::string shown_url(const std::string& log) {
    const SystemClock clock;
    const auto deadline = clock.monotonic() + std::chrono::seconds(60);
    const std::string before = "or open ";
    while (clock.monotonic() < deadline) {
      const std::string text = testing::read_text(log);
      const auto from = text.find(before);
      const auto to = text.find(" and compare", from);
      if (from != std::string::npos && to != std::string::npos) {
        return text.substr(from + before.size(), to - from - before.size());
      }
      std::this_thread::yield();
    }
    throw std::runtime_error("no URL was shown: " + testing::read_text(log));
  }
};

TEST_F(LoginToServer, LetsAPersonDoWhatTheirGroupsMay) {
  EXPECT_NE(titan({"auth", "whoami"}).exit_code, 0);
  ASSERT_EQ(log_in_as("ada"), 0) << shown_;
  EXPECT_NE(shown_.find("developer in workspace iot, viewer"), std::string::npos) << shown_;
  const Outcome who = titan({"auth", "whoami"});
  ASSERT_EQ(who.exit_code, 0) << who.errors;
  EXPECT_NE(who.output.find("token/login-ada-example-org-"), std::string::npos) << who.output;
  EXPECT_NE(who.output.find("developer in workspace iot"), std::string::npos) << who.output;

  ASSERT_EQ(testing::run_titan(*server_, {"create", "workspace", "iot"}).exit_code, 0);
  const Outcome allowed = titan({"create", "workload", "sensor", "-w", "iot"});
  EXPECT_EQ(allowed.exit_code, 0) << allowed.errors;
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"create", "workload", "sensor", "-w", "default"},
        {"create", "host", "pi"},
        {"get", "tokens"}}) {
    const Outcome refused = titan(line);
    EXPECT_EQ(refused.exit_code, 5) << refused.output << refused.errors;
    EXPECT_NE(refused.errors.find("needs the role"), std::string::npos) << refused.errors;
  }
  EXPECT_EQ(server_->metric("titan_logins_total{outcome=\"done\"}"), 1);
}

TEST_F(LoginToServer, GivesNothingWhereThePersonHasNoRole) {
  EXPECT_EQ(log_in_as("ada", {"--organization", "acme"}), 5);
  EXPECT_NE(shown_.find("you are \"ada@example.org\", and no group of yours has a role in the "
                        "organization \"acme\""),
            std::string::npos)
      << shown_;
  EXPECT_NE(titan({"auth", "whoami"}).exit_code, 0);
  EXPECT_EQ(server_->metric("titan_logins_total{outcome=\"no_role\"}"), 1);
}

TEST_F(LoginToServer, NeedsAFileThatTheServerUnderstands) {
  std::ofstream(folder_.path() + "/bad.yaml")
      << "issuer: https://id.example.org\nclientId: titan\nrules: [{group: a, role: chief}]\n";
  for (const auto& [file, part] :
       {std::pair("bad.yaml", "rules[0].role"), std::pair("none.yaml", "none.yaml")}) {
    const Outcome outcome =
        SystemProcessRunner()
            .run({.arguments = {testing::program_path("titan-server"), "--data",
                                folder_.path() + "/other", "--oidc", folder_.path() + "/" + file}})
            .value();
    EXPECT_EQ(outcome.exit_code, 2) << outcome.errors;
    EXPECT_NE(outcome.errors.find("--oidc: " + folder_.path() + "/" + file), std::string::npos)
        << outcome.errors;
    EXPECT_NE(outcome.errors.find(part), std::string::npos) << outcome.errors;
  }
}

}  // namespace
}  // namespace titan
