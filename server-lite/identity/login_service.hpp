#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/timestamp.hpp"
#include "model/grant.hpp"
#include "server-lite/identity/failure_limit.hpp"
#include "server-lite/metrics.hpp"
#include "server-lite/oidc/oidc_provider.hpp"
#include "server-lite/writer.hpp"

namespace titan::server_lite {

// Somebody shows an ID token of the provider, once.
struct LoginRequest {
  Secret id_token = {};
  std::string organization = {};  // where to; empty: the server chooses
};
// invalid, naming the field; nothing secret is quoted.
Result<LoginRequest> parse_login_request(const nlohmann::json& json);

// The start of a token's name that stands for a person: small letters, digits and hyphens of
// `name`, at most kLoginSlugBytesMax; "person" when nothing is left.
std::string login_slug(std::string_view name);

// Lets people in who were logged in by an identity provider: an ID token goes in, and a token of
// titan's own comes out, with the roles that the provider's rules give to the person's groups
// (docs/spec/identity.md). The ID token is not kept, and stands in no log, error or change. Safe to
// share between threads.
class LoginService {
 public:
  // Borrows all.
  struct Parts {
    oidc::OidcProvider* provider;  // null: nobody logs in this way
    Writer& writer;
    Metrics& metrics;
    const Clock& clock;
    Random& random;
    Log& log;
  };
  explicit LoginService(const Parts& parts);

  // Where people log in; null: nowhere.
  [[nodiscard]] const oidc::OidcOptions* options() const {
    return parts_.provider == nullptr ? nullptr : &parts_.provider->options();
  }
  // How long the address has to wait before it may try again; nothing: it may.
  [[nodiscard]] std::optional<std::chrono::seconds> wait_of(std::string_view address) const {
    return failures_.wait_of(address);
  }

  struct LoggedIn {
    Secret token = {};       // its text, which nobody else has
    std::string actor = {};  // as the change log will name it
    std::string organization = {};
    std::vector<model::Grant> grants = {};
    Timestamp expires = {};
  };
  // May wait for the provider.
  // denied: the ID token is none of the provider for this server, or no group of the person's has a
  // role, there. invalid: the person has roles in several organizations, and named none. not_found:
  // there is no provider. unavailable: the provider's keys cannot be had at present. And the errors
  // of Writer::propose().
  Result<LoggedIn> log_in(const LoginRequest& request, std::string_view address,
                          const std::string& request_id);

 private:
  // What the person may do, and where.
  struct Place {
    std::string organization = {};
    std::vector<model::Grant> grants = {};
  };
  Result<oidc::IdToken> verify(const LoginRequest& request, std::string_view address);
  Result<Place> place_of(const oidc::IdToken& person, const std::string& wanted) const;
  Result<LoggedIn> write_token(const oidc::IdToken& person, Place place,
                               const std::string& request_id);
  void count(std::string_view outcome);

  const Parts parts_;
  FailureLimit failures_;
};

}  // namespace titan::server_lite
