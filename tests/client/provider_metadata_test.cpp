#include "client/provider_metadata.hpp"

#include <gtest/gtest.h>

#include "client/limits.hpp"

namespace titan::client {
namespace {

constexpr const char* kIssuer = "https://id.example.org/realm";

TEST(ProviderMetadata, StandBelowTheIssuer) {
  const std::string kKnown = "/.well-known/openid-configuration";
  EXPECT_EQ(ProviderMetadata::url_of("https://id.example.org").value(),
            "https://id.example.org" + kKnown);
  EXPECT_EQ(ProviderMetadata::url_of("https://id.example.org/realm").value(),
            "https://id.example.org/realm" + kKnown);
  EXPECT_EQ(ProviderMetadata::url_of("https://id.example.org/realm/").value(),
            "https://id.example.org/realm" + kKnown);
  for (const char* issuer : {"", "http://id.example.org", "https://id.example.org/?a=b"}) {
    EXPECT_EQ(ProviderMetadata::url_of(issuer).error().field, "issuer") << issuer;
  }
}

TEST(ProviderMetadata, GiveTheEndpoints) {
  const auto metadata = ProviderMetadata::parse(
                            R"({"issuer":"https://id.example.org/realm",
      "jwks_uri":"https://keys.example.org/keys",
      "token_endpoint":"https://id.example.org/token",
      "device_authorization_endpoint":"https://id.example.org/device",
      "code_challenge_methods_supported":["plain","S256"],"unknown":{"a":[1]}})",
                            kIssuer)
                            .value();
  EXPECT_EQ(metadata.issuer, kIssuer);
  EXPECT_EQ(metadata.jwks_uri, "https://keys.example.org/keys");
  EXPECT_EQ(metadata.token_endpoint, "https://id.example.org/token");
  EXPECT_EQ(metadata.device_authorization_endpoint, "https://id.example.org/device");
  EXPECT_TRUE(metadata.takes_s256);
}

TEST(ProviderMetadata, MayLackEndpoints) {
  const auto metadata =
      ProviderMetadata::parse(R"({"issuer":"https://id.example.org/realm"})", kIssuer).value();
  EXPECT_EQ(metadata.jwks_uri, "");
  EXPECT_FALSE(metadata.takes_s256);
}

TEST(ProviderMetadata, AreRefusedWithTheFieldThatIsWrong) {
  struct Row {
    std::string text;
    const char* field;
  };
  const auto with = [](const std::string& rest) {
    return R"({"issuer":"https://id.example.org/realm",)" + rest + "}";
  };
  const Row kRows[] = {
      {"", ""},
      {"null", ""},
      {R"({"issuer":"https://id.example.org/realm/"})", "issuer"},
      {R"({"issuer":["https://id.example.org/realm"]})", "issuer"},
      {with(R"("token_endpoint":"http://id.example.org/token")"), "token_endpoint"},
      {with(R"("token_endpoint":"http://127.0.0.1/token")"), "token_endpoint"},
      {with(R"("token_endpoint":7)"), "token_endpoint"},
      {with(R"("device_authorization_endpoint":"/device")"), "device_authorization_endpoint"},
      {with(R"("jwks_uri":"https://user@id.example.org/")"), "jwks_uri"},
  };
  for (const Row& row : kRows) {
    const auto metadata = ProviderMetadata::parse(row.text, kIssuer);
    ASSERT_FALSE(metadata.ok()) << row.text;
    EXPECT_EQ(metadata.error().code, ErrorCode::invalid) << row.text;
    EXPECT_EQ(metadata.error().field, row.field) << row.text;
  }
  EXPECT_EQ(
      ProviderMetadata::parse(std::string(kProviderAnswerBytesMax + 1, ' '), kIssuer).error().code,
      ErrorCode::exhausted);
}

}  // namespace
}  // namespace titan::client
