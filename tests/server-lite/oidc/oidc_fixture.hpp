#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

#include "server-lite/oidc/oidc_provider.hpp"
#include "tests/server-lite/oidc/signing_key.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/faults.hpp"

namespace titan::oidc::testing {

inline const std::string kIssuer = "https://id.example.org";
inline const std::string kDiscoveryUrl = kIssuer + "/.well-known/openid-configuration";
inline const std::string kKeysUrl = kIssuer + "/keys";

// A provider's pages, by URL. Records the URLs that were asked for. For one thread, unless
// `meanwhile` holds threads apart itself.
class FakeUrlFetcher final : public UrlFetcher {
 public:
  void page(const std::string& url, HttpResponse response) { pages_[url] = std::move(response); }
  ::titan::testing::Faults& faults() { return faults_; }
  // What happens while somebody waits for an answer.
  std::function<void()> meanwhile;

  Result<HttpResponse> get(std::string_view url) override {
    TITAN_TRY(faults_.call(std::string(url)));
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    const auto found = pages_.find(url);
    return found == pages_.end() ? HttpResponse{404} : found->second;
  }

 private:
  std::map<std::string, HttpResponse, std::less<>> pages_;
  ::titan::testing::Faults faults_;
};

// Made once for all tests of the program: making RSA keys takes time.
struct Keys {
  ::titan::testing::SigningKey rsa = ::titan::testing::SigningKey::rsa("rsa-1");
  ::titan::testing::SigningKey ec = ::titan::testing::SigningKey::ec("ec-1");
  ::titan::testing::SigningKey ed = ::titan::testing::SigningKey::ed25519("ed-1");
  // Not in the provider's set.
  ::titan::testing::SigningKey foreign_rsa = ::titan::testing::SigningKey::rsa("foreign");
  ::titan::testing::SigningKey foreign_ec = ::titan::testing::SigningKey::ec("foreign");
  ::titan::testing::SigningKey foreign_ed = ::titan::testing::SigningKey::ed25519("foreign");
};

inline const Keys& keys() {
  static const Keys kKeys;
  return kKeys;
}

inline OidcOptions test_options() {
  return {.issuer = kIssuer, .client_id = "titan"};
}

// A provider with three keys, and the server's view of it.
class OidcTest : public ::testing::Test {
 protected:
  OidcTest() {
    fetcher_.page(kDiscoveryUrl,
                  {.body = R"({"issuer":")" + kIssuer + R"(","jwks_uri":")" + kKeysUrl + "\"}"});
    publish({keys().rsa.jwk(), keys().ec.jwk(), keys().ed.jwk()});
  }

  void publish(std::initializer_list<nlohmann::json> set) {
    fetcher_.page(kKeysUrl, {.body = ::titan::testing::jwks_text(set)});
  }
  [[nodiscard]] std::int64_t now_seconds() const { return clock_.wall().micros() / 1'000'000; }
  [[nodiscard]] nlohmann::json claims() const {
    return {{"iss", kIssuer},
            {"aud", "titan"},
            {"sub", "248289761001"},
            {"exp", now_seconds() + 300},
            {"iat", now_seconds()},
            {"preferred_username", "ada"},
            {"groups", {"iot", "operators"}}};
  }
  Result<IdToken> verify(const std::string& token) {
    return provider_.verify(token, clock_.wall(), clock_.monotonic());
  }

  ::titan::testing::FakeClock clock_;
  FakeUrlFetcher fetcher_;
  OidcProvider provider_{test_options(), fetcher_};
};

}  // namespace titan::oidc::testing
