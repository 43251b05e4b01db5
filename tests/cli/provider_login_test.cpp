// `titan login` at an identity provider.
#include <sys/stat.h>

#include "tests/cli/cli_fixture.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;
using testing::error_response;
using testing::json_response;

constexpr const char* kProviderPath = "/home/me/.config/titan/config.yaml";
const std::string kIssuer = "https://id.example.org";

class ProviderLogin : public testing::CliTest {
 protected:
  ProviderLogin() {
    provider = [this](const HttpRequest& request) { return answer(request); };
    api.override("GET /v1/login", json_response({{"issuer", kIssuer},
                                                 {"clientId", "titan"},
                                                 {"scopes", {"openid", "groups"}}}));
    api.override(
        "POST /v1/login",
        json_response(
            {{"token", "titan_login"},
             {"actor", "token/login-ada-0123"},
             {"organization", "default"},
             {"grants", {{{"role", "developer"}, {"workspace", "iot"}}, {{"role", "viewer"}}}},
             {"expires", "2026-03-02T00:00:00.000000Z"}}));
  }
  // The next answers to whether the person has logged in; the last one stays.
  std::vector<HttpResponse> said = {pending(), pending(), id_token()};

  static HttpResponse pending() { return {400, {}, R"({"error":"authorization_pending"})"}; }
  static HttpResponse id_token() {
    return {200, {}, R"({"id_token":"id.token.text","access_token":"x"})"};
  }

  std::vector<std::string> forms_;  // that the provider got

 private:
  HttpResponse answer(const HttpRequest& request) {
    if (request.target.starts_with("/.well-known/")) {
      return json_response({{"issuer", kIssuer},
                            {"token_endpoint", kIssuer + "/token"},
                            {"device_authorization_endpoint", kIssuer + "/device"}});
    }
    forms_.push_back(request.body);
    if (request.target == "/device") {
      return json_response({{"device_code", "device-secret"},
                            {"user_code", "WDJB-MJHT"},
                            {"verification_uri", kIssuer + "/enter"},
                            {"verification_uri_complete", kIssuer + "/enter?c=WDJB-MJHT"},
                            {"expires_in", 600},
                            {"interval", 3}});
    }
    const HttpResponse next = said.front();
    if (said.size() > 1) said.erase(said.begin());
    return next;
  }
};

TEST_F(ProviderLogin, ShowsTheCodeAndKeepsTheTokenOfTheServer) {
  EXPECT_EQ(titan("login"), 0) << err;
  EXPECT_NE(err.find(kIssuer + "/enter\n"), std::string::npos) << err;
  EXPECT_NE(err.find("    WDJB-MJHT\n"), std::string::npos) << err;
  EXPECT_NE(err.find("counts for 10m"), std::string::npos) << err;
  EXPECT_EQ(out,
            "logged in to http://127.0.0.1:7480 as token/login-ada-0123 of the organization "
            "default, developer in workspace iot, viewer; the token is kept in the context "
            "\"default\" and counts until 2026-03-02T00:00:00.000000Z\n");
  EXPECT_EQ(api.log, (std::vector<std::string>{"GET /v1/login", "POST /v1/login"}));
  ASSERT_EQ(forms_.size(), 4U);
  EXPECT_NE(forms_.at(0).find("scope=openid"), std::string::npos) << forms_.at(0);
  const std::string kept = content(kProviderPath);
  EXPECT_NE(kept.find("token: titan_login\n"), std::string::npos) << kept;
  EXPECT_NE(kept.find("tokenExpires: "), std::string::npos) << kept;
  for (const std::string& text : {out, err, kept}) {
    EXPECT_EQ(text.find("id.token"), std::string::npos);
    EXPECT_EQ(text.find("device-secret"), std::string::npos);
  }
  struct stat info {};
  ASSERT_EQ(stat(disk(kProviderPath).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(titan("get hosts"), 0) << err;
  EXPECT_EQ(api.authorization, "Bearer titan_login");
  EXPECT_EQ(titan("logout"), 0) << err;
  EXPECT_EQ(content(kProviderPath).find("tokenExpires"), std::string::npos);
}

TEST_F(ProviderLogin, SaysWhereToLogInTo) {
  EXPECT_EQ(titan("login --organization acme"), 0) << err;
  EXPECT_EQ(json::parse(api.body), (json{{"idToken", "id.token.text"}, {"organization", "acme"}}));
  EXPECT_EQ(titan("login"), 0) << err;
  EXPECT_EQ(json::parse(api.body), (json{{"idToken", "id.token.text"}}));
}

TEST_F(ProviderLogin, IsNotAskedOfWhoHasAToken) {
  typed = "titan_typed";
  file("/token", "titan_file\n");
  api.override("GET /v1/whoami", json_response({{"actor", "token/ci"},
                                                {"organization", "default"},
                                                {"grants", json::array()}}));
  EXPECT_EQ(titan("login --token-file -"), 0) << err;
  EXPECT_EQ(api.authorization, "Bearer titan_typed");
  EXPECT_EQ(titan("login --token-file /token"), 0) << err;
  EXPECT_EQ(api.authorization, "Bearer titan_file");
  EXPECT_EQ(api.log, (std::vector<std::string>{"GET /v1/whoami", "GET /v1/whoami"}));
  EXPECT_TRUE(forms_.empty());
}

TEST_F(ProviderLogin, KeepsNothingWhenItFails) {
  said = {{400, {}, R"({"error":"access_denied"})"}};
  EXPECT_EQ(titan("login"), 5);
  EXPECT_NE(err.find("was refused"), std::string::npos) << err;
  said = {pending()};
  EXPECT_NE(titan("login"), 0);
  EXPECT_NE(err.find("begin anew"), std::string::npos) << err;
  said = {id_token()};
  api.override("POST /v1/login", error_response(403, "denied", "you are \"Ada\", and no group"));
  EXPECT_EQ(titan("login"), 5);
  EXPECT_NE(err.find("you are \"Ada\", and no group"), std::string::npos) << err;
  EXPECT_EQ(err.find("id.token"), std::string::npos) << err;
  api.override("GET /v1/login", error_response(503, "unavailable", "later"));
  EXPECT_NE(titan("login"), 0);
  api.override("GET /v1/login", error_response(404, "not_found", "none"));
  EXPECT_NE(titan("login --organization acme"), 0);
  EXPECT_NE(err.find("--organization: the server has no identity provider"), std::string::npos)
      << err;
  EXPECT_FALSE(std::filesystem::exists(disk(kProviderPath)));
}

TEST_F(ProviderLogin, GoesOnWhenTheProviderDoesNotAnswerForAWhile) {
  said = {{.status = 503}, {.status = 503}, id_token()};
  EXPECT_EQ(titan("login"), 0) << err;
  const auto first = err.find("does not answer, and is asked again");
  ASSERT_NE(first, std::string::npos) << err;
  EXPECT_EQ(err.find("does not answer", first + 1), std::string::npos) << err;
}

}  // namespace
}  // namespace titan::cli
