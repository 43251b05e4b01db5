#include "client/device_login.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::client {
namespace {

using nlohmann::json;
using std::chrono::seconds;

const std::string kIssuer = "https://id.example.org";

json metadata() {
  return {{"issuer", kIssuer},
          {"token_endpoint", kIssuer + "/token"},
          {"device_authorization_endpoint", "https://device.example.org/start"},
          {"code_challenge_methods_supported", {"S256"}}};
}

json device_answer() {
  return {{"device_code", "device-secret"},
          {"user_code", "WDJB-MJHT"},
          {"verification_uri", kIssuer + "/device"},
          {"verification_uri_complete", kIssuer + "/device?user_code=WDJB-MJHT"},
          {"expires_in", 600},
          {"interval", 3}};
}

HttpResponse json_answer(int status, const json& body) {
  return {status, {}, body.dump()};
}
HttpResponse error_answer(const std::string& error, int status = 400) {
  return json_answer(status, {{"error", error}});
}

// Passes on to the test's one transport, whatever the origin.
class Borrowed final : public Transport {
 public:
  explicit Borrowed(Transport& to) : to_(to) {}
  Result<HttpResponse> send(const HttpRequest& request) override { return to_.send(request); }

 private:
  Transport& to_;
};

class DeviceLoginTest : public ::testing::Test {
 protected:
  Result<DeviceLogin::Prompt> begin(const json& said = metadata(),
                                    const json& device = device_answer()) {
    transport_.answer(json_answer(200, said));
    transport_.answer(json_answer(200, device));
    return login_.begin(clock_.monotonic());
  }
  // One question, once its time has come.
  Result<DeviceLogin::Step> ask(Result<HttpResponse> answer) {
    transport_.answer(std::move(answer));
    clock_.advance(wait_);
    const auto before = transport_.requests().size();
    auto step = login_.next(clock_.monotonic());
    EXPECT_EQ(transport_.requests().size(), before + 1);
    if (step) wait_ = step->wait;
    return step;
  }
  [[nodiscard]] HttpParameters sent() const {
    return parse_query(transport_.requests().back().body);
  }

  testing::FakeClock clock_;
  testing::SeededRandom random_{1};
  testing::FakeTransport transport_;
  std::vector<std::string> opened_;
  seconds wait_{3};
  DeviceLogin login_{{.issuer = kIssuer, .client_id = "titan", .scopes = {"profile", "groups"}},
                     [this](std::string_view origin) -> Result<std::unique_ptr<Transport>> {
                       opened_.emplace_back(origin);
                       return std::unique_ptr<Transport>(std::make_unique<Borrowed>(transport_));
                     },
                     random_};
};

TEST_F(DeviceLoginTest, ShowsTheCodeAndGivesTheIdToken) {
  const auto prompt = begin().value();
  EXPECT_EQ(prompt.user_code, "WDJB-MJHT");
  EXPECT_EQ(prompt.verification_uri, kIssuer + "/device");
  EXPECT_EQ(prompt.verification_uri_complete, kIssuer + "/device?user_code=WDJB-MJHT");
  EXPECT_EQ(prompt.expires_in, seconds(600));
  EXPECT_EQ(ask(error_answer("authorization_pending"))->wait, seconds(3));
  EXPECT_EQ(ask(error_answer("authorization_pending"))->wait, seconds(3));
  const auto step = ask(json_answer(200, {{"id_token", "a.b.c"}, {"access_token", "x"}}));
  EXPECT_TRUE(step->done());
  EXPECT_EQ(step->id_token, "a.b.c");
}

TEST_F(DeviceLoginTest, SendsWhatTheStandardsWant) {
  ASSERT_TRUE(begin().ok());
  const auto& requests = transport_.requests();
  EXPECT_EQ(requests.at(0).method, "GET");
  EXPECT_EQ(requests.at(0).target, "/.well-known/openid-configuration");
  EXPECT_EQ(requests.at(1).method, "POST");
  EXPECT_EQ(requests.at(1).target, "/start");
  const HttpParameters device = sent();
  EXPECT_EQ(device.find("client_id")->second, "titan");
  EXPECT_EQ(device.find("scope")->second, "openid profile groups");
  EXPECT_EQ(device.find("code_challenge_method")->second, "S256");

  ASSERT_TRUE(ask(error_answer("authorization_pending")).ok());
  EXPECT_EQ(requests.back().target, "/token");
  EXPECT_EQ(requests.back().headers.find("content-type")->second,
            "application/x-www-form-urlencoded");
  const HttpParameters token = sent();
  EXPECT_EQ(token.find("grant_type")->second, "urn:ietf:params:oauth:grant-type:device_code");
  EXPECT_EQ(token.find("device_code")->second, "device-secret");
  EXPECT_EQ(token.find("client_id")->second, "titan");
  const std::string verifier = token.find("code_verifier")->second;
  EXPECT_EQ(verifier.size(), 43U);
  EXPECT_EQ(parse_base64url(device.find("code_challenge")->second)->size(), 32U);
  EXPECT_NE(device.find("code_challenge")->second, verifier);
  EXPECT_EQ(opened_, (std::vector<std::string>{kIssuer, "https://device.example.org"}));
}

TEST_F(DeviceLoginTest, LeavesPkceOutWhereTheProviderDoesNotListIt) {
  for (const json& methods : {json(nullptr), json::array({"plain"}), json("S256")}) {
    json said = metadata();
    said["code_challenge_methods_supported"] = methods;
    ASSERT_TRUE(begin(said).ok());
    EXPECT_FALSE(sent().contains("code_challenge"));
    ASSERT_TRUE(ask(error_answer("authorization_pending")).ok());
    EXPECT_FALSE(sent().contains("code_verifier"));
  }
}

TEST_F(DeviceLoginTest, AsksNotBeforeItsTime) {
  ASSERT_TRUE(begin().ok());
  EXPECT_EQ(login_.next(clock_.monotonic())->wait, seconds(3));
  clock_.advance(std::chrono::milliseconds(2500));
  EXPECT_EQ(login_.next(clock_.monotonic())->wait, seconds(1));
  EXPECT_EQ(transport_.requests().size(), 2U);
}

TEST_F(DeviceLoginTest, AsksEveryFiveSecondsWhenNothingIsSaid) {
  json device = device_answer();
  device.erase("interval");
  ASSERT_TRUE(begin(metadata(), device).ok());
  EXPECT_EQ(login_.next(clock_.monotonic())->wait, seconds(5));
}

TEST_F(DeviceLoginTest, SlowsDownByFiveSecondsForGood) {
  ASSERT_TRUE(begin().ok());
  EXPECT_EQ(ask(error_answer("slow_down"))->wait, seconds(8));
  EXPECT_EQ(ask(error_answer("slow_down"))->wait, seconds(13));
  EXPECT_EQ(ask(error_answer("authorization_pending"))->wait, seconds(13));
}

TEST_F(DeviceLoginTest, AsksLessAndLessOftenWhileTheNetworkFails) {
  ASSERT_TRUE(begin().ok());
  const Result<HttpResponse> kFaults[] = {unavailable("no network"), HttpResponse{503},
                                          HttpResponse{429},         unavailable("no network"),
                                          HttpResponse{500},         unavailable("no network")};
  const int kWaits[] = {6, 12, 24, 48, 60, 60};
  for (std::size_t i = 0; i < std::size(kWaits); ++i) {
    const auto step = ask(kFaults[i]);
    ASSERT_TRUE(step.ok());
    EXPECT_EQ(step->wait, seconds(kWaits[i]));
    EXPECT_NE(step->fault, "");
  }
  const auto step = ask(error_answer("authorization_pending"));
  EXPECT_EQ(step->wait, seconds(3));
  EXPECT_EQ(step->fault, "");
}

TEST_F(DeviceLoginTest, EndsWhenThePersonOrTheProviderRefuses) {
  struct Row {
    HttpResponse answer;
    ErrorCode code;
    const char* message;
  };
  const Row kRows[] = {
      {error_answer("access_denied"), ErrorCode::denied, "was refused"},
      {error_answer("expired_token"), ErrorCode::expired, "begin anew"},
      {error_answer("invalid_grant"), ErrorCode::denied, "invalid_grant"},
      {error_answer("invalid_client", 401), ErrorCode::denied, "invalid_client"},
      {error_answer("invalid_request"), ErrorCode::denied, "invalid_request"},
      {error_answer("unauthorized_client"), ErrorCode::denied, "unauthorized_client"},
      {error_answer("unsupported_grant_type"), ErrorCode::denied, "unsupported_grant_type"},
      {json_answer(400, {{"error", "invalid_grant"}, {"error_description", "PKCE\x1b[2J failed"}}),
       ErrorCode::denied, "(PKCE?[2J failed)"},
      {json_answer(400, json::object()), ErrorCode::invalid, "no error code"},
      {json_answer(400, {{"error", 5}}), ErrorCode::invalid, "no error code"},
      {{404, {}, "<html>"}, ErrorCode::invalid, "404 and no JSON object"},
      {{302, {}, ""}, ErrorCode::invalid, "302 and no JSON object"},
      {{200, {}, "[]"}, ErrorCode::invalid, "no JSON object"},
      {json_answer(200, {{"access_token", "secret"}}), ErrorCode::invalid, "no ID token"},
      {json_answer(200, {{"id_token", ""}}), ErrorCode::invalid, "no ID token"},
      {json_answer(200, {{"id_token", {1}}}), ErrorCode::invalid, "no ID token"},
      {json_answer(200, {{"id_token", std::string(kIdTokenBytesMax + 1, 'a')}}),
       ErrorCode::exhausted, "longer than 16384"},
  };
  for (const Row& row : kRows) {
    ASSERT_TRUE(begin().ok());
    const auto step = ask(row.answer);
    ASSERT_FALSE(step.ok()) << row.message;
    EXPECT_EQ(step.error().code, row.code) << row.message;
    EXPECT_EQ(step.error().subject, kIssuer);
    EXPECT_NE(step.error().message.find(row.message), std::string::npos) << step.error().text();
    EXPECT_EQ(step.error().text().find("secret"), std::string::npos);
  }
}

TEST_F(DeviceLoginTest, EndsWhenTheNetworkFailsForGood) {
  ASSERT_TRUE(begin().ok());
  EXPECT_EQ(ask(exhausted("the answer is too long")).error().code, ErrorCode::exhausted);
}

TEST_F(DeviceLoginTest, EndsWhenTheCodeHasEnded) {
  ASSERT_TRUE(begin().ok());
  clock_.advance(seconds(600));
  const auto step = login_.next(clock_.monotonic());
  EXPECT_EQ(step.error().code, ErrorCode::expired);
  EXPECT_EQ(transport_.requests().size(), 2U);
}

struct BadBeginning {
  const char* name;
  HttpResponse discovery;
  HttpResponse device;
  ErrorCode code;
  const char* message;
};

std::vector<BadBeginning> bad_beginnings() {
  const HttpResponse good = json_answer(200, metadata());
  const auto said = [](const json& changes) {
    json made = metadata();
    made.update(changes);
    return json_answer(200, made);
  };
  const auto device = [](const json& changes) {
    json made = device_answer();
    made.update(changes);
    return json_answer(200, made);
  };
  const auto none = HttpResponse{};
  return {
      {"not there", {404}, none, ErrorCode::invalid, "is the issuer right?"},
      {"redirect", {301}, none, ErrorCode::invalid, "is the issuer right?"},
      {"busy", {503}, none, ErrorCode::unavailable, "503"},
      {"page", {200, {}, "<html>"}, none, ErrorCode::invalid, ""},
      {"other issuer", said({{"issuer", "https://evil"}}), none, ErrorCode::invalid, "expected"},
      {"no device grant", said({{"device_authorization_endpoint", ""}}), none, ErrorCode::invalid,
       "no device authorization grant"},
      {"no token endpoint", said({{"token_endpoint", ""}}), none, ErrorCode::invalid,
       "no device authorization grant"},
      {"tokens in the open", said({{"token_endpoint", "http://id.example.org/"}}), none,
       ErrorCode::invalid, "not encrypted"},
      {"device busy", good, {502}, ErrorCode::unavailable, "502"},
      {"unknown client", good, error_answer("invalid_client", 401), ErrorCode::denied,
       "invalid_client"},
      {"bad scope", good, error_answer("invalid_scope"), ErrorCode::denied, "invalid_scope"},
      {"device page", good, {200, {}, "<html>"}, ErrorCode::invalid, "no JSON object"},
      {"no user code", good, device({{"user_code", ""}}), ErrorCode::invalid, "code"},
      {"long user code", good, device({{"user_code", std::string(65, 'A')}}), ErrorCode::invalid,
       "code"},
      {"user code that moves the cursor", good, device({{"user_code", "\x1b[2J"}}),
       ErrorCode::invalid, "code"},
      {"no device code", good, device({{"device_code", nullptr}}), ErrorCode::invalid, "none"},
      {"page in the open", good, device({{"verification_uri", "http://id.example.org"}}),
       ErrorCode::invalid, "not encrypted"},
      {"script as a page", good, device({{"verification_uri_complete", "javascript:alert(1)"}}),
       ErrorCode::invalid, "neither https nor http"},
      {"no page", good, device({{"verification_uri", 5}}), ErrorCode::invalid, "URL"},
      {"no end", good, device({{"expires_in", nullptr}}), ErrorCode::invalid, "seconds"},
      {"end as text", good, device({{"expires_in", "600"}}), ErrorCode::invalid, "seconds"},
      {"end at once", good, device({{"expires_in", 0}}), ErrorCode::invalid, "ended already"},
      {"huge end", good, device({{"expires_in", UINT64_MAX}}), ErrorCode::invalid, "seconds"},
      {"negative interval", good, device({{"interval", -1}}), ErrorCode::invalid, "seconds"},
      {"huge interval", good, device({{"interval", 3600}}), ErrorCode::invalid, "at most 60"},
  };
}

TEST_F(DeviceLoginTest, DoesNotBeginWithAProviderThatAnswersNonsense) {
  for (const auto& row : bad_beginnings()) {
    testing::FakeTransport transport;
    transport.answer(row.discovery);
    transport.answer(row.device);
    DeviceLogin login(
        {.issuer = kIssuer, .client_id = "titan"},
        [&](std::string_view) -> Result<std::unique_ptr<Transport>> {
          return std::unique_ptr<Transport>(std::make_unique<Borrowed>(transport));
        },
        random_);
    const auto prompt = login.begin(clock_.monotonic());
    ASSERT_FALSE(prompt.ok()) << row.name;
    EXPECT_EQ(prompt.error().code, row.code) << row.name;
    EXPECT_NE(prompt.error().text().find(row.message), std::string::npos)
        << row.name << ": " << prompt.error().text();
    EXPECT_EQ(prompt.error().text().find("device-secret"), std::string::npos) << row.name;
  }
}

TEST_F(DeviceLoginTest, SaysThatThereIsNoConnection) {
  transport_.answer(unavailable("no network"));
  EXPECT_EQ(login_.begin(clock_.monotonic()).error().code, ErrorCode::unavailable);
  DeviceLogin other({.issuer = "http://id.example.org", .client_id = "titan"},
                    provider_transports(), random_);
  EXPECT_EQ(other.begin(clock_.monotonic()).error().field, "issuer");
}

TEST_F(DeviceLoginTest, BoundsTheTimeThatTheProviderGives) {
  json device = device_answer();
  device["expires_in"] = 1'000'000'000;
  EXPECT_EQ(begin(metadata(), device)->expires_in, kLoginTimeMax);
}

}  // namespace
}  // namespace titan::client
