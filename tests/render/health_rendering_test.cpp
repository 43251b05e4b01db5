#include "render/health_rendering.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace titan::render {
namespace {

using model::Health;
using nlohmann::json;
using Kind = model::HealthCheck::Kind;

const json kInputs = {{"values", {{"port", 8080}, {"path", "a&b\"c"}, {"none", nullptr}}},
                      {"host", {{"name", "tim-pi"}}}};

Health url(const std::string& text) {
  return {.checks = {{.kind = Kind::http, .url = text}}};
}

TEST(HealthRendering, FillsEachTextWithoutEscaping) {
  const Health health{
      .checks = {{.kind = Kind::exec, .command = {"/bin/{{host.name}}", "{{values.path}}"}},
                 {.kind = Kind::http,
                  .url = "http://{{host.name}}:{{values.port}}/",
                  .status = 204},
                 {.kind = Kind::tcp, .address = "localhost:{{values.port}}"},
                 {.kind = Kind::systemd, .unit = "{{host.name}}.service"}},
      .window = std::chrono::seconds(3)};
  const Health rendered = render_health(health, kInputs).value();
  Health expected = health;
  expected.checks[0].command = {"/bin/tim-pi", "a&b\"c"};
  expected.checks[1].url = "http://tim-pi:8080/";
  expected.checks[2].address = "localhost:8080";
  expected.checks[3].unit = "tim-pi.service";
  EXPECT_EQ(rendered, expected);
}

TEST(HealthRendering, IsRefusedWithThePlaceNamed) {
  Health third{
      .checks = std::vector<model::HealthCheck>(2, {.kind = Kind::systemd, .unit = "a.service"})};
  third.checks.push_back({.kind = Kind::http, .url = "http://{{values.prot}}/"});
  const std::string unknown = render_health(third, kInputs).error().text();
  EXPECT_TRUE(unknown.starts_with("health.checks[2].http.url:1:8: ")) << unknown;
  EXPECT_NE(unknown.find("did you mean \"values.port\""), std::string::npos) << unknown;
  const std::pair<Health, const char*> cases[] = {
      {url("http://{{values.none}}"), "health.checks[0].http.url:1:8: "},
      {url("http://{{values}}"), "health.checks[0].http.url:1:8: "},
      {url("http://{{{values}}}"), "health.checks[0].http.url:1:8: "},
      {url("http://{{> x}}"), "health.checks[0].http.url:1:8: "},
      {url("http://{{#values"), "health.checks[0].http.url:1:8: "},
      {url("{{host.name}}"), "health.checks[0].http.url: expected a URL"},
      {{.checks = {{.kind = Kind::exec, .command = {"{{#no}}x{{/no}}"}}}},
       "health.checks[0].exec[0]: expected a program"},
  };
  for (const auto& [health, message] : cases) {
    const auto refused = render_health(health, kInputs);
    ASSERT_FALSE(refused.ok()) << message;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_TRUE(refused.error().text().starts_with(message)) << refused.error().text();
  }
}

TEST(HealthRendering, NeverHoldsTheValueOfASecret) {
  json inputs = kInputs;
  inputs["values"]["password"] = {{"$secret", "db"}, {"key", "password"}};
  for (const char* text : {"http://a/{{values.password}}", "http://a/{{{values.password}}}"}) {
    const auto refused = render_health(url(text), inputs);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().text(),
              "health.checks[0].http.url:1:10: \"values.password\" is the value of a secret, which "
              "may not stand here");
  }
  EXPECT_EQ(render_health(url("http://a/{{#values.password}}x{{/values.password}}"), inputs)
                .value()
                .checks[0]
                .url,
            "http://a/x");
}

TEST(HealthRendering, FindsWhatDoesNotCompileBeforeThereAreInputs) {
  EXPECT_TRUE(compile_health(url("http://{{values.unknown}}")).ok());
  const std::string refused = compile_health(url("http://{{a")).error().text();
  EXPECT_TRUE(refused.starts_with("health.checks[0].http.url:1:8: ")) << refused;
}

TEST(HealthRendering, TellsWhichInputsItAsksFor) {
  InputNames names;
  add_names_to(names, url("http://{{values.port}}"));
  json other = kInputs;
  other["host"]["name"] = "nuc";
  EXPECT_EQ(names.digest_of(other), names.digest_of(kInputs));
  other["values"]["port"] = 1;
  EXPECT_NE(names.digest_of(other), names.digest_of(kInputs));
}

}  // namespace
}  // namespace titan::render
