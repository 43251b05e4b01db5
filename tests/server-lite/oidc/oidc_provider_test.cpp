#include "server-lite/oidc/oidc_provider.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "server-lite/oidc/limits.hpp"
#include "tests/server-lite/oidc/oidc_fixture.hpp"

namespace titan::oidc::testing {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using ::titan::testing::SigningKey;

class OidcProviderTest : public OidcTest {
 protected:
  [[nodiscard]] std::size_t fetches() {
    return static_cast<std::size_t>(std::ranges::count(fetcher_.faults().calls(), kKeysUrl));
  }
  void metadata(const std::string& text) { fetcher_.page(kDiscoveryUrl, {.body = text}); }
};

TEST_F(OidcProviderTest, TakesATokenOfEachAlgorithm) {
  for (const SigningKey* key : {&keys().rsa, &keys().ec, &keys().ed}) {
    const auto token = verify(key->token(claims()));
    ASSERT_TRUE(token.ok()) << key->algorithm() << token.error().text();
    EXPECT_EQ(token->subject, "248289761001");
    EXPECT_EQ(token->name, "ada");
    EXPECT_EQ(token->groups, (std::vector<std::string>{"iot", "operators"}));
  }
}

TEST_F(OidcProviderTest, TakesHeadersThatSayLittleOrMuch) {
  const auto& key = keys().ec;
  for (const json& header :
       {json{{"alg", "ES256"}}, json{{"alg", "ES256"}, {"kid", "ec-1"}, {"typ", "jwt"}},
        json{{"alg", "ES256"}, {"x5t", "a"}, {"x5t#S256", "b"}, {"x", {1}}}}) {
    EXPECT_TRUE(verify(key.token(header, claims())).ok()) << header;
  }
}

TEST_F(OidcProviderTest, AsksForTheKeysOnceAnHour) {
  const std::string token = keys().ec.token(claims());
  EXPECT_EQ(fetches(), 0U);
  ASSERT_TRUE(verify(token).ok());
  ASSERT_TRUE(verify(token).ok());
  EXPECT_EQ(fetcher_.faults().calls(), (std::vector<std::string>{kDiscoveryUrl, kKeysUrl}));
  clock_.advance(kKeysAgeMax - seconds(1));
  ASSERT_TRUE(verify(keys().ec.token(claims())).ok());
  EXPECT_EQ(fetches(), 1U);
  clock_.advance(seconds(1));
  ASSERT_TRUE(verify(keys().ec.token(claims())).ok());
  EXPECT_EQ(fetches(), 2U);
}

TEST_F(OidcProviderTest, FindsTheNewKeysAfterARotation) {
  ASSERT_TRUE(verify(keys().ec.token(claims())).ok());
  publish({keys().foreign_rsa.jwk(), keys().foreign_ec.renamed("ec-2").jwk()});
  clock_.advance(kRefetchPause);
  EXPECT_TRUE(verify(keys().foreign_rsa.token(claims())).ok());
  EXPECT_EQ(fetches(), 2U);
  // What the provider does not list any more counts no longer.
  EXPECT_EQ(verify(keys().ec.token(claims())).error().code, ErrorCode::denied);
}

TEST_F(OidcProviderTest, FindsANewKeyUnderTheNameOfAnOldOneWithinAnHour) {
  ASSERT_TRUE(verify(keys().ec.token(claims())).ok());
  const auto other = keys().foreign_ec.renamed("ec-1");
  publish({other.jwk()});
  clock_.advance(kRefetchPause);
  EXPECT_EQ(verify(other.token(claims())).error().code, ErrorCode::denied);
  clock_.advance(kKeysAgeMax);
  EXPECT_TRUE(verify(other.token(claims())).ok());
}

TEST_F(OidcProviderTest, AsksAtMostOnceAMinuteForKeysThatAreNotKnown) {
  const std::string stranger = keys().foreign_ec.token(claims());
  ASSERT_TRUE(verify(keys().ec.token(claims())).ok());
  for (int second = 0; second < 60; ++second) {
    EXPECT_EQ(verify(stranger).error().code, ErrorCode::denied);
    EXPECT_EQ(fetches(), 1U);
    clock_.advance(seconds(1));
  }
  for (int second = 0; second < 120; ++second) {
    EXPECT_EQ(verify(stranger).error().code, ErrorCode::denied);
    clock_.advance(seconds(1));
  }
  EXPECT_EQ(fetches(), 3U);
  EXPECT_TRUE(verify(keys().ec.token(claims())).ok());
}

TEST_F(OidcProviderTest, AsksNobodyForATokenThatCannotBeOne) {
  const std::string token = keys().ec.token(claims());
  for (const std::string& bad :
       {std::string("x"), token + "=", keys().ec.token({{"alg", "none"}}, claims())}) {
    EXPECT_EQ(verify(bad).error().code, ErrorCode::denied);
  }
  EXPECT_EQ(fetcher_.faults().count(), 0U);
}

TEST_F(OidcProviderTest, AsksNobodyAnewForABadSignature) {
  ASSERT_TRUE(verify(keys().ec.token(claims())).ok());
  clock_.advance(kRefetchPause);
  EXPECT_FALSE(verify(keys().foreign_ec.renamed("ec-1").token(claims())).ok());
  EXPECT_EQ(fetches(), 1U);
}

TEST_F(OidcProviderTest, RefusesATokenThatFitsSeveralKeys) {
  publish({keys().ec.jwk(), keys().foreign_ec.jwk()});
  const auto outcome = verify(keys().ec.token({{"alg", "ES256"}}, claims()));
  ASSERT_FALSE(outcome.ok());
  EXPECT_NE(outcome.error().message.find("has to name one"), std::string::npos);
  EXPECT_TRUE(verify(keys().ec.token(claims())).ok());
}

struct ProviderFault {
  const char* name;
  std::function<void(FakeUrlFetcher&)> prepare;
  const char* message;
};

std::vector<ProviderFault> provider_faults() {
  const auto metadata = [](std::string text) {
    return [text = std::move(text)](FakeUrlFetcher& fetcher) {
      fetcher.page(kDiscoveryUrl, {.body = text});
    };
  };
  const auto key_set = [](HttpResponse response) {
    return [response = std::move(response)](FakeUrlFetcher& fetcher) {
      fetcher.page(kKeysUrl, response);
    };
  };
  const std::string ours = "\"issuer\":\"" + kIssuer + "\"";
  return {
      {"no connection",
       [](FakeUrlFetcher& fetcher) { fetcher.faults().fail_from(1, unavailable("no network")); },
       "no network"},
      {"no connection for the keys",
       [](FakeUrlFetcher& fetcher) { fetcher.faults().fail_from(2, unavailable("no network")); },
       "no network"},
      {"too much",
       [](FakeUrlFetcher& fetcher) { fetcher.faults().fail_from(1, exhausted("long")); }, "long"},
      {"no metadata", [](FakeUrlFetcher& fetcher) { fetcher.page(kDiscoveryUrl, {404}); }, "404"},
      {"a redirect", [](FakeUrlFetcher& fetcher) { fetcher.page(kDiscoveryUrl, {302}); }, "302"},
      {"empty metadata", metadata(""), ""},
      {"a page", metadata("<html></html>"), ""},
      {"a list", metadata("[]"), "no JSON object"},
      {"no issuer", metadata("{}"), "issuer"},
      {"another issuer", metadata(R"({"issuer":"https://evil.example.org"})"),
       "expected \"https://id.example.org\""},
      {"issuer with a slash", metadata(R"({"issuer":"https://id.example.org/"})"), "issuer"},
      {"two issuers", metadata("{" + ours + "," + ours + "}"), ""},
      {"no keys", metadata("{" + ours + "}"), "jwks_uri"},
      {"keys in the open", metadata("{" + ours + R"(,"jwks_uri":"http://id.example.org/keys"})"),
       "not encrypted"},
      {"keys on this machine", metadata("{" + ours + R"(,"jwks_uri":"http://127.0.0.1/keys"})"),
       "not encrypted, but the issuer is"},
      {"keys in a file", metadata("{" + ours + R"(,"jwks_uri":"file:///etc/passwd"})"), "jwks_uri"},
      {"keys as a number", metadata("{" + ours + R"(,"jwks_uri":5})"), "jwks_uri"},
      {"key set missing", key_set({500}), "500"},
      {"key set empty", key_set({.body = R"({"keys":[]})"}), "no key that can be used"},
      {"key set broken", key_set({.body = "{"}), ""},
      {"key set too long", key_set({.body = std::string(300UL << 10U, ' ')}), ""},
  };
}

TEST(OidcProvider, SaysThatItsProviderHasAFaultAndComesBackAfterAPause) {
  for (const auto& [name, prepare, message] : provider_faults()) {
    ::titan::testing::FakeClock clock;
    FakeUrlFetcher fetcher;
    const auto publish_good = [&] {
      fetcher.page(kDiscoveryUrl,
                   {.body = R"({"issuer":")" + kIssuer + R"(","jwks_uri":")" + kKeysUrl + "\"}"});
      fetcher.page(kKeysUrl, {.body = ::titan::testing::jwks_text({keys().ed.jwk()})});
    };
    publish_good();
    prepare(fetcher);
    OidcProvider provider(test_options(), fetcher);
    const auto now = clock.wall().micros() / 1'000'000;
    const std::string token = keys().ed.token(
        {{"iss", kIssuer}, {"aud", "titan"}, {"sub", "1"}, {"exp", now + 300}, {"iat", now}});
    const auto verify = [&] { return provider.verify(token, clock.wall(), clock.monotonic()); };

    const auto outcome = verify();
    ASSERT_FALSE(outcome.ok()) << name;
    EXPECT_EQ(outcome.error().code, ErrorCode::unavailable) << name;
    EXPECT_NE(outcome.error().text().find(message), std::string::npos)
        << name << ": " << outcome.error().text();
    const auto asked = fetcher.faults().count();
    EXPECT_EQ(verify().error().code, ErrorCode::unavailable) << name;
    EXPECT_EQ(fetcher.faults().count(), asked) << name;

    fetcher.faults().reset();
    publish_good();
    clock.advance(kFaultPause);
    EXPECT_TRUE(verify().ok()) << name;
  }
}

TEST_F(OidcProviderTest, KeepsItsKeysWhileTheProviderIsAway) {
  ASSERT_TRUE(verify(keys().ec.token(claims())).ok());
  fetcher_.faults().fail_from(1, unavailable("no network"));
  clock_.advance(kRefetchPause);
  EXPECT_EQ(verify(keys().foreign_ec.token(claims())).error().code, ErrorCode::unavailable);
  EXPECT_TRUE(verify(keys().ec.token(claims())).ok());
  clock_.advance(kKeysAgeMax);
  EXPECT_EQ(verify(keys().ec.token(claims())).error().code, ErrorCode::unavailable);
}

TEST_F(OidcProviderTest, LetsNobodyWaitForAnotherThreadsFetch) {
  const std::string token = keys().ec.token(claims());
  Result<IdToken> other = internal("was not called");
  fetcher_.meanwhile = [&] { std::thread([&] { other = verify(token); }).join(); };
  EXPECT_TRUE(verify(token).ok());
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::unavailable);
  EXPECT_EQ(fetches(), 1U);
}

TEST_F(OidcProviderTest, KnowsTokensOnManyThreadsAtOnce) {
  const std::string good = keys().ec.token(claims());
  const std::string bad = keys().foreign_ec.renamed("ec-1").token(claims());
  ASSERT_TRUE(verify(good).ok());
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        if (!verify(good).ok() || verify(bad).ok()) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace titan::oidc::testing
