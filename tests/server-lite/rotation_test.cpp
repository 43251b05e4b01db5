// Devices that change their key.
#include <gtest/gtest.h>

#include <functional>

#include "server-lite/limits.hpp"
#include "tests/server-lite/test_device.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using titan::testing::TestDevice;
using titan::testing::TestServer;

class RotationTest : public ::testing::Test {
 protected:
  RotationTest() {
    server_.put_prod();
    device_.become("pi");
    server_.advance(seconds(1));
  }
  json stored() { return server_.json("GET", "/v1/devices/pi"); }
  std::string key() { return stored()["spec"]["publicKey"]; }
  bool is_counted(const std::string& line) {
    return server_.call("GET", "/v1/metrics").body.find(line + "\n") != std::string::npos;
  }
  static std::string message_of(const HttpResponse& response) {
    return parse_json(response.body).value()["error"]["message"];
  }

  TestServer server_;
  TestDevice device_{server_, 1};
  TestDevice next_{server_, 2};  // the device, with its next key
  TestDevice other_{server_, 3, "192.0.2.8"};
};

TEST_F(RotationTest, BindsTheHostToTheNextKeyAndEndsTheSessionsOfTheOldOne) {
  ASSERT_LT(device_.sync("pi").status, 300);
  const HttpResponse response = device_.rotate(device_.rotation(next_));
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(parse_json(response.body).value(),
            (json{{"host", "pi"}, {"organization", "default"}, {"key", next_.key()}}));
  EXPECT_EQ(key(), next_.key());
  EXPECT_EQ(stored()["status"], "READY");
  EXPECT_EQ(device_.sync("pi").status, 401);
  EXPECT_EQ(device_.open_session().status, 403);
  ASSERT_EQ(next_.open_session().status, 200);
  EXPECT_LT(next_.sync("pi").status, 300);
  // By whom it was changed stands in the log.
  const json changes = server_.json("GET", "/v1/changes?since=&kind=Device")["items"];
  const json& last = changes.back();
  EXPECT_EQ(last["actor"], "host/pi");
  EXPECT_EQ(last["requestId"], response.header("Titan-Request-Id"));
  EXPECT_TRUE(is_counted("titan_key_rotations_total 1"));
}

TEST_F(RotationTest, StaysOverARestart) {
  ASSERT_EQ(device_.rotate(device_.rotation(next_)).status, 200);
  server_.stop_and_start();
  EXPECT_EQ(device_.open_session().status, 403);
  EXPECT_EQ(next_.open_session().status, 200);
}

TEST_F(RotationTest, IsRefusedInTheSameWordsWhateverWasWrong) {
  other_.become("po");
  server_.advance(seconds(1));
  TestDevice stranger(server_, 9);
  struct Row {
    const char* what;
    std::function<void(json&)> edit;
  };
  const auto signed_anew = [&](const TestDevice& by, json& body) {
    body["signature"] = by.sign("titan-rotate-1",
                                {by.server_key(), body["challenge"].get<std::string>(),
                                 body["key"].get<std::string>(), body["next"].get<std::string>()});
  };
  const Row rows[] = {
      {"the old key's signature by another", [&](json& body) { signed_anew(stranger, body); }},
      {"the old key's signature by the next", [&](json& body) { signed_anew(next_, body); }},
      {"the key's signature over something else",
       [&](json& body) { body["signature"] = device_.sign("titan-rotate-1", {"x"}); }},
      {"the signature of a session",
       [&](json& body) {
         body["signature"] = device_.sign(
             "titan-session-1", {device_.server_key(), body["challenge"].get<std::string>(),
                                 body["ephemeral"].get<std::string>(), device_.instance()});
       }},
      {"the signatures in each other's place",
       [](json& body) { std::swap(body["signature"], body["nextSignature"]); }},
      {"no proof of the next key",
       [&](json& body) { body["nextSignature"] = stranger.sign("titan-rotate-next-1", {"x"}); }},
      {"another next key",
       [&](json& body) {
         body["next"] = stranger.key();
         signed_anew(device_, body);
       }},
      {"the key of another device", [&](json& body) { body["key"] = other_.key(); }},
      {"the key of another device, signed by this one",
       [&](json& body) {
         body["key"] = other_.key();
         signed_anew(device_, body);
       }},
      {"the challenge of another device",
       [&](json& body) {
         body["challenge"] = other_.rotation(next_)["challenge"];
         signed_anew(device_, body);
       }},
      {"a challenge that was made up", [](json& body) { body["challenge"] = "AAAA"; }},
      {"another ephemeral",
       [&](json& body) { body["ephemeral"] = stranger.rotation(next_)["ephemeral"]; }},
  };
  std::string said;
  for (const Row& row : rows) {
    json body = device_.rotation(next_);
    row.edit(body);
    const HttpResponse response = device_.rotate(body);
    EXPECT_EQ(response.status, 403) << row.what;
    if (said.empty()) said = message_of(response);
    EXPECT_EQ(message_of(response), said) << row.what;
    EXPECT_EQ(key(), device_.key()) << row.what;
  }
  server_.advance(kFailureWindow);

  // What is right in itself.
  json late = device_.rotation(next_);
  server_.advance(kChallengeLifetime + seconds(1));
  EXPECT_EQ(message_of(device_.rotate(late)), said);
  EXPECT_EQ(message_of(stranger.rotate(stranger.rotation(next_))), said);
  json body = device_.rotation(next_);
  ASSERT_EQ(server_
                .call("PUT", "/v1/devices/pi",
                      json{{"spec", {{"publicKey", device_.key()}, {"revoked", true}}}}.dump())
                .status,
            200);
  EXPECT_EQ(message_of(device_.rotate(body)), said);
  EXPECT_EQ(message_of(device_.rotate(device_.rotation(next_))), said);
  EXPECT_EQ(key(), device_.key());
  EXPECT_TRUE(is_counted("titan_key_rotations_refused_total{reason=\"bad_proof\"} 13"));
  EXPECT_TRUE(is_counted("titan_key_rotations_refused_total{reason=\"unknown_key\"} 1"));
  EXPECT_TRUE(is_counted("titan_key_rotations_refused_total{reason=\"revoked\"} 2"));
  EXPECT_TRUE(is_counted("titan_key_rotations_total 0"));
}

TEST_F(RotationTest, TakesNoRequestTwice) {
  const json there = device_.rotation(next_);
  ASSERT_EQ(device_.rotate(there).status, 200);
  EXPECT_EQ(device_.rotate(there).status, 403) << "its key opens nothing any more";
  // Back to the key of before: who has listened then sends what was said then.
  server_.advance(seconds(1));
  ASSERT_EQ(next_.rotate(next_.rotation(device_)).status, 200);
  server_.advance(seconds(1));
  EXPECT_EQ(device_.rotate(there).status, 403);
  EXPECT_EQ(key(), device_.key());
  EXPECT_TRUE(is_counted("titan_key_rotations_refused_total{reason=\"old_challenge\"} 1"));
  EXPECT_EQ(device_.rotate(device_.rotation(next_)).status, 200);
}

TEST_F(RotationTest, TakesNoKeyOfAnotherHost) {
  other_.become("po");
  server_.advance(seconds(1));
  EXPECT_EQ(device_.rotate(device_.rotation(other_)).status, 409);
  EXPECT_EQ(key(), device_.key());
  EXPECT_LT(device_.sync("pi").status, 300) << "its session goes on";
  const HttpResponse same = device_.rotate(device_.rotation(device_));
  EXPECT_EQ(same.status, 422);
  EXPECT_EQ(parse_json(same.body).value()["error"]["field"], "next");
}

// Whoever of the two asks may be the thief.
TEST_F(RotationTest, IsForNoKeyThatTwoDevicesHold) {
  TestDevice copy(server_, 4, "192.0.2.9");
  copy.copy_key_of(device_);
  ASSERT_EQ(copy.open_session().status, 200);
  device_.open_session();
  ASSERT_EQ(stored()["status"], "ERROR");
  EXPECT_EQ(copy.rotate(copy.rotation(next_)).status, 403);
  EXPECT_EQ(device_.rotate(device_.rotation(next_)).status, 403);
  server_.stop_and_start();
  server_.advance(seconds(1));
  EXPECT_EQ(copy.rotate(copy.rotation(next_)).status, 403);
  EXPECT_EQ(key(), device_.key());
  EXPECT_EQ(stored()["status"], "ERROR") << "the note stays";
}

TEST_F(RotationTest, MakesWaitWhoGuesses) {
  const json body = device_.rotation(next_);
  json wrong = body;
  wrong["signature"] = next_.sign("titan-rotate-1", {"x"});
  for (int i = 0; i < kFailuresMax; ++i) EXPECT_EQ(device_.rotate(wrong).status, 403);
  EXPECT_EQ(device_.rotate(body).status, 429);
}

TEST(Rotation, BringsNoNewBurst) {
  TestServer server({}, OnClone::warn, 7, nullptr, {.token = {}, .device = {.per_second = 1}});
  server.put_prod();
  TestDevice one(server, 1);
  TestDevice two(server, 2);
  one.become("pi");
  int taken = 0;
  for (int i = 0; i < 20; ++i) {
    TestDevice& device = i % 2 == 0 ? one : two;
    const HttpResponse response = device.rotate(device.rotation(i % 2 == 0 ? two : one));
    if (response.status != 200) {
      EXPECT_EQ(response.status, 503) << response.body;
      break;
    }
    ++taken;
  }
  EXPECT_EQ(taken, 10);
}

}  // namespace
}  // namespace titan::server_lite
