// The program itself, over HTTP, with its exit codes.

#include "agent/app.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "model/enrollment_string.hpp"
#include "model/manifest.hpp"
#include "tests/client/loopback_server.hpp"
#include "tests/client/signing_server.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using titan::client::LoopbackServer;
using titan::testing::SeededRandom;
using titan::testing::SigningServer;
using titan::testing::TemporaryDirectory;

constexpr const char* kEpoch = "0123456789abcdef";

HttpRequest parse_request(const std::string& text) {
  const std::size_t head = text.find("\r\n\r\n");
  const auto lines = split(text.substr(0, head), '\n');
  const auto words = split(lines[0], ' ');
  HttpRequest request{
      .method = words[0], .target = words[1], .headers = {}, .body = text.substr(head + 4)};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(": ");
    request.headers[lines[i].substr(0, colon)] = std::string(trim(lines[i].substr(colon + 2)));
  }
  return request;
}

std::string text_of(const HttpResponse& response) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " Some\r\n";
  for (const auto& [name, value] : response.headers) text.append(name + ": " + value + "\r\n");
  if (response.status != 204) {
    text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  return text + "\r\n" + response.body;
}

class AgentProgram : public ::testing::Test {
 protected:
  // One connection for each run of the program that asks the server.
  LoopbackServer::Script serve() {
    return [this](LoopbackServer::Peer& peer, auto&) {
      for (std::string text = peer.read_request(); !text.empty(); text = peer.read_request()) {
        peer.write(text_of(server_.handle(parse_request(text))));
      }
    };
  }
  static HttpResponse tell(const HttpRequest&) {
    const model::Manifest manifest{.host = "pi",
                                   .bookmark = {kEpoch, 42},
                                   .full = true,
                                   .digest = model::digest_of_desired({}),
                                   .poll_after = std::chrono::seconds(60)};
    return {200,
            {{"Titan-Bookmark", manifest.bookmark.text()}, {"Titan-Poll-After", "60"}},
            model::json_text(manifest)};
  }
  ExitCode run(std::vector<std::string> arguments) {
    for (const char* folder : {"state", "run"}) {
      arguments.insert(arguments.end(),
                       {std::string("--") + folder, directory_.path() + "/" + folder});
    }
    out_.str("");
    err_.str("");
    const ProgramEnv env{.out = out_, .err = err_, .variable = [](const std::string&) {
                           return std::optional<std::string>();
                         }};
    return agent::run(arguments, env);
  }
  ExitCode once(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"once", "--root", directory_.path() + "/root"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  void write_string(const std::string& url) {
    const std::string secret = base64url(std::string(32, 'x'));
    server_.expect("pi", secret);
    const model::EnrollmentString string{
        .url = url, .server = server_.key.public_key(), .secret = Secret::of(std::string(secret))};
    std::ofstream(directory_.path() + "/string") << string.text().bytes() << "\n";
  }

  TemporaryDirectory directory_;
  SeededRandom random_{21};
  SigningServer server_{random_, kEpoch, &tell};
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(AgentProgram, SaysHowToEnrollAHostThatIsNot) {
  EXPECT_EQ(once(), ExitCode::denied);
  EXPECT_NE(err_.str().find("titan-agent enroll"), std::string::npos);
  EXPECT_EQ(run({"status"}), ExitCode::done);
  EXPECT_NE(out_.str().find("not enrolled"), std::string::npos);
}

TEST_F(AgentProgram, EnrollsRunsAndShowsWhatItKnows) {
  LoopbackServer network({serve(), serve(), serve(), serve()});
  write_string(network.url());
  ASSERT_EQ(run({"enroll", "@" + directory_.path() + "/string"}), ExitCode::done) << err_.str();
  EXPECT_EQ(out_.str(), "enrolled as pi in default\n");
  EXPECT_EQ(once(), ExitCode::done) << err_.str();
  EXPECT_EQ(once({"--host", "pi", "--server", network.url()}), ExitCode::done) << err_.str();
  EXPECT_EQ(server_.opened, 1) << "the second run goes on with the session of the first";
  EXPECT_EQ(once({"--host", "other"}), ExitCode::usage);
  ASSERT_EQ(run({"status", "-o", "json"}), ExitCode::done);
  const auto status = parse_json(out_.str()).value();
  EXPECT_EQ(status["host"], "pi");
  EXPECT_EQ(status["server"], network.url());
  EXPECT_EQ(status["serverKey"], server_.key.public_key().text());
  EXPECT_EQ(status["bookmark"], std::string(kEpoch) + ".42");
  // Another server in the place of this one.
  server_.key = SigningKey::make(random_);
  EXPECT_EQ(once(), ExitCode::denied);
  ASSERT_EQ(run({"status"}), ExitCode::done);
  EXPECT_NE(out_.str().find("unknown-key"), std::string::npos) << out_.str();
}

TEST_F(AgentProgram, TrustsAuthorsThatItWasTold) {
  const std::string first = SigningKey::make(random_).public_key().text();
  const std::string second = SigningKey::make(random_).public_key().text();
  EXPECT_EQ(run({"trust-author", first}), ExitCode::not_found);
  LoopbackServer network({serve()});
  write_string(network.url());
  ASSERT_EQ(run({"enroll", "@" + directory_.path() + "/string", "--require-signed-by", first}),
            ExitCode::done)
      << err_.str();
  EXPECT_EQ(run({"trust-author", second}), ExitCode::done) << err_.str();
  EXPECT_EQ(out_.str(),
            "applies what is signed by " + first + "\napplies what is signed by " + second + "\n");
  ASSERT_EQ(run({"status", "-o", "json"}), ExitCode::done);
  EXPECT_EQ(parse_json(out_.str()).value()["requireSignedBy"], nlohmann::json({first, second}));
  EXPECT_EQ(run({"trust-author", first, "--remove"}), ExitCode::done);
  EXPECT_EQ(out_.str(), "applies what is signed by " + second + "\n");
  EXPECT_EQ(run({"trust-author", first, "--remove"}), ExitCode::not_found);
}

TEST_F(AgentProgram, GivesTheHostANewKey) {
  EXPECT_EQ(run({"rotate-key"}), ExitCode::not_found);
  LoopbackServer network({serve(), serve(), serve(), serve(), serve()});
  write_string(network.url());
  ASSERT_EQ(run({"enroll", "@" + directory_.path() + "/string"}), ExitCode::done) << err_.str();
  EXPECT_EQ(once(), ExitCode::done) << err_.str();
  EXPECT_EQ(run({"rotate-key", "--server", network.url()}), ExitCode::done) << err_.str();
  ASSERT_EQ(server_.devices.size(), 1U);
  EXPECT_EQ(out_.str(),
            "the host pi has a new key: " + server_.devices.begin()->first.text() + "\n");
  EXPECT_EQ(once(), ExitCode::done) << err_.str();
  EXPECT_EQ(server_.opened, 2);
  server_.devices.clear();
  EXPECT_EQ(run({"rotate-key"}), ExitCode::denied);
}

TEST_F(AgentProgram, RefusesFlagsThatAreWrong) {
  const std::vector<std::vector<std::string>> rows = {
      {"enroll"},
      {"enroll", "--lobby"},
      {"enroll", "titan1.x", "--lobby"},
      {"enroll", "--lobby", "--server", "http://127.0.0.1:1", "--server-key", "x"},
      {"enroll", "--lobby", "--server", "http://127.0.0.1:1", "--name", "not a name"},
      {"enroll", "titan1.x", "--require-signed-by", "ed25519:x"},
      {"trust-author"},
      {"trust-author", "x"},
      {"status", "-o", "xml"},
      {"once", "--host", "not a name"}};
  for (const auto& row : rows) EXPECT_EQ(run(row), ExitCode::usage) << join(row, " ");
  EXPECT_EQ(run({"enroll", "not-a-string"}), ExitCode::failed);
  EXPECT_EQ(err_.str().find("not-a-string"), std::string::npos) << "it may be a secret";
}

TEST_F(AgentProgram, GoesOnWithoutARunDirectoryThatOthersMayWriteTo) {
  std::filesystem::create_directory(directory_.path() + "/run");
  std::filesystem::permissions(directory_.path() + "/run", std::filesystem::perms::all);
  LoopbackServer network({serve(), serve(), serve()});
  write_string(network.url());
  ASSERT_EQ(run({"enroll", "@" + directory_.path() + "/string"}), ExitCode::done) << err_.str();
  EXPECT_EQ(once(), ExitCode::done);
  EXPECT_NE(err_.str().find("the run directory cannot be used"), std::string::npos);
  EXPECT_EQ(once(), ExitCode::done);
  EXPECT_EQ(server_.opened, 2);
}

}  // namespace
}  // namespace titan::agent
