#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "server-lite/api.hpp"
#include "server-lite/oidc/limits.hpp"

namespace titan::server_lite {
namespace {

Response provider(const Api& api, const Request& request) {
  const oidc::OidcOptions* options = api.logins.options();
  if (options == nullptr) {
    return error_response(not_found("this server knows no identity provider; log in with a token"),
                          request.id);
  }
  return json_response(
      200,
      {{"issuer", options->issuer}, {"clientId", options->client_id}, {"scopes", options->scopes}});
}

Response failed(const Error& error, const std::string& request_id) {
  Response response = error_response(error, request_id);
  if (error.code == ErrorCode::unavailable) {
    response.headers["Retry-After"] = std::to_string(oidc::kFaultPause.count());
  }
  return response;
}

Response log_in(const Api& api, const Request& request) {
  if (const auto wait = api.logins.wait_of(request.peer)) {
    return too_many_response(*wait, request.id);
  }
  const auto body = request.json();
  if (!body) return unreadable(body.error(), request.id);
  const auto asked = parse_login_request(*body);
  if (!asked) return error_response(asked.error(), request.id);
  const auto made = api.logins.log_in(*asked, request.peer, request.id);
  if (!made) return failed(made.error(), request.id);
  return json_response(200, {{"token", std::string(made->token.bytes())},
                             {"actor", made->actor},
                             {"organization", made->organization},
                             {"grants", model::json_of(made->grants)},
                             {"expires", made->expires.text()}});
}

}  // namespace

void add_login_routes(Router& router, const Api& api) {
  router.add({.method = "GET",
              .path = "/v1/login",
              .operation = "getLoginProvider",
              .tag = "Identity",
              .summary = "Where people log in",
              .description = "The identity provider, for the device authorization grant (RFC 8628) "
                             "with that client. 404 when there is none.",
              .access = Access{Area::everyone, Act::read},
              .answers = {{200, "The provider.", "LoginProvider"}},
              .errors = {404},
              .handler = [api](const Request& r) { return provider(api, r); }});
  router.add({.method = "POST",
              .path = "/v1/login",
              .operation = "logIn",
              .tag = "Identity",
              .summary = "Log in by an ID token",
              .description =
                  "Gives a token that counts for 12 hours, with the roles of the person's groups. "
                  "403: the ID token does not count, or no group of the person's has a role. 503: "
                  "the provider's keys cannot be had at present.",
              .access = Access{Area::everyone, Act::write},
              .body = "LoginRequest",
              .answers = {{200, "You are logged in.", "Login"}},
              .errors = {403, 404, 413, 422, 429},
              .handler = [api](const Request& r) { return log_in(api, r); }});
}

}  // namespace titan::server_lite
