#include "client/enrollment.hpp"

#include "tests/client/device_fixture.hpp"

namespace titan::client {
namespace {

using testing::Tampering;
using testing::tamperings;

class Enrollment : public testing::DeviceTest {
 protected:
  static constexpr const char* kSecret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0";

  Enrollment() {
    server_.devices.clear();
    server_.expect("pi", kSecret);
  }
  [[nodiscard]] model::EnrollmentString string() const {
    return {.url = "http://127.0.0.1:7480",
            .server = server_.key.public_key(),
            .secret = Secret::of(std::string(kSecret))};
  }
  LobbyRequest lobby() { return {server_.key.public_key(), "default", "pi"}; }
};

TEST_F(Enrollment, PinsTheServerThatTheStringNames) {
  server_.introduce_root_key();
  const Enrolled enrolled = enroll(transport_, random_, device_, string()).value();
  EXPECT_EQ(enrolled.host, "pi");
  EXPECT_EQ(enrolled.organization, "default");
  EXPECT_EQ(enrolled.trust.key, server_.key.public_key());
  EXPECT_EQ(enrolled.trust.root_key, server_.root_key->public_key());
  EXPECT_EQ(enrolled.trust.epoch, kEpoch);
  EXPECT_EQ(enrolled.trust.epoch_number, 1U);
  EXPECT_TRUE(channel(enrolled.trust).sync({}));
}

TEST_F(Enrollment, KeepsItsSecretFromAServerWithAnotherKey) {
  model::EnrollmentString wrong = string();
  wrong.server = device_.public_key();
  EXPECT_EQ(enroll(transport_, random_, device_, wrong).error().code, ErrorCode::denied);
  for (const HttpRequest& request : transport_.requests()) {
    EXPECT_EQ(request.body.find(kSecret), std::string::npos);
    EXPECT_EQ(request.target, "/v1/identity");
  }
}

TEST_F(Enrollment, SaysWhyItWasRefusedAndQuotesNoSecret) {
  ASSERT_TRUE(enroll(transport_, random_, device_, string()));
  const Error used = enroll(transport_, random_, device_, string()).error();
  EXPECT_EQ(used.code, ErrorCode::denied);
  EXPECT_EQ(used.text().find(kSecret), std::string::npos);
  server_.expect("pi", kSecret);
  EXPECT_EQ(enroll(transport_, random_, device_, string()).error().code, ErrorCode::conflict);
}

TEST_F(Enrollment, BelievesNoAnswerOfWhichAnythingWasChanged) {
  for (const char* target : {"/v1/identity", "/v1/enroll"}) {
    HttpResponse sample;
    tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
      if (request.target == target) sample = response;
    };
    server_.devices.clear();
    server_.expect("pi", kSecret);
    ASSERT_TRUE(enroll(transport_, random_, device_, string()));
    for (const Tampering& tampering : tamperings(sample)) {
      tamper_ = [&](const HttpRequest& request, HttpResponse& response) {
        if (request.target == target) tampering.apply(response);
      };
      server_.devices.clear();
      server_.expect("pi", kSecret);
      const auto enrolled = enroll(transport_, random_, device_, string());
      ASSERT_FALSE(enrolled) << target << ": " << tampering.name;
      EXPECT_EQ(enrolled.error().code, ErrorCode::denied) << target << ": " << tampering.name;
    }
  }
}

TEST_F(Enrollment, WaitsInTheLobbyUntilSomebodyApproves) {
  const auto waiting = ask_lobby(transport_, random_, device_, lobby()).value();
  ASSERT_TRUE(std::holds_alternative<LobbyWait>(waiting));
  EXPECT_EQ(std::get<LobbyWait>(waiting).id, lobby_id(device_.public_key()));
  EXPECT_EQ(std::get<LobbyWait>(waiting).retry_after, std::chrono::seconds(10));
  server_.bind(device_.public_key(), "kitchen");
  const auto approved = ask_lobby(transport_, random_, device_, lobby()).value();
  ASSERT_TRUE(std::holds_alternative<Enrolled>(approved));
  EXPECT_EQ(std::get<Enrolled>(approved).host, "kitchen");
}

TEST_F(Enrollment, BelievesNoLobbyOfAnotherKey) {
  LobbyRequest request = lobby();
  server_.bind(device_.public_key(), "kitchen");
  tamper_ = [&](const HttpRequest& asked, HttpResponse& response) {
    titan::testing::SigningServer other(random_, kEpoch, nullptr);
    other.bind(device_.public_key(), "kitchen");
    if (asked.target == "/v1/lobby") response = other.handle(asked);
  };
  EXPECT_EQ(ask_lobby(transport_, random_, device_, request).error().code, ErrorCode::denied);
}

}  // namespace
}  // namespace titan::client
