#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "client/limits.hpp"
#include "client/provider_metadata.hpp"
#include "client/transport_factory.hpp"

namespace titan::client {

// The login of a person at an identity provider from a program without a browser: the OAuth 2.0
// Device Authorization Grant (RFC 8628), with the scope `openid`, which gives an ID token (OpenID
// Connect Core 1.0). The program is a public client: it has no secret. Where the provider lists
// S256, the code is bound to this login by PKCE (RFC 7636).
//
//   TITAN_ASSIGN(const auto prompt, login.begin(clock.monotonic()));
//   show(prompt);
//   for (;;) {
//     TITAN_ASSIGN(const auto step, login.next(clock.monotonic()));
//     if (step.done()) return step.id_token;
//     sleep(step.wait);
//   }
//
// It waits for nothing but the network; who calls it waits between two steps. For one thread. What
// the provider says is bounded (limits.hpp), and holds no control characters when it comes out of
// here. Tokens and codes stand in no error.
class DeviceLogin {
 public:
  struct Options {
    std::string issuer = {};  // of the provider, byte by byte as in its tokens
    std::string client_id = {};
    std::vector<std::string> scopes = {};  // `openid` is asked for in any case
  };

  // What the person has to do: open the URI, and enter the code.
  struct Prompt {
    std::string user_code = {};
    std::string verification_uri = {};
    std::string verification_uri_complete = {};  // with the code in it; "" when there is none
    std::chrono::seconds expires_in{};
  };

  // What comes next: the ID token, or another call of next() after `wait`.
  struct Step {
    std::chrono::seconds wait{};
    std::string id_token = {};
    std::string fault = {};  // why the last question was not answered; it is asked again
    [[nodiscard]] bool done() const { return !id_token.empty(); }
  };

  // Borrows `random`, which must be unpredictable outside of tests.
  DeviceLogin(Options options, TransportFactory open, Random& random);

  // Asks the provider for its endpoints, and for a code. To be called once, first.
  // unavailable: there is no connection to the provider, or it has a passing fault.
  // denied: it refuses the client or a scope. invalid: the issuer is not one; or the provider
  // offers no device authorization, or its answer breaks a standard. exhausted: so does its length.
  Result<Prompt> begin(Clock::Monotonic now);

  // Asks whether the person has logged in, unless the time that the provider wants to be left
  // alone is not over; the first question comes after a wait, too. A network that fails is no
  // error: the waits become twice as long until an answer comes.
  // denied: the person or the provider refused. expired: nobody logged in before the code's end.
  // invalid, exhausted: the provider's answer breaks a standard, or is too long. After an error or
  // the token, the login is over.
  Result<Step> next(Clock::Monotonic now);

 private:
  Result<HttpResponse> send(std::string_view url, HttpRequest request);
  Result<HttpResponse> post(std::string_view url, const std::string& form);
  Result<void> discover();
  Result<Prompt> authorize(Clock::Monotonic now);
  Step wait_after(Clock::Monotonic now, std::string fault);
  Result<Step> step_after(Clock::Monotonic now, const HttpResponse& response);

  Options options_;
  TransportFactory open_;
  Random& random_;
  std::map<std::string, std::unique_ptr<Transport>, std::less<>> transports_;  // by origin
  ProviderMetadata provider_;
  std::string code_verifier_;  // empty: no PKCE
  std::string device_code_;    // empty: no login is going on
  std::chrono::seconds interval_ = kLoginIntervalDefault;
  int faults_ = 0;  // since the last answer
  Clock::Monotonic ask_at_{};
  Clock::Monotonic ends_at_{};
};

}  // namespace titan::client
