#include "model/health.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "model/drift_policy.hpp"
#include "model/limits.hpp"
#include "model/owner.hpp"
#include "tests/model/refusals.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using titan::testing::expect_refusals;
using CheckKind = HealthCheck::Kind;

Result<Health> parsed(const json& object) {
  return parse_health(object, "health");
}

Result<Health> parsed(const char* text) {
  return parsed(parse_json(text).value());
}

TEST(Health, IsReadWithEachKindOfCheck) {
  const Health health = parsed(R"({"checks": [
      {"exec": ["/usr/bin/test", "-e", ""]},
      {"http": {"url": "http://localhost:8080/health", "status": 204}},
      {"http": {"url": "https://[::1]/"}},
      {"tcp": {"address": "{{host.name}}:1883"}},
      {"systemd": {"unit": "getty@tty1.service"}}],
      "startPeriod": "0s", "interval": "1s", "timeout": "1h", "window": "0s"})")
                            .value();
  const Health expected{
      .checks = {{.kind = CheckKind::exec, .command = {"/usr/bin/test", "-e", ""}},
                 {.kind = CheckKind::http, .url = "http://localhost:8080/health", .status = 204},
                 {.kind = CheckKind::http, .url = "https://[::1]/"},
                 {.kind = CheckKind::tcp, .address = "{{host.name}}:1883"},
                 {.kind = CheckKind::systemd, .unit = "getty@tty1.service"}},
      .start_period = seconds(0),
      .interval = seconds(1),
      .timeout = seconds(3600),
      .window = seconds(0)};
  EXPECT_EQ(health, expected);
  EXPECT_EQ(parsed(json_of(health)).value(), health);
}

TEST(Health, LeavesOutOfItsJsonWhatIsAsByDefault) {
  EXPECT_EQ(canonical_json(json_of(Health())), "{}");
  EXPECT_EQ(parsed("{}").value(), Health());
  const char* text = R"({"checks":[{"tcp":{"address":"localhost:1"}}],"window":"1m30s"})";
  EXPECT_EQ(canonical_json(json_of(parsed(text).value())), text);
}

TEST(Health, IsRefusedWithTheFieldNamed) {
  const auto with_check = [](const char* check) {
    return R"({"checks": [{"exec": ["true"]}, )" + std::string(check) + "]}";
  };
  const std::string second = "health.checks[1]";
  const json many = std::vector<json>(kHealthChecksMax + 1, {{"exec", {"true"}}});
  const json long_command = std::vector<std::string>(kHealthArgumentsMax + 1, "x");
  expect_refusals(
      {{"checks", {{{"exec", {"true"}}}}}},
      {
          {R"([])", "health", "expected an object, found an array"},
          {R"({"checks": {}})", "health.checks", "expected an array, found an object"},
          {canonical_json({{"checks", many}}), "health.checks", "has 17 items, the limit is 16"},
          {R"({"check": []})", "health.check", "unknown field (did you mean \"checks\"?)"},
          {R"({"checks": [], "window": "1s"})", "health.checks", "must be given with the times"},
          {with_check("5"), second, "expected an object, found the number 5"},
          {with_check("{}"), second, "expected one of exec, http, tcp and systemd, found none"},
          {with_check(R"({"exec": ["true"], "tcp": {"address": "a:1"}})"), second,
           "expected one of exec, http, tcp and systemd, found several"},
          {with_check(R"({"exce": ["true"]})"), second + ".exce",
           "unknown field (did you mean \"exec\"?)"},
          {with_check(R"({"exec": "true"})"), second + ".exec", "expected an array"},
          {with_check(R"({"exec": []})"), second + ".exec", "expected a program"},
          {with_check(R"({"exec": [""]})"), second + ".exec[0]", "expected a program, found \"\""},
          {with_check(R"({"exec": ["a", 1]})"), second + ".exec[1]", "expected a string"},
          {with_check(R"({"exec": ["a\u0000"]})"), second + ".exec[0]", "holds a NUL character"},
          {canonical_json({{"checks", {{{"exec", long_command}}}}}), "health.checks[0].exec",
           "has 65 items, the limit is 64"},
          {with_check(R"({"http": {}})"), second + ".http.url", "must be given"},
          {with_check(R"({"http": "http://a"})"), second + ".http", "expected an object"},
          {with_check(R"({"http": {"url": "ftp://a"}})"), second + ".http.url",
           "expected a URL of http:// or https://, found \"ftp://a\""},
          {with_check(R"({"http": {"url": "http://"}})"), second + ".http.url", "expected a URL"},
          {with_check(R"({"http": {"url": "http:///x"}})"), second + ".http.url", "expected a URL"},
          {with_check(R"({"http": {"url": "http://a b"}})"), second + ".http.url",
           "expected a URL"},
          {with_check(R"({"http": {"url": "http://a", "status": 99}})"), second + ".http.status",
           "expected a number from 100 to 599, found 99"},
          {with_check(R"({"http": {"url": "http://a", "status": 600}})"), second + ".http.status",
           "expected a number from 100 to 599, found 600"},
          {with_check(R"({"tcp": {"address": "localhost"}})"), second + ".tcp.address",
           "expected HOST:PORT, found \"localhost\""},
          {with_check(R"({"tcp": {"address": "a:0"}})"), second + ".tcp.address", "expected HOST"},
          {with_check(R"({"tcp": {"address": "a:65536"}})"), second + ".tcp.address", "expected H"},
          {with_check(R"({"tcp": {"address": ":1"}})"), second + ".tcp.address", "expected HOST"},
          {with_check(R"({"tcp": {"address": "::1:1"}})"), second + ".tcp.address", "expected HO"},
          {with_check(R"({"tcp": {"port": 1}})"), second + ".tcp.address", "must be given"},
          {with_check(R"({"systemd": {"unit": "--all"}})"), second + ".systemd.unit",
           "expected the name of a unit, found \"--all\""},
          {with_check(R"({"systemd": {"unit": "a b"}})"), second + ".systemd.unit", "expected the"},
          {with_check(R"({"systemd": {"unit": "a*"}})"), second + ".systemd.unit", "expected the"},
          {R"({"startPeriod": "61m"})", "health.startPeriod", "is 1h1m, the limit is 1h"},
          {R"({"startPeriod": 30})", "health.startPeriod", "expected a string, found the number"},
          {R"({"interval": "0s"})", "health.interval", "\"0s\" is not a duration"},
          {R"({"timeout": "0s"})", "health.timeout", "\"0s\" is not a duration"},
          {R"({"timeout": ""})", "health.timeout", "\"\" is not a duration"},
          {R"({"window": "2h"})", "health.window", "is 2h, the limit is 1h"},
      },
      [](const json& object) { return parsed(object); });
}

TEST(Health, ShowsAndTakesEachTextThatCounts) {
  Health health{.checks = {{.kind = CheckKind::exec, .command = {"a", "b"}, .url = "not shown"},
                           {.kind = CheckKind::http, .url = "c"},
                           {.kind = CheckKind::tcp, .address = "d"},
                           {.kind = CheckKind::systemd, .unit = "e"}}};
  std::string seen;
  const auto visited = for_each_text(health, [&](const std::string& place, std::string& text) {
    seen += place + "=" + text + " ";
    text += "!";
    return Result<void>();
  });
  EXPECT_TRUE(visited.ok());
  EXPECT_EQ(seen,
            "health.checks[0].exec[0]=a health.checks[0].exec[1]=b health.checks[1].http.url=c "
            "health.checks[2].tcp.address=d health.checks[3].systemd.unit=e ");
  EXPECT_EQ(health.checks[0].command[1], "b!");
  EXPECT_EQ(health.checks[3].unit, "e!");
}

TEST(Health, IsCheckedAgainOnceItsPlaceholdersAreFilled) {
  const Health before = parsed(R"({"checks": [{"tcp": {"address": "{{x}}:{{y}}"}}]})").value();
  EXPECT_FALSE(check_texts(before).ok());
  Health filled = before;
  filled.checks[0].address = "localhost:80";
  EXPECT_TRUE(check_texts(filled).ok());
  filled.checks[0] = {.kind = CheckKind::exec, .command = {"a", std::string(4097, 'x')}};
  EXPECT_EQ(check_texts(filled).error().text(),
            "health.checks[0].exec[1]: is 4097 bytes long, the limit is 4096");
}

TEST(DriftPolicy, IsOneOfTwoWords) {
  for (const DriftPolicy policy : {DriftPolicy::heal, DriftPolicy::report}) {
    EXPECT_EQ(parse_drift_policy(text_of(policy)).value(), policy);
  }
  EXPECT_EQ(parse_drift_policy("Heal").error().text(),
            "\"Heal\" is not a drift policy: expected \"heal\" or \"report\"");
}

TEST(Owner, IsAUserAndPerhapsAGroup) {
  const std::string longest(32, 'x');
  const std::tuple<std::string, std::string, std::string> cases[] = {
      {"root", "root", ""},
      {"_a-b_9:0", "_a-b_9", "0"},
      {"0:www-data", "0", "www-data"},
      {"4294967294", "4294967294", ""},
      {longest, longest, ""}};
  for (const auto& [text, user, group] : cases) {
    const auto owner = Owner::parse(text);
    ASSERT_TRUE(owner.ok()) << text;
    EXPECT_EQ(owner->user, user);
    EXPECT_EQ(owner->group, group);
  }
  for (const std::string& text :
       {std::string(), std::string(":"), std::string("a:"), std::string(":a"), std::string("a:b:c"),
        std::string("Root"), std::string("-a"), std::string("9a"), std::string("a b"),
        std::string("ä"), std::string("4294967295"), std::string("99999999999999999999"),
        std::string("-1"), longest + "x"}) {
    const auto refused = Owner::parse(text);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  }
}

}  // namespace
}  // namespace titan::model
