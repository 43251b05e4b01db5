// People log in by an ID token of a provider, and get a token of titan's own.
#include <gtest/gtest.h>

#include "server-lite/identity/login_service.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/oidc/limits.hpp"
#include "tests/server-lite/oidc/oidc_fixture.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using oidc::testing::kDiscoveryUrl;
using oidc::testing::keys;
using oidc::testing::kIssuer;
using oidc::testing::kKeysUrl;
using titan::testing::TestServer;

constexpr const char* kAddress = "192.0.2.7";

oidc::OidcOptions options() {
  return {.issuer = kIssuer,
          .client_id = "titan",
          .scopes = {"openid", "groups"},
          .rules = {{"iot", {.role = "developer", .workspace = "iot"}},
                    {"operators", {.role = "viewer"}},
                    {"acme-admins", {.role = "admin", .organization = "acme"}},
                    {"umbrella", {.role = "viewer", .organization = "umbrella"}}}};
}

class LoginRoutes : public ::testing::Test {
 protected:
  LoginRoutes() {
    fetcher_.page(kDiscoveryUrl,
                  {.body = json({{"issuer", kIssuer}, {"jwks_uri", kKeysUrl}}).dump()});
    fetcher_.page(kKeysUrl, {.body = titan::testing::jwks_text({keys().ec.jwk()})});
  }
  json claims(const std::vector<std::string>& groups) {
    const std::int64_t now = server_.clock().wall().micros() / 1'000'000;
    return {{"iss", kIssuer},   {"aud", "titan"}, {"sub", "2482"},
            {"exp", now + 300}, {"iat", now},     {"preferred_username", "Ada L."},
            {"groups", groups}};
  }
  HttpResponse post(const json& body) {
    return server_.handle_from(
        kAddress, {.method = "POST", .target = "/v1/login", .headers = {}, .body = body.dump()});
  }
  HttpResponse log_in(const json& claims, const std::string& organization = "") {
    json body = {{"idToken", keys().ec.token(claims)}};
    if (!organization.empty()) body["organization"] = organization;
    return post(body);
  }
  HttpResponse ask(const std::string& method, const std::string& target, const std::string& token,
                   const std::string& body = "") {
    return server_.call(method, target, body, {{"Authorization", "Bearer " + token}});
  }
  bool is_counted(const std::string& outcome, std::size_t count) {
    const std::string line =
        "titan_logins_total{outcome=\"" + outcome + "\"} " + std::to_string(count) + "\n";
    return server_.call("GET", "/v1/metrics").body.find(line) != std::string::npos;
  }
  std::uint64_t head() { return server_.store().head().value().seq; }
  static json read(const HttpResponse& response) { return parse_json(response.body).value(); }
  static std::string message_of(const HttpResponse& response) {
    return read(response)["error"]["message"];
  }

  oidc::testing::FakeUrlFetcher fetcher_;
  oidc::OidcProvider provider_{options(), fetcher_};
  TestServer server_{{}, OnClone::warn, 7, &provider_};
};

TEST_F(LoginRoutes, SayWherePeopleLogIn) {
  const HttpResponse response = server_.handle_from(kAddress, {"GET", "/v1/login"});
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(read(response),
            (json{{"issuer", kIssuer}, {"clientId", "titan"}, {"scopes", {"openid", "groups"}}}));
  TestServer other;
  for (const char* method : {"GET", "POST"}) {
    const HttpResponse none =
        other.handle_from(kAddress, {method, "/v1/login", {}, R"({"idToken":"x"})"});
    EXPECT_EQ(none.status, 404);
    EXPECT_NE(none.body.find("no identity provider"), std::string::npos);
  }
}

TEST_F(LoginRoutes, GiveATokenWithTheRolesOfThePersonsGroups) {
  server_.put({.name = "iot", .spec = model::WorkspaceSpec{}});
  const HttpResponse response = log_in(claims({"iot", "operators", "chess"}));
  ASSERT_EQ(response.status, 200) << response.body;
  const json made = read(response);
  const std::string actor = made["actor"];
  EXPECT_TRUE(actor.starts_with("token/login-ada-l-")) << actor;
  EXPECT_EQ(actor.size(), std::string("token/login-ada-l-").size() + kLoginNameDigits);
  EXPECT_EQ(made["organization"], "default");
  EXPECT_EQ(made["grants"],
            json::parse(R"([{"role":"developer","workspace":"iot"},{"role":"viewer"}])"));
  const std::string token = made["token"];
  const json who = read(ask("GET", "/v1/whoami", token));
  EXPECT_EQ(who["actor"], actor);
  EXPECT_EQ(who["grants"], made["grants"]);
  EXPECT_EQ(who["expires"], made["expires"]);

  const json workload = {{"spec", json::object()}};
  EXPECT_EQ(ask("PUT", "/v1/workspaces/iot/workloads/w", token, workload.dump()).status, 201);
  EXPECT_EQ(ask("PUT", "/v1/workspaces/default/workloads/w", token, workload.dump()).status, 403);
  EXPECT_EQ(ask("GET", "/v1/workspaces/default/workloads", token).status, 200);

  const json stored = server_.json("GET", "/v1/tokens/" + actor.substr(6));
  EXPECT_EQ(stored["spec"]["description"], "login of Ada L. (2482) at " + kIssuer);
  EXPECT_EQ(server_.json("GET", "/v1/changes?kind=token&actor=login")["items"].size(), 1U);
  EXPECT_TRUE(is_counted("done", 1));
  EXPECT_EQ(server_.log_text().find(token), std::string::npos);

  // Another login is another token, which can be deleted alone.
  const json again = read(log_in(claims({"operators"})));
  EXPECT_EQ(server_.call("DELETE", "/v1/tokens/" + actor.substr(6)).status, 200);
  EXPECT_EQ(ask("GET", "/v1/whoami", token).status, 401);
  EXPECT_EQ(ask("GET", "/v1/whoami", again["token"]).status, 200);
}

TEST_F(LoginRoutes, GiveATokenThatEnds) {
  const std::string token = read(log_in(claims({"operators"})))["token"];
  server_.advance(kLoginTtl - std::chrono::seconds(1));
  EXPECT_EQ(ask("GET", "/v1/whoami", token).status, 200);
  server_.advance(std::chrono::seconds(1));
  EXPECT_EQ(ask("GET", "/v1/whoami", token).status, 401);
  server_.advance(kExpiredKept + kExpiryPause);
  server_.advance(kExpiryPause);
  EXPECT_EQ(server_.json("GET", "/v1/tokens")["items"].size(), 1U);
}

TEST_F(LoginRoutes, LetPeopleIntoTheOrganizationsOfTheirGroupsAlone) {
  struct Row {
    std::vector<std::string> groups;
    const char* wanted;
    int status;
    const char* organization;  // or a part of the message
  };
  const Row rows[] = {
      {{"operators", "acme-admins"}, "", 200, "default"},
      {{"operators", "acme-admins"}, "acme", 200, "acme"},
      {{"acme-admins"}, "", 200, "acme"},
      {{"acme-admins", "umbrella"}, "umbrella", 200, "umbrella"},
      {{"acme-admins", "umbrella"}, "", 422, R"(in the organizations "acme", "umbrella")"},
      {{"acme-admins"}, "default", 403, R"(no group of yours has a role in the organization)"},
      {{"acme-admins"}, "nowhere", 403, R"(you are "Ada L.", and no group)"},
      {{"chess"}, "", 403, R"(you are "Ada L.", and no group of yours has a role on this server)"},
      {{}, "", 403, "no group of yours has a role on this server"},
      {{"operators"}, "A b", 422, "A b"},
  };
  for (const Row& row : rows) {
    const std::uint64_t before = head();
    const HttpResponse response = log_in(claims(row.groups), row.wanted);
    ASSERT_EQ(response.status, row.status) << response.body;
    if (row.status != 200) {
      EXPECT_NE(message_of(response).find(row.organization), std::string::npos) << response.body;
      EXPECT_EQ(head(), before);
      continue;
    }
    const json made = read(response);
    EXPECT_EQ(made["organization"], row.organization);
    EXPECT_EQ(read(ask("GET", "/v1/whoami", made["token"]))["organization"], row.organization);
  }
  EXPECT_TRUE(is_counted("no_role", 5));
  // Who has no role has not guessed anything.
  EXPECT_EQ(log_in(claims({"operators"})).status, 200);
}

TEST_F(LoginRoutes, TakeNothingButTokensOfTheProviderForThisServer) {
  const auto but = [&](const json& changes) {
    json made = claims({"operators"});
    made.update(changes);
    return keys().ec.token(made);
  };
  const std::string good = keys().ec.token(claims({"operators"}));
  const std::string rows[] = {
      "x",
      "a.b.c",
      good.substr(0, good.size() - 4),
      good.substr(0, good.rfind('.') + 1),
      keys().foreign_ec.token(claims({"operators"})),
      keys().ec.token({{"alg", "none"}}, claims({"operators"})),
      but({{"iss", "https://evil.example.org"}}),
      but({{"aud", "other"}}),
      but({{"aud", {"titan", "other"}}}),
      but({{"exp", 1}}),
      but({{"nbf", 99'999'999'999}}),
  };
  const std::uint64_t before = head();
  for (const std::string& token : rows) {
    const HttpResponse response = post({{"idToken", token}});
    EXPECT_EQ(response.status, 403) << token << response.body;
    EXPECT_NE(message_of(response).find("the ID token does not count: "), std::string::npos);
    if (token.size() > 5) {
      EXPECT_EQ(response.body.find(token), std::string::npos);
      EXPECT_EQ(server_.log_text().find(token), std::string::npos);
    }
  }
  EXPECT_EQ(head(), before);
  EXPECT_TRUE(is_counted("denied", std::size(rows)));
}

TEST_F(LoginRoutes, SlowDownWhoGuesses) {
  for (int i = 0; i < kFailuresMax; ++i) ASSERT_EQ(post({{"idToken", "a.b.c"}}).status, 403);
  const HttpResponse refused = log_in(claims({"operators"}));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "60");
  server_.advance(kFailureWindow);
  EXPECT_EQ(log_in(claims({"operators"})).status, 200);
}

TEST_F(LoginRoutes, SayWhichFieldIsWrong) {
  const std::pair<json, const char*> rows[] = {
      {{{"organization", "default"}}, "idToken"},
      {{{"idToken", ""}}, "idToken"},
      {{{"idToken", 5}}, "idToken"},
      {{{"idToken", std::string(oidc::kTokenBytesMax + 1, 'a')}}, "idToken"},
      {{{"idToken", "a"}, {"organization", 5}}, "organization"},
      {{{"idToken", "a"}, {"organisation", "a"}}, "organisation"},
  };
  for (const auto& [body, field] : rows) {
    const HttpResponse response = post(body);
    EXPECT_EQ(response.status, 422) << response.body;
    EXPECT_EQ(read(response)["error"]["field"], field);
  }
}

TEST_F(LoginRoutes, SayThatTheProviderIsAway) {
  fetcher_.page(kKeysUrl, {.status = 502});
  const std::uint64_t before = head();
  const HttpResponse response = log_in(claims({"operators"}));
  EXPECT_EQ(response.status, 503) << response.body;
  EXPECT_EQ(response.header("Retry-After"), "5");
  EXPECT_EQ(head(), before);
  EXPECT_TRUE(is_counted("unavailable", 1));
  fetcher_.page(kKeysUrl, {.body = titan::testing::jwks_text({keys().ec.jwk()})});
  server_.advance(oidc::kFaultPause);
  EXPECT_EQ(log_in(claims({"operators"})).status, 200);
}

TEST_F(LoginRoutes, WriteNothingWhenTheStoreFails) {
  server_.faults().fail_when([](const std::string& call) { return call.starts_with("commit"); },
                             unavailable("the disk is away"));
  EXPECT_EQ(log_in(claims({"operators"})).status, 503);
  server_.faults().reset();
  EXPECT_TRUE(is_counted("failed", 1));
  EXPECT_EQ(server_.json("GET", "/v1/tokens")["items"].size(), 1U);
}

TEST(LoginSlug, IsASafePartOfTheName) {
  EXPECT_EQ(login_slug("ada@example.org"), "ada-example-org");
  EXPECT_EQ(login_slug("--Ada  Lovelace--"), "ada-lovelace");
  EXPECT_EQ(login_slug("\xd0\x90"), "person");
  EXPECT_EQ(login_slug(""), "person");
  EXPECT_EQ(login_slug(std::string(200, 'a')), std::string(kLoginSlugBytesMax, 'a'));
}

}  // namespace
}  // namespace titan::server_lite
