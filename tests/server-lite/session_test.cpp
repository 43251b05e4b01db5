// Sessions of devices, what they are told in them, and how they end.
#include <gtest/gtest.h>

#include "server-lite/limits.hpp"
#include "tests/server-lite/test_device.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::TestDevice;
using titan::testing::TestServer;

class SessionTest : public ::testing::Test {
 protected:
  // A device that is the host "pi", for which there is a deployment.
  SessionTest() {
    server_.put_prod();
    device_.become("pi");
  }
  static std::string message_of(const HttpResponse& response) {
    return parse_json(response.body).value()["error"]["message"];
  }
  bool is_counted(const std::string& line) {
    return server_.call("GET", "/v1/metrics").body.find(line + "\n") != std::string::npos;
  }
  int put_device(const json& spec) {
    return server_.call("PUT", "/v1/devices/pi", json{{"spec", spec}}.dump()).status;
  }
  // A bookmark at which nothing is new.
  std::string bookmark() { return device_.sync("pi").header("Titan-Bookmark"); }
  std::unique_ptr<front_door::Parked> park(const HttpRequest& request) {
    Reply reply = server_.server().answer(request, "192.0.2.7");
    auto* parked = std::get_if<std::unique_ptr<front_door::Parked>>(&reply);
    return parked == nullptr ? nullptr : std::move(*parked);
  }

  TestServer server_;
  TestDevice device_{server_, 1};
  TestDevice other_{server_, 2, "192.0.2.8"};
};

// ---- opening -----------------------------------------------------------------------------------

TEST_F(SessionTest, TellsTheDeviceWhichHostItIs) {
  const HttpResponse response = device_.open_session();
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(parse_json(response.body).value(),
            (json{{"host", "pi"}, {"organization", "default"}, {"lifetime", 86'400}}));
  EXPECT_EQ(response.body.find(device_.token()), std::string::npos);
  EXPECT_TRUE(is_counted("titan_sessions_opened_total 2"));
  EXPECT_TRUE(is_counted("titan_sessions 2"));
  const HttpResponse who = server_.handle_from(
      "192.0.2.7", {.method = "GET",
                    .target = "/v1/whoami",
                    .headers = {{"Authorization", "Bearer " + device_.token()}}});
  EXPECT_EQ(parse_json(who.body).value()["actor"], "host/pi");
  EXPECT_EQ(parse_json(who.body).value()["host"], "pi");
  EXPECT_EQ(server_.log_text().find(device_.token()), std::string::npos);
}

TEST_F(SessionTest, IsRefusedInTheSameWordsWhateverWasWrong) {
  const HttpResponse unknown = other_.open_session();
  ASSERT_EQ(unknown.status, 403);
  std::vector<HttpResponse> refused;
  auto wrong_signature = device_.begin_session();
  wrong_signature.body["signature"] = other_.sign("titan-session-1", {"anything"});
  refused.push_back(device_.end_session(wrong_signature));
  auto other_instance = device_.begin_session();
  other_instance.body["instance"] = device_.make_nonce();
  refused.push_back(device_.end_session(other_instance));
  auto made_up = device_.begin_session();
  made_up.body["challenge"] = device_.make_nonce();
  refused.push_back(device_.end_session(made_up));
  auto late = device_.begin_session();
  server_.advance(kChallengeLifetime + std::chrono::seconds(1));
  refused.push_back(device_.end_session(late));
  auto revoked = device_.begin_session();
  ASSERT_EQ(put_device({{"publicKey", device_.key()}, {"revoked", true}}), 200);
  refused.push_back(device_.end_session(revoked));
  for (const HttpResponse& response : refused) {
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(response.header("Titan-Mac"), "");
    EXPECT_EQ(message_of(response), message_of(unknown));
  }
  EXPECT_TRUE(is_counted("titan_sessions_refused_total{reason=\"bad_proof\"} 4"));
  EXPECT_TRUE(is_counted("titan_sessions_refused_total{reason=\"revoked\"} 1"));
  EXPECT_TRUE(is_counted("titan_sessions_refused_total{reason=\"unknown_key\"} 1"));
}

TEST_F(SessionTest, TakesAChallengeOnlyFromWhomItWasGiven) {
  other_.become("nuc");
  const auto of_device = device_.begin_session();
  const auto of_other = other_.begin_session();
  auto mixed = other_.begin_session();
  mixed.body["challenge"] = of_device.body["challenge"];
  mixed.body["signature"] = other_.sign(
      "titan-session-1", {other_.server_key(), of_device.body["challenge"].get<std::string>(),
                          mixed.body["ephemeral"].get<std::string>(), other_.instance()});
  EXPECT_EQ(other_.end_session(mixed).status, 403);
  EXPECT_EQ(device_.end_session(of_device).status, 200);
  EXPECT_EQ(other_.end_session(of_other).status, 200);
}

TEST_F(SessionTest, GivesNothingToWhoReplaysIt) {
  server_.advance(std::chrono::seconds(1));
  const auto first = device_.begin_session();
  ASSERT_EQ(device_.end_session(first).status, 200);
  const std::string token = device_.token();
  EXPECT_EQ(other_.post("/v1/sessions", first.body).status, 200) << "the same session";
  EXPECT_TRUE(is_counted("titan_sessions 2")) << "and no further one";
  EXPECT_EQ(device_.token(), token);
  server_.advance(std::chrono::seconds(1));
  ASSERT_EQ(device_.open_session().status, 200);
  server_.advance(std::chrono::seconds(1));
  ASSERT_EQ(device_.open_session().status, 200);
  EXPECT_EQ(other_.post("/v1/sessions", first.body).status, 403) << "older than one answered";
  EXPECT_TRUE(is_counted("titan_sessions_refused_total{reason=\"old_challenge\"} 1"));
}

TEST_F(SessionTest, IsOverAfterADayAndWhenTwoNewerOnesAreThere) {
  const std::string bookmark = this->bookmark();
  TestDevice& pi = device_;
  const HttpRequest with_first = pi.sync_request("pi", {{"bookmark", bookmark}});
  ASSERT_EQ(server_.handle_from("", with_first).status, 204);
  ASSERT_EQ(pi.open_session().status, 200);
  EXPECT_EQ(server_.handle_from("", with_first).status, 204);
  ASSERT_EQ(pi.open_session().status, 200);
  EXPECT_EQ(server_.handle_from("", with_first).status, 401);
  server_.clock().advance(kSessionLifetime - std::chrono::seconds(1));
  EXPECT_NE(pi.sync("pi", {{"bookmark", bookmark}}).status, 401);
  server_.clock().advance(std::chrono::seconds(1));
  EXPECT_EQ(pi.sync("pi", {{"bookmark", bookmark}}).status, 401);
}

TEST_F(SessionTest, EndsWhenTheDeviceIsRevokedDeletedOrWrittenAnew) {
  const json spec = {{"publicKey", device_.key()}};
  json revoked = spec;
  revoked["revoked"] = true;
  EXPECT_EQ(put_device(revoked), 200);
  EXPECT_EQ(device_.sync("pi").status, 401);
  EXPECT_EQ(put_device(spec), 200);
  EXPECT_EQ(device_.sync("pi").status, 401) << "it has to open another one";
  ASSERT_EQ(device_.open_session().status, 200);
  EXPECT_EQ(device_.sync("pi").status, 200);
  ASSERT_EQ(server_.call("DELETE", "/v1/devices/pi").status, 200);
  EXPECT_EQ(device_.sync("pi").status, 401);
  EXPECT_EQ(device_.open_session().status, 403);
  EXPECT_TRUE(is_counted("titan_sessions 0"));
}

TEST_F(SessionTest, IsLostByARestartWhileTheDeviceIsNot) {
  server_.stop_and_start();
  EXPECT_EQ(device_.sync("pi").status, 401);
  EXPECT_EQ(device_.open_session().status, 200);
  EXPECT_EQ(device_.sync("pi").status, 200);
}

TEST_F(SessionTest, BeganBeforeARestartCannotBeEndedAfterIt) {
  const auto opening = device_.begin_session();
  server_.stop_and_start();
  EXPECT_EQ(device_.end_session(opening).status, 403);
}

TEST_F(SessionTest, OfOneHostAsksForNoOther) {
  other_.become("nuc");
  EXPECT_EQ(other_.sync("pi").status, 403);
  EXPECT_EQ(other_.sync("nuc").status, 200);
  const HttpRequest write = {.method = "PUT",
                             .target = "/v1/hosts/nuc",
                             .headers = {{"Authorization", "Bearer " + other_.token()}},
                             .body = "{}"};
  EXPECT_EQ(server_.handle_from("", write).status, 403);
}

// ---- what it is told ---------------------------------------------------------------------------

TEST_F(SessionTest, ReceivesSignedNewsAndNoNewsUnderItsMac) {
  const HttpResponse news = device_.sync("pi");  // which verifies what it gets
  ASSERT_EQ(news.status, 200);
  const std::string bookmark = news.header("Titan-Bookmark");
  EXPECT_EQ(device_.sync("pi", {{"bookmark", bookmark}}).status, 204);
  server_.put_host("pi", {{"site", "attic"}});
  EXPECT_EQ(device_.sync("pi", {{"bookmark", bookmark}}).status, 200);
}

TEST_F(SessionTest, ReceivesTheSameAtOnce) {
  const std::string bookmark = this->bookmark();
  const auto response =
      server_.server().answer_at_once(device_.sync_request("pi", {{"bookmark", bookmark}}));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 204);
  device_.expect_sealed("pi", *response);
}

TEST_F(SessionTest, ReceivesThatItsReportIsWantedUnderTheSeal) {
  const json body = {{"bookmark", bookmark()}, {"reportDigest", Digest::of("a report").text()}};
  const HttpResponse response = device_.sync("pi", body);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.header("Titan-Report-Wanted"), "true");
}

TEST_F(SessionTest, MustSendANonce) {
  for (const char* nonce : {"", "AAAA", "AAECAwQFBgcICQoLDA0OD!"}) {
    HttpRequest request = device_.sync_request("pi", json::object());
    request.headers["Titan-Nonce"] = nonce;
    const HttpResponse response = server_.handle_from("", request);
    EXPECT_EQ(response.status, 400) << nonce;
    EXPECT_EQ(parse_json(response.body).value()["error"]["field"], "Titan-Nonce") << nonce;
    request.body = json{{"bookmark", bookmark()}}.dump();
    EXPECT_FALSE(server_.server().answer_at_once(request)) << nonce;
  }
}

TEST_F(SessionTest, IsNotNeededByAnAdminWhoSpeaksForTheHost) {
  const HttpResponse response = server_.call("POST", "/v1/hosts/pi/sync", "{}");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("Titan-Signature"), "");
  EXPECT_EQ(response.header("Titan-Key"), "");
}

TEST_F(SessionTest, ReceivesNewsUnderTheSealAlsoAfterItWaited) {
  const json body = {{"bookmark", bookmark()}};
  const auto waits = park(device_.sync_request("pi", body, "?wait=30s"));
  ASSERT_TRUE(waits);
  bool woken = false;
  waits->begin([&] { woken = true; });
  server_.put_host("pi", {{"site", "attic"}});
  EXPECT_TRUE(woken);
  const HttpResponse news = std::get<HttpResponse>(waits->answer());
  EXPECT_EQ(news.status, 200);
  device_.expect_sealed("pi", news);
}

TEST_F(SessionTest, ReceivesNoNewsUnderTheSealWhenTheTimeIsOverOrTheServerStops) {
  const json body = {{"bookmark", bookmark()}};
  for (const bool stops : {false, true}) {
    const auto waits = park(device_.sync_request("pi", body, "?wait=30s"));
    ASSERT_TRUE(waits);
    waits->begin([] {});
    if (stops) server_.stop_waiting();
    const HttpResponse nothing = stops ? std::get<HttpResponse>(waits->answer()) : waits->give_up();
    EXPECT_EQ(nothing.status, 204);
    device_.expect_sealed("pi", nothing);
  }
}

TEST_F(SessionTest, IsToldAtOnceWhenItEndsWhileItWaits) {
  const json body = {{"bookmark", bookmark()}};
  const auto waits = park(device_.sync_request("pi", body, "?wait=30s"));
  ASSERT_TRUE(waits);
  bool woken = false;
  waits->begin([&] { woken = true; });
  ASSERT_EQ(put_device({{"publicKey", device_.key()}, {"revoked", true}}), 200);
  EXPECT_TRUE(woken);
  EXPECT_EQ(std::get<HttpResponse>(waits->answer()).status, 401);
}

TEST_F(SessionTest, IsToldWhenItEndedAlsoByWhoGivesUp) {
  const json body = {{"bookmark", bookmark()}};
  const auto waits = park(device_.sync_request("pi", body, "?wait=30s"));
  ASSERT_TRUE(waits);
  waits->begin([] {});
  ASSERT_EQ(server_.call("DELETE", "/v1/devices/pi").status, 200);
  EXPECT_EQ(waits->give_up().status, 401);
}

// ---- copies ------------------------------------------------------------------------------------

class CloneTest : public ::testing::TestWithParam<OnClone> {
 protected:
  CloneTest() {
    original_.become("pi");
    copy_.copy_key_of(original_);
  }
  bool is_counted(const std::string& line) {
    return server_.call("GET", "/v1/metrics").body.find(line + "\n") != std::string::npos;
  }
  json reason_of(const std::string& kind) {
    return server_.json("GET", "/v1/" + kind + "/pi")["reason"];
  }
  [[nodiscard]] bool refuses() const { return GetParam() == OnClone::refuse; }

  TestServer server_{{}, GetParam()};
  TestDevice original_{server_, 1};
  TestDevice copy_{server_, 2, "192.0.2.8"};
};

TEST_P(CloneTest, AreNoticedWhenTheFirstComesBackAfterTheSecond) {
  EXPECT_EQ(copy_.open_session().status, 200) << "it may be the device itself, after a boot";
  EXPECT_EQ(copy_.open_session().status, 200);
  EXPECT_TRUE(reason_of("hosts").empty());
  EXPECT_EQ(original_.open_session().status, refuses() ? 403 : 200);
  const std::string reason = reason_of("hosts")[0];
  EXPECT_EQ(reason, "two devices hold its key: instance " + original_.instance() +
                        " from 192.0.2.7 and instance " + copy_.instance() + " from 192.0.2.8");
  EXPECT_EQ(reason_of("devices")[0], reason);
  EXPECT_NE(server_.log_text().find(reason), std::string::npos);
  EXPECT_TRUE(is_counted("titan_clones_seen_total 1"));
  EXPECT_EQ(copy_.sync("pi").status, refuses() ? 401 : 200);
  EXPECT_EQ(copy_.open_session().status, refuses() ? 403 : 200);
}

TEST_P(CloneTest, AreForgottenWhenTheDeviceIsWrittenAnew) {
  ASSERT_EQ(copy_.open_session().status, 200);
  original_.open_session();
  server_.stop_and_start();
  EXPECT_EQ(original_.open_session().status, refuses() ? 403 : 200) << "not by a restart";
  server_.call("PUT", "/v1/devices/pi", json{{"spec", {{"publicKey", original_.key()}}}}.dump());
  EXPECT_TRUE(reason_of("hosts").empty());
  EXPECT_TRUE(reason_of("devices").empty());
  EXPECT_EQ(original_.open_session().status, 200);
}

TEST_P(CloneTest, AreNotBootsOfOneDevice) {
  for (int boot = 0; boot < 50; ++boot) {
    original_.reboot();
    original_.move_to("192.0.2." + std::to_string(boot));
    EXPECT_EQ(original_.open_session().status, 200);
    EXPECT_EQ(original_.open_session().status, 200);
  }
  EXPECT_TRUE(reason_of("hosts").empty());
}

INSTANTIATE_TEST_SUITE_P(, CloneTest, ::testing::Values(OnClone::warn, OnClone::refuse),
                         [](const auto& one) {
                           return one.param == OnClone::warn ? "Warned" : "Refused";
                         });

}  // namespace
}  // namespace titan::server_lite
