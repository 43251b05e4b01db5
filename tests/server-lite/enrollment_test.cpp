// How devices become hosts: by a secret, or by the lobby, and every way in which they do not.
#include <gtest/gtest.h>

#include <set>

#include "server-lite/identity/failure_limit.hpp"
#include "server-lite/limits.hpp"
#include "tests/server-lite/test_device.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::TestDevice;
using titan::testing::TestServer;

constexpr const char* kSecret = "a-secret-of-more-than-32-letters-for-pi";

class Enrollment : public ::testing::Test {
 protected:
  static std::string message_of(const HttpResponse& response) {
    return parse_json(response.body).value()["error"]["message"];
  }
  bool is_counted(const std::string& line) {
    return server_.call("GET", "/v1/metrics").body.find(line + "\n") != std::string::npos;
  }
  int status_of(const std::string& target) { return server_.call("GET", target).status; }
  void put_enrollment(const std::string& host = "pi", const std::string& secret = kSecret) {
    ASSERT_EQ(TestDevice::put_enrollment(server_, "for-" + host, host, secret).status, 201);
  }

  TestServer server_;
  TestDevice device_{server_, 1};
  TestDevice other_{server_, 2, "192.0.2.8"};
};

TEST_F(Enrollment, MakesTheHostAndItsDeviceAndIsGone) {
  put_enrollment();
  const std::string nonce = device_.make_nonce();
  const HttpResponse response =
      device_.post("/v1/enroll", device_.enrollment(kSecret), {{"Titan-Nonce", nonce}});
  ASSERT_EQ(response.status, 200) << response.body;
  device_.expect_signed_answer(response, nonce);
  const json body = parse_json(response.body).value();
  EXPECT_EQ(body["host"], "pi");
  EXPECT_EQ(body["organization"], "default");
  EXPECT_EQ(body["identity"], server_.json("GET", "/v1/identity"));
  const json host = server_.json("GET", "/v1/hosts/pi");
  EXPECT_EQ(host["spec"]["labels"]["site"], "lab");
  EXPECT_EQ(server_.json("GET", "/v1/devices/pi")["spec"]["publicKey"], device_.key());
  EXPECT_EQ(status_of("/v1/enrollments/for-pi"), 404);
  const json changes = server_.json("GET", "/v1/changes?actor=enrollment/for-pi");
  EXPECT_EQ(changes["items"].size(), 3U);
  for (const json& change : changes["items"]) {
    EXPECT_EQ(change["requestId"], response.header("Titan-Request-Id"));
  }
  EXPECT_TRUE(is_counted("titan_enrollments_total 1"));
}

TEST_F(Enrollment, LeavesAHostThatIsThereAsItIs) {
  server_.put_host("pi", {{"site", "attic"}});
  const json before = server_.json("GET", "/v1/hosts/pi");
  put_enrollment();
  EXPECT_EQ(device_.enroll(kSecret).status, 200);
  EXPECT_EQ(server_.json("GET", "/v1/hosts/pi"), before);
}

TEST_F(Enrollment, GivesAHostThatHasADeviceANewOne) {
  device_.become("pi");
  put_enrollment();
  EXPECT_EQ(other_.enroll(kSecret).status, 200);
  EXPECT_EQ(device_.sync("pi").status, 401) << "the device before has lost its session";
  EXPECT_EQ(device_.open_session().status, 403);
  EXPECT_EQ(other_.open_session().status, 200);
}

TEST_F(Enrollment, IsRefusedInTheSameWordsWhateverWasWrong) {
  put_enrollment();
  const HttpResponse unknown = other_.enroll("some-other-secret-that-nobody-made");
  ASSERT_EQ(unknown.status, 403);
  json unsigned_body = other_.enrollment(kSecret);
  unsigned_body["signature"] = other_.sign("titan-enroll-2", {"of something else"});
  const HttpResponse unsigned_by = other_.post("/v1/enroll", unsigned_body);
  ASSERT_EQ(device_.enroll(kSecret).status, 200);
  const HttpResponse used = other_.enroll(kSecret);
  put_enrollment("nuc", "a-secret-of-the-nuc-for-an-hour-only");
  server_.advance(std::chrono::hours(1));
  const HttpResponse expired = other_.enroll("a-secret-of-the-nuc-for-an-hour-only");
  for (const HttpResponse& refused : {unsigned_by, used, expired}) {
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(message_of(refused), message_of(unknown));
  }
  EXPECT_TRUE(is_counted("titan_enrollments_refused_total{reason=\"unknown\"} 2"));
  EXPECT_TRUE(is_counted("titan_enrollments_refused_total{reason=\"expired\"} 1"));
  EXPECT_TRUE(is_counted("titan_enrollments_refused_total{reason=\"bad_signature\"} 1"));
  EXPECT_EQ(server_.log_text().find(kSecret), std::string::npos);
  EXPECT_EQ(server_.log_text().find("a-secret-of-the-nuc"), std::string::npos);
}

// What was said for one server, host or moment does not count for another.
TEST_F(Enrollment, CountsOnlyWithTheSignatureThatWasMadeForIt) {
  put_enrollment();
  const json good = device_.enrollment(kSecret);
  struct Row {
    const char* field;
    std::string value;
  };
  const std::vector<Row> rows = {
      {"key", other_.key()}, {"nonce", other_.make_nonce()}, {"secret", "another-secret"}};
  for (const Row& row : rows) {
    json changed = good;
    changed[row.field] = row.value;
    EXPECT_EQ(device_.post("/v1/enroll", changed).status, 403) << row.field;
  }
  EXPECT_EQ(device_.post("/v1/enroll", good).status, 200);
  EXPECT_EQ(device_.post("/v1/enroll", good).status, 403) << "replayed";
}

TEST_F(Enrollment, LetsExactlyOneOfTwoDevicesInWithOneSecret) {
  put_enrollment();
  EXPECT_EQ(device_.enroll(kSecret).status, 200);
  EXPECT_EQ(other_.enroll(kSecret).status, 403);
  EXPECT_EQ(server_.json("GET", "/v1/devices/pi")["spec"]["publicKey"], device_.key());
}

TEST_F(Enrollment, RefusesAKeyThatIsOfAnotherHost) {
  device_.become("pi");
  put_enrollment("nuc");
  const HttpResponse response = device_.enroll(kSecret);
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.body.find("pi\""), std::string::npos) << "a stranger learns no names";
  EXPECT_EQ(status_of("/v1/enrollments/for-nuc"), 200) << "it can still be used";
  EXPECT_EQ(other_.enroll(kSecret).status, 200);
}

TEST_F(Enrollment, RefusesAKeyThatIsRevoked) {
  device_.become("pi");
  ASSERT_EQ(server_
                .call("PUT", "/v1/devices/pi",
                      json{{"spec", {{"publicKey", device_.key()}, {"revoked", true}}}}.dump())
                .status,
            200);
  put_enrollment("pi");
  EXPECT_EQ(device_.enroll(kSecret).status, 403);
}

TEST_F(Enrollment, IsWrittenAsAWholeOrNotAtAll) {
  put_enrollment();
  for (std::size_t n = 1; n <= 3; ++n) {
    server_.faults().fail_at(n, unavailable("the disk is away"));
    const int status = device_.enroll(kSecret).status;
    server_.faults().reset();
    if (status == 200) return;
    EXPECT_EQ(status, 503);
    EXPECT_EQ(status_of("/v1/hosts/pi"), 404);
    EXPECT_EQ(status_of("/v1/devices/pi"), 404);
    EXPECT_EQ(status_of("/v1/enrollments/for-pi"), 200);
  }
  EXPECT_EQ(device_.enroll(kSecret).status, 200);
}

TEST_F(Enrollment, OfTheHostIsDeletedWithIt) {
  device_.become("pi");
  put_enrollment("pi");
  put_enrollment("nuc", "a-secret-for-the-nuc-that-stays-there");
  ASSERT_EQ(server_.call("DELETE", "/v1/hosts/pi").status, 200);
  EXPECT_EQ(status_of("/v1/devices/pi"), 404);
  EXPECT_EQ(status_of("/v1/enrollments/for-pi"), 404);
  EXPECT_EQ(status_of("/v1/enrollments/for-nuc"), 200);
  EXPECT_EQ(device_.sync("pi").status, 401);
  EXPECT_EQ(other_.enroll(kSecret).status, 403);
}

// ---- guessing ----------------------------------------------------------------------------------

TEST_F(Enrollment, IsNotGuessed) {
  put_enrollment();
  int refused = 0;
  std::set<std::string> answers;
  for (int i = 0; i < 10'000; ++i) {
    const HttpResponse response = other_.enroll("guess-" + std::to_string(i));
    if (response.status == 429) {
      EXPECT_EQ(response.header("Retry-After"), "60");
      ++refused;
    } else {
      ASSERT_EQ(response.status, 403);
    }
    answers.insert(message_of(response));
  }
  EXPECT_EQ(refused, 10'000 - kFailuresMax);
  EXPECT_EQ(answers.size(), 2U);
  EXPECT_TRUE(is_counted("titan_enrollments_refused_total{reason=\"unknown\"} 20"));
  EXPECT_EQ(server_.log_text().find("guess-"), std::string::npos);
  EXPECT_EQ(other_.enroll(kSecret).status, 429) << "also with the right one";
  EXPECT_EQ(device_.enroll(kSecret).status, 200) << "others are not held up";
  server_.advance(kFailureWindow);
  EXPECT_EQ(other_.enroll("one more guess").status, 403);
}

TEST(FailureLimit, ForgetsAnAddressWhenItsTimeIsOver) {
  titan::testing::FakeClock clock;
  FailureLimit limit(clock);
  for (int i = 0; i < kFailuresMax; ++i) {
    EXPECT_FALSE(limit.wait_of("192.0.2.1")) << i;
    limit.note_failure("192.0.2.1");
  }
  clock.advance(std::chrono::milliseconds(500));
  EXPECT_EQ(limit.wait_of("192.0.2.1"), std::chrono::seconds(60));
  EXPECT_FALSE(limit.wait_of("192.0.2.2"));
  clock.advance(std::chrono::seconds(59));
  EXPECT_EQ(limit.wait_of("192.0.2.1"), std::chrono::seconds(1));
  clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(limit.wait_of("192.0.2.1"));
  limit.note_failure("192.0.2.1");
  EXPECT_FALSE(limit.wait_of("192.0.2.1")) << "it begins anew";
}

TEST(FailureLimit, HoldsUpAWholeNetworkOfIpv6AndOneAddressOfIpv4) {
  titan::testing::FakeClock clock;
  FailureLimit limit(clock);
  for (int i = 0; i < kFailuresMax; ++i) {
    limit.note_failure("2001:db8::" + std::to_string(i));
    limit.note_failure("::ffff:192.0.2.1");
    limit.note_failure("unix");
  }
  EXPECT_TRUE(limit.wait_of("2001:db8::ffff"));
  EXPECT_FALSE(limit.wait_of("2001:db8:0:1::1"));
  EXPECT_TRUE(limit.wait_of("::ffff:192.0.2.1"));
  EXPECT_FALSE(limit.wait_of("::ffff:192.0.2.2"));
  EXPECT_TRUE(limit.wait_of("unix"));
}

TEST(FailureLimit, RemembersOnlySoManyAddresses) {
  titan::testing::FakeClock clock;
  FailureLimit limit(clock);
  for (int i = 0; i < kFailuresMax; ++i) limit.note_failure("192.0.2.1");
  clock.advance(std::chrono::seconds(30));
  for (std::size_t i = 1; i < kFailingAddressesMax; ++i) limit.note_failure(std::to_string(i));
  EXPECT_TRUE(limit.wait_of("192.0.2.1"));
  limit.note_failure("one too many");
  EXPECT_FALSE(limit.wait_of("192.0.2.1"));
}

// ---- the lobby ---------------------------------------------------------------------------------

TEST_F(Enrollment, MayBeApprovedInTheLobby) {
  const HttpResponse waits = device_.visit_lobby("pi");
  ASSERT_EQ(waits.status, 202) << waits.body;
  const json place = parse_json(waits.body).value();
  const std::string id = Digest::of(device_.key()).hex().substr(0, 12);
  EXPECT_EQ(place, (json{{"id", id}, {"retryAfter", kLobbyRetryAfter.count()}}));
  const std::string began = server_.clock().wall().text();
  server_.advance(std::chrono::seconds(30));
  EXPECT_EQ(device_.visit_lobby("pi").status, 202);
  EXPECT_EQ(server_.json("GET", "/v1/lobby")["items"],
            json::array({{{"id", id},
                          {"key", device_.key()},
                          {"name", "pi"},
                          {"address", "192.0.2.7"},
                          {"since", began},
                          {"lastSeen", server_.clock().wall().text()}}}));
  EXPECT_TRUE(is_counted("titan_lobby_devices 1"));
  server_.put_host("pi", {});
  ASSERT_EQ(
      server_.call("PUT", "/v1/devices/pi", json{{"spec", {{"publicKey", device_.key()}}}}.dump())
          .status,
      201);
  EXPECT_EQ(server_.json("GET", "/v1/lobby")["items"], json::array());
  const HttpResponse approved = device_.visit_lobby("pi");
  EXPECT_EQ(approved.status, 200);
  EXPECT_EQ(parse_json(approved.body).value()["host"], "pi");
  EXPECT_EQ(device_.open_session().status, 200);
}

TEST_F(Enrollment, LetsNobodyInTheLobbyAskForAnythingElse) {
  ASSERT_EQ(device_.visit_lobby("pi").status, 202);
  server_.put_host("pi", {});
  EXPECT_EQ(device_.open_session().status, 403);
  EXPECT_EQ(device_.sync("pi").status, 401);
  EXPECT_EQ(server_.handle_from("192.0.2.7", {.method = "GET", .target = "/v1/lobby"}).status, 401);
  EXPECT_EQ(
      server_.handle_from("192.0.2.7", {.method = "GET", .target = "/v1/hosts/pi/changes"}).status,
      401);
}

TEST_F(Enrollment, ShowsTheLobbyToItsOwnOrganizationAlone) {
  ASSERT_EQ(device_.visit_lobby("pi", "elsewhere").status, 202);
  EXPECT_EQ(server_.json("GET", "/v1/lobby")["items"], json::array());
}

TEST_F(Enrollment, RefusesARevokedOrUnprovenKeyInTheLobby) {
  device_.become("pi");
  server_.call("PUT", "/v1/devices/pi",
               json{{"spec", {{"publicKey", device_.key()}, {"revoked", true}}}}.dump());
  EXPECT_EQ(device_.visit_lobby("pi").status, 403);
  const std::string nonce = other_.make_nonce();
  EXPECT_EQ(other_
                .post("/v1/lobby", {{"key", device_.key()},
                                    {"organization", "default"},
                                    {"name", "pi"},
                                    {"nonce", nonce},
                                    {"signature", other_.sign("titan-lobby-1", {"anything"})}})
                .status,
            403);
  EXPECT_TRUE(is_counted("titan_lobby_refused_total{reason=\"revoked\"} 1"));
}

TEST(Lobby, ForgetsTheSilentAndTakesOnlySoMany) {
  titan::testing::FakeClock clock;
  titan::testing::SeededRandom random(9);
  Lobby lobby(clock);
  const auto visit = [&](const std::string& address) {
    return lobby.enter(
        {.key = SigningKey::make(random).public_key(), .organization = "default", .name = "pi"},
        address);
  };
  for (std::size_t i = 0; i < kLobbyPerAddressMax; ++i) ASSERT_TRUE(visit("192.0.2.1"));
  EXPECT_EQ(visit("192.0.2.1").error().code, ErrorCode::unavailable);
  for (std::size_t i = kLobbyPerAddressMax; i < kLobbyMax; ++i) {
    ASSERT_TRUE(visit("198.51.100." + std::to_string(i / kLobbyPerAddressMax)));
  }
  EXPECT_EQ(visit("192.0.2.2").error().code, ErrorCode::unavailable);
  EXPECT_EQ(lobby.size(), kLobbyMax);
  clock.advance(kLobbySilenceMax + std::chrono::seconds(1));
  EXPECT_EQ(lobby.size(), 0U);
  EXPECT_TRUE(lobby.waiting_in("default").empty());
  EXPECT_TRUE(visit("192.0.2.1"));
}

// ---- what is sent ------------------------------------------------------------------------------

TEST_F(Enrollment, AnswersEachWayInWhichARequestCanBeWrong) {
  struct Row {
    const char* target;
    json good;
    std::vector<std::string> fields;
  };
  const std::string nonce = device_.make_nonce();
  const std::string signature = device_.sign("x", {});
  const std::string ephemeral = AgreementKey::make(server_.random()).public_text();
  const std::vector<Row> rows = {
      {"/v1/enroll", device_.enrollment(kSecret), {"secret", "key", "nonce", "signature"}},
      {"/v1/lobby",
       {{"key", device_.key()},
        {"organization", "default"},
        {"name", "pi"},
        {"nonce", nonce},
        {"signature", signature}},
       {"key", "organization", "name", "nonce", "signature"}},
      {"/v1/sessions/challenge",
       {{"key", device_.key()}, {"ephemeral", ephemeral}, {"nonce", nonce}},
       {"key", "ephemeral", "nonce"}},
      {"/v1/sessions",
       {{"key", device_.key()},
        {"ephemeral", ephemeral},
        {"challenge", "AAAA"},
        {"instance", nonce},
        {"signature", signature}},
       {"key", "ephemeral", "challenge", "instance", "signature"}}};
  for (const Row& row : rows) {
    for (const std::string& field : row.fields) {
      for (const json& bad : {json(), json(5), json("?")}) {
        const bool any_text = field == "secret" || field == "challenge";
        if (any_text && bad.is_string()) continue;
        json body = row.good;
        body[field] = bad;
        const HttpResponse response = device_.post(row.target, body);
        EXPECT_EQ(response.status, 422) << row.target << body;
        EXPECT_EQ(parse_json(response.body).value()["error"]["field"], field) << row.target << body;
      }
    }
    json more = row.good;
    more["more"] = 1;
    EXPECT_EQ(device_.post(row.target, more).status, 422) << row.target;
    EXPECT_EQ(device_.post(row.target, json::array()).status, 422) << row.target;
    const HttpResponse no_nonce = device_.post(row.target, row.good, {{"Titan-Nonce", "short"}});
    EXPECT_EQ(no_nonce.status, 400) << row.target;
    EXPECT_EQ(parse_json(no_nonce.body).value()["error"]["field"], "Titan-Nonce") << row.target;
    EXPECT_EQ(
        server_.handle_from("192.0.2.9", {.method = "POST", .target = row.target, .body = "{"})
            .status,
        400);
  }
}

}  // namespace
}  // namespace titan::server_lite
