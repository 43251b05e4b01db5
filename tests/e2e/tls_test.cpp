// The three programs over https://.
#include <gtest/gtest.h>

#include "tests/e2e/programs.hpp"

namespace titan {
namespace {

using testing::CertificateFiles;
using testing::RunningServer;

class TlsTest : public ::testing::Test {
 protected:
  CertificateFiles authority(const std::string& name, int valid_until_hours = 1) {
    return testing::make_certificate(folder_.path(), name,
                                     {.common_name = name,
                                      .is_authority = true,
                                      .valid_from_hours = -2,
                                      .valid_until_hours = valid_until_hours});
  }
  // `titan-agent once` for the host pi, with more arguments.
  Outcome run_agent(const RunningServer& server, const std::vector<std::string>& more,
                    std::map<std::string, std::string> environment = {}) {
    testing::enroll(server, "pi", folder_.path() + "/pi");
    return run_agent(server.url(), more, std::move(environment));
  }
  // The lobby: what a device that nobody knows asks for.
  Outcome visit_lobby(const std::string& url, const std::string& ca_file) {
    return SystemProcessRunner()
        .run({.arguments = {testing::program_path("titan-agent"), "enroll", "--lobby", "--no-wait",
                            "--server", url, "--name", "pi", "--ca-file", ca_file, "--state",
                            folder_.path() + "/pi/state", "--run", folder_.path() + "/pi/run"}})
        .value();
  }
  Outcome run_agent(const std::string& url, const std::vector<std::string>& more,
                    std::map<std::string, std::string> environment = {}) {
    auto arguments = testing::agent_once(url, "pi", folder_.path() + "/pi");
    arguments.insert(arguments.end(), more.begin(), more.end());
    return SystemProcessRunner()
        .run({.arguments = arguments, .environment = std::move(environment)})
        .value();
  }

  testing::TemporaryDirectory folder_;
  CertificateFiles ours_ = authority("ours");
};

TEST_F(TlsTest, DeliversToAHostWhoseAgentTrustsTheServer) {
  RunningServer server(folder_.path() + "/server", ours_);
  ASSERT_TRUE(server.url().starts_with("https://127.0.0.1:")) << server.url();
  const auto titan = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--ca-file", ours_.certificate});
    const Outcome outcome = testing::run_titan(server, arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    return outcome.output;
  };
  titan({"create", "host", "pi", "--labels", "name=pi"});
  titan({"create", "template", "device-service", "-f", "./device-service"});
  titan({"create", "workload", "sensor"});
  titan({"create", "target", "pi", "--labels", "name=pi"});
  titan({"create", "deployment", "prod", "--workload", "sensor", "--template", "device-service",
         "--target", "pi"});

  const Outcome outcome = run_agent(server, {"--ca-file", ours_.certificate});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_FALSE(testing::read_files(folder_.path() + "/pi/root").empty());
  EXPECT_EQ(titan({"wait", "deployment/prod", "--timeout", "30s"}).find("ERROR"),
            std::string::npos);
}

TEST_F(TlsTest, TakesTheFileOfTrustedCertificatesFromTheEnvironmentAndTheContext) {
  RunningServer server(folder_.path() + "/server", ours_);
  const std::map<std::string, std::string> environment = {{"TITAN_CA_FILE", ours_.certificate}};
  const Outcome created = testing::run_titan(server, {"create", "host", "pi"}, environment);
  EXPECT_EQ(created.exit_code, 0) << created.errors;
  const Outcome step = run_agent(server, {}, environment);
  EXPECT_EQ(step.exit_code, 0) << step.errors;

  const std::map<std::string, std::string> configured = {
      {"TITAN_SERVER", ""}, {"TITAN_CONFIG", folder_.path() + "/config.yaml"}};
  const Outcome set =
      testing::run_titan("",
                         {"config", "set-context", "a", "--server", server.url(), "--ca-file",
                          ours_.certificate, "--token-file", server.token_file()},
                         configured);
  EXPECT_EQ(set.exit_code, 0) << set.errors;
  const Outcome got = testing::run_titan("", {"get", "hosts", "-o", "name"}, configured);
  EXPECT_EQ(got.exit_code, 0) << got.errors;
  EXPECT_EQ(got.output, "host/pi\n");
}

TEST_F(TlsTest, RefusesAServerThatItHasNoReasonToTrust) {
  RunningServer server(folder_.path() + "/server", ours_);
  const std::string other = authority("other").certificate;
  for (const std::vector<std::string>& trusted :
       {std::vector<std::string>(), std::vector<std::string>{"--ca-file", other}}) {
    std::vector<std::string> arguments = {"get", "hosts"};
    arguments.insert(arguments.end(), trusted.begin(), trusted.end());
    const Outcome person = testing::run_titan(server, arguments);
    EXPECT_EQ(person.exit_code, 5);
    EXPECT_TRUE(person.errors.starts_with("titan: " + server.url() + ": no")) << person.errors;
    EXPECT_NE(person.errors.find(" signed the server's certificate (unable to get local issuer "
                                 "certificate); name the file that holds its authority's "
                                 "certificate with --ca-file\n"),
              std::string::npos)
        << person.errors;
    const Outcome host = run_agent(server, trusted);
    EXPECT_EQ(host.exit_code, 5) << host.errors;
    EXPECT_NE(host.errors.find("--ca-file"), std::string::npos) << host.errors;
  }
}

TEST_F(TlsTest, LetsOnlyTheAgentLeaveDatesAlone) {
  const auto old = authority("old", -1);
  RunningServer server(folder_.path() + "/server", old);
  const Outcome person = testing::run_titan(server, {"get", "hosts", "--ca-file", old.certificate});
  EXPECT_EQ(person.exit_code, 5);
  EXPECT_NE(person.errors.find("the certificate of the server's authority has expired at "),
            std::string::npos)
      << person.errors;
  const Outcome host = visit_lobby(server.url(), old.certificate);
  EXPECT_EQ(host.exit_code, 6) << host.errors;  // nobody has approved it yet
  EXPECT_NE(host.output.find("server key  ed25519:"), std::string::npos) << host.output;
}

TEST_F(TlsTest, SaysWhatIsWrongWithTheFileOfTrustedCertificates) {
  const std::string none = folder_.path() + "/none";
  const std::string why =
      none +
      ": cannot be read: No such file or directory; --ca-file wants certificates in PEM form";
  const Outcome person =
      testing::run_titan("https://127.0.0.1:1", {"get", "hosts", "--ca-file", none});
  EXPECT_EQ(person.exit_code, 1);
  EXPECT_EQ(person.errors, "titan: " + why + "\n");
  const Outcome host = visit_lobby("https://127.0.0.1:1", none);
  EXPECT_EQ(host.exit_code, 1);
  EXPECT_NE(host.errors.find(why), std::string::npos) << host.errors;
}

}  // namespace
}  // namespace titan
