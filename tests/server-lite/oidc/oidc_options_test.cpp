#include "server-lite/oidc/oidc_options.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace titan::oidc {
namespace {

const std::string kHead = "issuer: https://id.example.org\nclientId: titan\n";

TEST(OidcOptions, ReadsTheWholeFile) {
  const auto options = parse_oidc_options(kHead +
                                          "scopes: [openid, profile]\n"
                                          "groupsClaim: roles\n"
                                          "rules:\n"
                                          "  - group: titan-admins\n"
                                          "    role: admin\n"
                                          "  - group: CN=IoT Developers\n"
                                          "    role: developer\n"
                                          "    workspace: iot\n"
                                          "    organization: default\n")
                           .value();
  EXPECT_EQ(options.issuer, "https://id.example.org");
  EXPECT_EQ(options.client_id, "titan");
  EXPECT_EQ(options.scopes, (std::vector<std::string>{"openid", "profile"}));
  EXPECT_EQ(options.groups_claim, "roles");
  ASSERT_EQ(options.rules.size(), 2U);
  EXPECT_EQ(options.rules[0], (OidcOptions::Rule{"titan-admins", {.role = "admin"}}));
  EXPECT_EQ(options.rules[1],
            (OidcOptions::Rule{"CN=IoT Developers", {"developer", "iot", "default"}}));
}

TEST(OidcOptions, HasDefaultsForWhatIsLeftOut) {
  const auto options = parse_oidc_options(kHead).value();
  EXPECT_EQ(options.scopes, (std::vector<std::string>{"openid"}));
  EXPECT_EQ(options.groups_claim, "groups");
  EXPECT_TRUE(options.rules.empty());
}

TEST(OidcOptions, RefusesAFileWithAMistakeAndNamesTheField) {
  struct Row {
    std::string text;
    const char* field;
    const char* message;
  };
  const auto rule = [](const std::string& text) { return kHead + "rules:\n  - " + text + "\n"; };
  const Row kRows[] = {
      {"clientId: titan\n", "issuer", ""},
      {"issuer: https://id.example.org\n", "clientId", ""},
      {"issuer: http://id.example.org\nclientId: titan\n", "issuer", "not encrypted"},
      {"issuer: id.example.org\nclientId: titan\n", "issuer", "neither https nor http"},
      {"issuer: https://id.example.org/?a=b\nclientId: titan\n", "issuer", "query"},
      {kHead + "clientSecret: x\n", "clientSecret", "unknown field"},
      {kHead + "groupClaim: x\n", "groupClaim", "groupsClaim"},
      {kHead + "scopes: openid\n", "scopes", "expected"},
      {kHead + "scopes: [profile]\n", "scopes", "\"openid\" is missing"},
      {kHead + "scopes: []\n", "scopes", "\"openid\" is missing"},
      {kHead + "scopes: [openid, a b]\n", "scopes", "no scope"},
      {kHead + "rules: {}\n", "rules", "expected"},
      {kHead + "rules: [admins]\n", "rules[0]", "expected"},
      {rule("{group: a}"), "rules[0].role", ""},
      {rule("{role: admin}"), "rules[0].group", ""},
      {rule("{group: a, role: Admin}"), "rules[0].role", "did you mean \"admin\""},
      {rule("{group: a, role: root}"), "rules[0].role", "expected viewer, developer"},
      {rule("{group: a, role: admin, workspace: IoT}"), "rules[0].workspace", ""},
      {rule("{group: a, role: admin, organization: a/b}"), "rules[0].organization", ""},
      {rule("{group: a, role: admin, workspaces: [iot]}"), "rules[0].workspaces", "unknown field"},
      {rule("{group: a, role: admin}\n  - {group: a, role: admin}"), "rules[1]", "twice"},
      {"", "", "0 documents"},
      {kHead + "---\n" + kHead, "", "2 documents"},
      {"- a\n", "", ""},
  };
  for (const Row& row : kRows) {
    const auto options = parse_oidc_options(row.text);
    ASSERT_FALSE(options.ok()) << row.text;
    EXPECT_EQ(options.error().code, ErrorCode::invalid) << row.text;
    EXPECT_EQ(options.error().field, row.field) << row.text << options.error().text();
    EXPECT_NE(options.error().message.find(row.message), std::string::npos)
        << row.text << options.error().text();
  }
  EXPECT_EQ(parse_oidc_options(std::string(2UL << 20U, ' ')).error().code, ErrorCode::exhausted);
}

TEST(OidcOptions, GrantsWhatTheRulesOfAllGroupsSay) {
  OidcOptions options;
  options.rules = {{"ops", {"platform", "", ""}},
                   {"iot", {"developer", "iot", ""}},
                   {"lab", {"developer", "iot", ""}},
                   {"iot", {"viewer", "", ""}}};
  using Grants = std::vector<Grant>;
  EXPECT_EQ(options.grants_of({}), Grants{});
  EXPECT_EQ(options.grants_of({"nobody", "OPS", "op", "ops "}), Grants{});
  EXPECT_EQ(options.grants_of({"ops"}), (Grants{{"platform", "", ""}}));
  EXPECT_EQ(options.grants_of({"lab", "iot", "iot"}),
            (Grants{{"developer", "iot", ""}, {"viewer", "", ""}}));
}

}  // namespace
}  // namespace titan::oidc
