#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/key_agreement.hpp"
#include "base/mac.hpp"
#include "base/sealing.hpp"
#include "base/signing.hpp"
#include "tests/server-lite/test_server.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::testing {

// A device as the contract (docs/spec/identity.md) has it, written anew from that: it trusts what
// the server says only as far as it is signed, and builds the bytes that are signed itself.
class TestDevice {
 public:
  TestDevice(TestServer& server, std::uint64_t seed, std::string address = "192.0.2.7")
      : server_(server),
        random_(seed),
        address_(std::move(address)),
        key_(SigningKey::make(random_)),
        instance_(make_nonce()) {}

  // ---- what it is ------------------------------------------------------------------------------

  [[nodiscard]] std::string key() const { return key_.public_key().text(); }
  [[nodiscard]] std::string server_key() const { return server_.keys().key().text(); }
  // Another device takes its key, as when a card is copied.
  void copy_key_of(const TestDevice& other) {
    key_ = SigningKey::parse(other.key_.secret_text().bytes()).value();
  }
  // What was sealed for it, as base64url; "does not open" when it was not.
  [[nodiscard]] std::string open(const nlohmann::json& sealed) const {
    const auto bytes = parse_base64url(sealed.get<std::string>());
    const auto plain = open_sealed(key_, bytes.value());
    return plain ? std::string(plain->bytes()) : std::string("does not open");
  }
  void reboot() { instance_ = make_nonce(); }
  [[nodiscard]] const std::string& instance() const { return instance_; }
  void move_to(std::string address) { address_ = std::move(address); }
  std::string make_nonce() {
    std::array<std::uint8_t, 16> bytes{};
    fill(random_, bytes);
    return base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  [[nodiscard]] std::string sign(std::string_view context,
                                 std::initializer_list<std::string_view> pieces) const {
    return key_.sign(signable(context, pieces)).text();
  }
  HttpResponse post(const std::string& target, const nlohmann::json& body,
                    HttpHeaders headers = {}) {
    return server_.handle_from(
        address_,
        {.method = "POST", .target = target, .headers = std::move(headers), .body = body.dump()});
  }

  // ---- how it becomes a host -------------------------------------------------------------------

  nlohmann::json enrollment(const std::string& secret) {
    const std::string nonce = make_nonce();
    return {{"secret", secret},
            {"key", key()},
            {"nonce", nonce},
            {"signature",
             sign("titan-enroll-1", {server_key(), Digest::of(secret).text(), key(), nonce})}};
  }
  HttpResponse enroll(const std::string& secret) { return post("/v1/enroll", enrollment(secret)); }
  HttpResponse visit_lobby(const std::string& name, const std::string& organization = "default") {
    const std::string nonce = make_nonce();
    return post(
        "/v1/lobby",
        {{"key", key()},
         {"organization", organization},
         {"name", name},
         {"nonce", nonce},
         {"signature", sign("titan-lobby-1", {server_key(), key(), organization, name, nonce})}});
  }

  // ---- its session -----------------------------------------------------------------------------

  // What it sends for a session, and what it needs of that afterwards.
  struct Opening {
    AgreementKey ephemeral;
    nlohmann::json body = {};
    std::string server_ephemeral = {};
  };
  Opening begin_session() {
    Opening opening{.ephemeral = AgreementKey::make(random_)};
    const std::string nonce = make_nonce();
    const std::string ephemeral = opening.ephemeral.public_text();
    const HttpResponse response =
        post("/v1/sessions/challenge", {{"key", key()}, {"ephemeral", ephemeral}, {"nonce", nonce}},
             {{"Titan-Nonce", nonce}});
    EXPECT_EQ(response.status, 200) << response.body;
    expect_signed_answer(response, nonce);
    const nlohmann::json told = parse_json(response.body).value();
    const std::string challenge = told["challenge"];
    opening.server_ephemeral = told["ephemeral"];
    opening.body = {
        {"key", key()},
        {"ephemeral", ephemeral},
        {"challenge", challenge},
        {"instance", instance_},
        {"signature", sign("titan-session-1", {server_key(), challenge, ephemeral, instance_})}};
    return opening;
  }
  HttpResponse end_session(const Opening& opening) {
    const HttpResponse response = post("/v1/sessions", opening.body);
    if (response.status != 200) return response;
    const std::string challenge = opening.body["challenge"];
    const std::string transcript =
        signable("titan-transcript-1",
                 {server_key(), key(), challenge, opening.body["ephemeral"].get<std::string>(),
                  opening.server_ephemeral});
    const Secret shared = opening.ephemeral.agree(opening.server_ephemeral).value();
    token_ = base64url(derive(shared, "titan-session-token-1", transcript).bytes());
    mac_key_.emplace(MacKey::of(derive(shared, "titan-session-mac-1", transcript, 16)));
    const std::string said =
        signable("titan-answer-1", {challenge, Digest::of(response.body).text()});
    EXPECT_EQ(response.header("Titan-Mac"), mac_of(*mac_key_, said).text());
    return response;
  }
  HttpResponse open_session() { return end_session(begin_session()); }
  // What it sends to have the key of `next` from then on.
  nlohmann::json rotation(const TestDevice& next) {
    const std::string ephemeral = AgreementKey::make(random_).public_text();
    const HttpResponse response =
        post("/v1/sessions/challenge",
             {{"key", key()}, {"ephemeral", ephemeral}, {"nonce", make_nonce()}});
    EXPECT_EQ(response.status, 200) << response.body;
    const std::string challenge = parse_json(response.body).value()["challenge"];
    return {{"key", key()},
            {"next", next.key()},
            {"ephemeral", ephemeral},
            {"challenge", challenge},
            {"signature", sign("titan-rotate-1", {server_key(), challenge, key(), next.key()})},
            {"nextSignature",
             next.sign("titan-rotate-next-1", {server_key(), challenge, key(), next.key()})}};
  }
  HttpResponse rotate(const nlohmann::json& body) {
    const std::string nonce = make_nonce();
    HttpResponse response = post("/v1/rotate", body, {{"Titan-Nonce", nonce}});
    if (response.status == 200) expect_signed_answer(response, nonce);
    return response;
  }
  // An enrollment for the host, which a person makes, and a session.
  void become(const std::string& host) {
    const std::string secret = make_nonce() + make_nonce();
    put_enrollment(server_, "for-" + host, host, secret);
    ASSERT_EQ(enroll(secret).status, 200);
    ASSERT_EQ(open_session().status, 200);
  }
  [[nodiscard]] const std::string& token() const { return token_; }

  // ---- what it asks ----------------------------------------------------------------------------

  HttpRequest sync_request(const std::string& host, const nlohmann::json& body,
                           const std::string& query = "") {
    nonce_ = make_nonce();
    return {.method = "POST",
            .target = "/v1/hosts/" + host + "/sync" + query,
            .headers = {{"Authorization", "Bearer " + token_}, {"Titan-Nonce", nonce_}},
            .body = body.dump()};
  }
  // An answer to its last request that is not what it should be ends the test.
  HttpResponse sync(const std::string& host,
                    const nlohmann::json& body = nlohmann::json::object()) {
    HttpResponse response = server_.handle_from(address_, sync_request(host, body));
    if (response.status == 200 || response.status == 204) expect_sealed(host, response);
    return response;
  }
  // Signed (200), or under the MAC of the session (204), over exactly what the contract says.
  void expect_sealed(const std::string& host, const HttpResponse& response) const {
    const std::string wanted = response.header("Titan-Report-Wanted") == "true" ? "true" : "false";
    if (response.status == 204) {
      EXPECT_EQ(response.header("Titan-Signature"), "");
      const std::string said =
          signable("titan-poll-1", {"default", host, response.header("Titan-Bookmark"), nonce_,
                                    response.header("Titan-Poll-After"), wanted});
      EXPECT_EQ(response.header("Titan-Mac"), mac_of(*mac_key_, said).text());
      return;
    }
    EXPECT_EQ(response.header("Titan-Mac"), "");
    EXPECT_EQ(response.header("Titan-Key"), server_key());
    const std::string said =
        signable("titan-sync-1",
                 {"default", host, response.header("Titan-Bookmark"), nonce_,
                  response.header("Titan-Poll-After"), wanted, Digest::of(response.body).text()});
    const auto signature = Signature::parse(response.header("Titan-Signature"));
    ASSERT_TRUE(signature.ok()) << response.header("Titan-Signature");
    EXPECT_TRUE(verifies(server_.keys().key(), said, *signature));
  }
  void expect_signed_answer(const HttpResponse& response, const std::string& nonce) const {
    EXPECT_EQ(response.header("Titan-Key"), server_key());
    const auto signature = Signature::parse(response.header("Titan-Signature"));
    ASSERT_TRUE(signature.ok()) << response.status << response.body;
    EXPECT_TRUE(verifies(server_.keys().key(),
                         signable("titan-answer-1", {nonce, Digest::of(response.body).text()}),
                         *signature));
  }

  // A person lets whoever has the secret become the host, within the hour.
  static HttpResponse put_enrollment(TestServer& server, const std::string& name,
                                     const std::string& host, const std::string& secret) {
    const auto expires =
        Timestamp::from_micros(server.clock().wall().micros() + 3'600'000'000).text();
    return server.call("PUT", "/v1/enrollments/" + name,
                       nlohmann::json{{"spec",
                                       {{"host", host},
                                        {"labels", {{"site", "lab"}}},
                                        {"digest", Digest::of(secret).text()},
                                        {"expires", expires}}}}
                           .dump());
  }

 private:
  TestServer& server_;
  SeededRandom random_;
  std::string address_;
  SigningKey key_;
  std::string instance_;
  std::string nonce_ = {};  // of the last sync
  std::string token_ = {};
  std::optional<MacKey> mac_key_ = {};
};

}  // namespace titan::testing
