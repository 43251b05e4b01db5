#include "server-lite/oidc/id_token.hpp"

#include <gtest/gtest.h>

#include "tests/server-lite/oidc/oidc_fixture.hpp"

namespace titan::oidc::testing {
namespace {

using nlohmann::json;

constexpr std::int64_t kNow = ::titan::testing::FakeClock::kStartMicros / 1'000'000;

Result<IdToken> read(const json& changes, const OidcOptions& options = test_options()) {
  json claims = {{"iss", kIssuer},
                 {"aud", "titan"},
                 {"sub", "248289761001"},
                 {"exp", kNow + 300},
                 {"iat", kNow}};
  claims.update(changes);
  return read_id_token(claims, options, ::titan::testing::FakeClock().wall());
}

TEST(IdToken, SaysWhoItIsAndUntilWhen) {
  const auto token =
      read({{"preferred_username", "ada"}, {"email", "ada@example.org"}, {"groups", {"a", "b"}}})
          .value();
  EXPECT_EQ(token.subject, "248289761001");
  EXPECT_EQ(token.name, "ada");
  EXPECT_EQ(token.groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(token.expires.micros(), (kNow + 300) * 1'000'000);
}

TEST(IdToken, HasTheNameThatIsMostReadable) {
  struct Row {
    json claims;
    const char* name;
  };
  const Row kRows[] = {
      {json::object(), "248289761001"},
      {{{"email", "ada@example.org"}}, "ada@example.org"},
      {{{"email", "ada@example.org"}, {"email_verified", true}}, "ada@example.org"},
      {{{"email", "ada@example.org"}, {"email_verified", false}}, "248289761001"},
      {{{"email", "ada@example.org"}, {"email_verified", "true"}}, "248289761001"},
      {{{"preferred_username", ""}, {"email", "ada@example.org"}}, "ada@example.org"},
      {{{"preferred_username", 5}}, "248289761001"},
      {{{"preferred_username", "ada\x1b[2J"}}, "248289761001"},
      {{{"preferred_username", std::string(256, 'a')}}, "248289761001"},
      {{{"preferred_username", "Ада"}}, "Ада"},
  };
  for (const Row& row : kRows) EXPECT_EQ(read(row.claims).value().name, row.name) << row.claims;
}

TEST(IdToken, TakesTimesWithinTheLeeway) {
  const json kRows[] = {{{"exp", kNow - 59}}, {{"exp", kNow - 58.5}},    {{"nbf", kNow + 60}},
                        {{"iat", kNow + 60}}, {{"iat", kNow - 3660}},    {{"iat", kNow + 0.25}},
                        {{"nbf", 0}},         {{"exp", 253'402'300'799}}};
  for (const json& row : kRows) EXPECT_TRUE(read(row).ok()) << row;
}

TEST(IdToken, TakesAudiencesThatNameUs) {
  const json kRows[] = {{{"aud", {"titan"}}},
                        {{"azp", "titan"}},
                        {{"aud", {"other", "titan"}}, {"azp", "titan"}},
                        {{"aud", {"titan", "titan"}}, {"azp", "titan"}}};
  for (const json& row : kRows) EXPECT_TRUE(read(row).ok()) << row;
}

TEST(IdToken, ReadsGroupsFromTheClaimThatIsConfigured) {
  auto options = test_options();
  options.groups_claim = "https://example.org/roles";
  const auto groups = [&](const json& claims) { return read(claims, options).value().groups; };
  EXPECT_EQ(groups({{"https://example.org/roles", "ops"}}), (std::vector<std::string>{"ops"}));
  EXPECT_EQ(groups({{"https://example.org/roles", {"ops"}}}), (std::vector<std::string>{"ops"}));
  EXPECT_TRUE(groups({{"https://example.org/roles", json::array()}}).empty());
  EXPECT_TRUE(groups({{"groups", {"admins"}}}).empty());
}

}  // namespace
}  // namespace titan::oidc::testing
