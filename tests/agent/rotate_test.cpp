// `titan-agent rotate-key`: a host that changes its key, and what happens when that is cut off.

#include <gtest/gtest.h>

#include "agent/limits.hpp"
#include "agent/rotate_command.hpp"
#include "tests/agent/test_host.hpp"

namespace titan::agent {
namespace {

using titan::testing::TestHost;
using titan::testing::TestServer;
using Outcome = StepResult::Outcome;

const Error kFault{ErrorCode::unavailable, "injected"};

class RotateKey : public ::testing::Test {
 protected:
  RotateKey() {
    server_.put_prod();
    host_.once_done();
    server_.advance(std::chrono::seconds(1));
  }
  std::string bound() { return server_.json("GET", "/v1/devices/pi")["spec"]["publicKey"]; }
  std::string own() { return host_.status().identity->device.text(); }
  bool has_next() { return host_.state().disk().info("identity/next.key").has_value(); }
  // News come through, and the host has the key that the server knows.
  void expect_well() {
    server_.put_template("service", "edition " + std::to_string(++edition_) + "\n");
    host_.once_done();
    EXPECT_EQ(host_.files().at("etc/prod.conf"), "edition " + std::to_string(edition_) + "\n");
    EXPECT_EQ(own(), bound());
  }

  TestServer server_;
  TestHost host_{server_};
  int edition_ = 0;
};

TEST_F(RotateKey, GivesTheHostAKeyThatTheServerKnows) {
  const std::string before = own();
  const auto identity = host_.status().identity;
  ASSERT_TRUE(host_.rotate_key());
  EXPECT_NE(own(), before);
  EXPECT_EQ(own(), bound());
  EXPECT_FALSE(has_next());
  EXPECT_EQ(host_.status().identity->trust, identity->trust);
  expect_well();
  EXPECT_EQ(host_.status().memory.refusals.size(), 0U);
  ASSERT_TRUE(host_.rotate_key()) << "as often as one likes";
  expect_well();
}

TEST_F(RotateKey, KeepsTheAuthorsOfTheHost) {
  TestHost careful(server_, "po");
  titan::testing::SeededRandom random(5);
  careful.authors = {SigningKey::make(random).public_key()};
  careful.enroll();
  server_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(careful.rotate_key());
  EXPECT_EQ(careful.status().identity->require_signed_by, careful.authors);
}

TEST_F(RotateKey, WantsAnEnrolledHostThatNoAgentUses) {
  TestHost nobody(server_, "po");
  const auto denied = nobody.rotate_key();
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, ErrorCode::denied);
  EXPECT_NE(denied.error().text().find("titan-agent enroll"), std::string::npos);
  const auto lock = host_.state().lock(kLockFile).value();
  const auto locked = host_.rotate_key();
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, ErrorCode::conflict);
  EXPECT_EQ(locked.error().subject, kLockFile);
}

TEST_F(RotateKey, FollowsTheServerToANewKeyOfItsOwn) {
  server_.rekey([&](server_lite::ServerKeys& keys) { return keys.rotate(host_.random()); });
  server_.advance(std::chrono::seconds(1));
  const auto done = host_.rotate_key();
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(host_.status().identity->trust.key, server_.keys().key());
  expect_well();
}

TEST_F(RotateKey, LeavesARevokedHostAsItIs) {
  const std::string before = own();
  server_.call("PUT", "/v1/devices/pi",
               nlohmann::json{{"spec", {{"publicKey", before}, {"revoked", true}}}}.dump());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(host_.rotate_key().error().code, ErrorCode::denied);
    EXPECT_EQ(own(), before);
    EXPECT_EQ(bound(), before);
  }
}

// Whoever stands between them can keep the host from it, and no more.
TEST_F(RotateKey, BelievesOnlyTheServer) {
  const std::string before = own();
  using Tamper = std::function<void(HttpResponse&)>;
  const Tamper tampers[] = {
      [](HttpResponse& response) { response.headers["Titan-Signature"] = ""; },
      [](HttpResponse& response) { response.headers["Titan-Signature"] = Signature().text(); },
      [](HttpResponse& response) { response.body[5] ^= 1; },
      [](HttpResponse& response) {
        response = {403, {}, "{}"};
      },
      [](HttpResponse& response) {
        response = {200, {}, R"({"host":"pi"})"};
      },
  };
  for (const char* target : {"/v1/sessions/challenge", "/v1/rotate"}) {
    for (const Tamper& tamper : tampers) {
      host_.instead = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (request.target != target) return std::nullopt;
        // The server never hears of the new key.
        HttpResponse response = target == std::string("/v1/rotate")
                                    ? HttpResponse{200, {}, "{\"host\": \"pi\"}"}
                                    : server_.handle_from("192.0.2.1", request);
        tamper(response);
        return response;
      };
      EXPECT_FALSE(host_.rotate_key()) << target;
      host_.instead = nullptr;
      EXPECT_EQ(own(), before);
      EXPECT_EQ(bound(), before);
    }
  }
  expect_well();
  ASSERT_TRUE(host_.rotate_key());
  expect_well();
}

TEST_F(RotateKey, IsEndedByTheNextStepWhenTheAnswerWasLost) {
  const std::string before = own();
  host_.tamper = [](const HttpRequest& request, HttpResponse& response) {
    if (request.target == "/v1/rotate") response = {503, {}, ""};
  };
  EXPECT_EQ(host_.rotate_key().error().code, ErrorCode::unavailable);
  host_.tamper = nullptr;
  EXPECT_EQ(own(), before);
  EXPECT_NE(bound(), before);
  EXPECT_TRUE(has_next());
  expect_well();
  EXPECT_FALSE(has_next());
  EXPECT_NE(host_.log_text().find("the host has a new key"), std::string::npos);
  expect_well();
}

TEST_F(RotateKey, IsEndedByTheSameCommandWhenTheAnswerWasLost) {
  host_.tamper = [](const HttpRequest& request, HttpResponse& response) {
    if (request.target == "/v1/rotate") response = {503, {}, ""};
  };
  EXPECT_FALSE(host_.rotate_key());
  host_.tamper = nullptr;
  const std::string known = bound();
  server_.advance(std::chrono::seconds(1));
  const auto done = host_.rotate_key();
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(own(), known) << "no third key";
  expect_well();
}

// A key that is left from an enrollment at another place is not taken for the host's.
TEST_F(RotateKey, LeavesTheHostItsKeyWhenTheServerKnowsNeither) {
  const std::string before = own();
  titan::testing::SeededRandom random(5);
  ASSERT_TRUE(IdentityStore(host_.state().disk()).next_key(random));
  server_.call("DELETE", "/v1/devices/pi");
  EXPECT_EQ(host_.once().value().error->code, ErrorCode::denied);
  EXPECT_EQ(own(), before);
  EXPECT_TRUE(has_next());
  EXPECT_EQ(host_.rotate_key().error().code, ErrorCode::denied);
  EXPECT_EQ(own(), before);
  server_.call("PUT", "/v1/devices/pi", nlohmann::json{{"spec", {{"publicKey", before}}}}.dump());
  expect_well();
}

enum class Strikes { disk, disk_with_power, network };

// A rotation with a fault at the n-th call; false when there is none.
bool rotate_with_fault_at(std::size_t n, Strikes strikes, bool by_step) {
  TestServer server;
  server.put_prod();
  TestHost host(server);
  host.once_done();
  server.advance(std::chrono::seconds(1));
  const std::string what = std::to_string(static_cast<int>(strikes)) + ", call " +
                           std::to_string(n) + (by_step ? ", then a step" : ", then again");
  auto& faults = strikes == Strikes::network ? host.transport().faults() : host.state().faults();
  faults.reset();
  faults.fail_from(n, kFault);
  const bool done = host.rotate_key().has_value();
  const bool struck = faults.count() >= n;
  if (strikes == Strikes::disk_with_power) host.power_cut();
  faults.reset();
  EXPECT_TRUE(done || struck) << what;
  server.advance(std::chrono::seconds(1));
  if (!by_step) {
    const auto again = host.rotate_key();
    EXPECT_TRUE(again) << what << ": " << again.error().text();
  }
  server.put_template("service", "news\n");
  host.once_done();
  EXPECT_EQ(host.files().at("etc/prod.conf"), "news\n") << what;
  EXPECT_EQ(host.status().identity->device.text(),
            server.json("GET", "/v1/devices/pi")["spec"]["publicKey"].get<std::string>())
      << what;
  return struck;
}

TEST(RotateKeyFaults, LeaveTheHostTheKeyThatTheServerKnows) {
  for (const Strikes strikes : {Strikes::disk, Strikes::disk_with_power, Strikes::network}) {
    for (const bool by_step : {true, false}) {
      std::size_t n = 1;
      while (rotate_with_fault_at(n, strikes, by_step)) ++n;
      EXPECT_GT(n, strikes == Strikes::network ? 2U : 10U);
    }
  }
}

}  // namespace
}  // namespace titan::agent
