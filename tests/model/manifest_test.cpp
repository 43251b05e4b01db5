#include "model/manifest.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/json.hpp"
#include "model/limits.hpp"
#include "tests/model/random_model.hpp"
#include "tests/model/refusals.hpp"

namespace titan::model {
namespace {

using nlohmann::json;
using titan::testing::expect_refusals;
using titan::testing::RandomModel;

Key deployment_key(const char* name) {
  return {.kind = Kind::deployment, .workspace = "iot", .name = name};
}

DesiredDeployment desired(const char* name) {
  return {.key = deployment_key(name),
          .version = 3,
          .template_name = "device-service",
          .template_digest = Digest::of("template"),
          .driver = "files",
          .files = {{.path = "root/a", .digest = Digest::of("a"), .size = 1}},
          .inputs = Values::from({{"values", {{"n", 1}}}}).value(),
          .desired_digest = Digest::of("desired"),
          .rendered_digest = Digest::of("rendered")};
}

Manifest manifest() {
  return {.host = "tim-pi",
          .bookmark = {.epoch = "0123456789abcdef", .seq = 42},
          .full = true,
          .digest = Digest::of("desired"),
          .deployments = {desired("prod")},
          .tombstones = {{deployment_key("old"), Timestamp::from_micros(1)}},
          .poll_after = std::chrono::seconds(60),
          .time = Timestamp::from_micros(2)};
}

TEST(Manifest, IsReadBackFromItsJson) {
  constexpr std::uint64_t kSeed = 13;
  RandomModel random(kSeed);
  for (int i = 0; i < 500; ++i) {
    const Manifest manifest = random.manifest();
    const std::string text = json_text(manifest);
    const json value = parse_json(text).value();
    ASSERT_EQ(text, canonical_json(value));
    const auto parsed = parse_manifest(value);
    ASSERT_TRUE(parsed.ok()) << "seed " << kSeed << ", " << text << ": " << parsed.error().text();
    ASSERT_EQ(*parsed, manifest) << "seed " << kSeed << ", " << text;
  }
}

TEST(Manifest, IsRefusedWithoutAnyOfItsFields) {
  const json whole = json_of(manifest());
  ASSERT_TRUE(parse_manifest(whole).ok());
  for (const auto& [field, value] : whole.items()) {
    json missing = whole;
    missing.erase(field);
    json null = whole;
    null[field] = nullptr;
    for (const json& edited : {missing, null}) {
      const auto parsed = parse_manifest(edited);
      ASSERT_FALSE(parsed.ok()) << field;
      EXPECT_EQ(parsed.error().field, field);
      EXPECT_EQ(parsed.error().message, "must be given");
    }
  }
}

TEST(Manifest, IsRefusedWithTheFieldNamed) {
  const std::string twice = canonical_json(
      {{"deployments", {json_of(desired("a")), json_of(desired("b")), json_of(desired("a"))}}});
  const std::string wanted_and_gone = canonical_json({{"deployments", {json_of(desired("old"))}}});
  expect_refusals(
      json_of(manifest()),
      {
          {R"([])", "", "expected an object, found an array"},
          {R"({"host": ""})", "host", "must be given"},
          {R"({"host": "../x"})", "host", "\"../x\" is not a name"},
          {R"({"bookmark": ""})", "bookmark", "must be given"},
          {R"({"bookmark": "1"})", "bookmark", "\"1\" is not a bookmark"},
          {R"({"full": "true"})", "full", "expected true or false, found the string \"true\""},
          {R"({"digest": "sha256:"})", "digest", "\"sha256:\" is not a digest"},
          {R"({"deployments": {}})", "deployments", "expected an array, found an object"},
          {R"({"deployments": ["a"]})", "deployments[0]", "expected an object, found the string"},
          {twice, "deployments", "\"default/deployment/iot/a\" stands there twice"},
          {wanted_and_gone, "tombstones", "\"default/deployment/iot/old\" stands there twice"},
          {R"({"tombstones": "none"})", "tombstones", "expected an array, found the string"},
          {R"({"tombstones": [{}]})", "tombstones[0].key", "must be given"},
          {R"({"tombstones": [{"key": "default/deployment/iot/x"}]})", "tombstones[0].deletedTime",
           "must be given"},
          {R"({"tombstones": [{"key": "default/host/x", "deletedTime": "2026-01-01T00:00:00Z"}]})",
           "tombstones[0].key", "expected a deployment's key"},
          {R"({"tombstones": [{"key": "x", "deletedTime": "2026-01-01T00:00:00Z"}]})",
           "tombstones[0].key", "\"x\" is not a key"},
          {R"({"tombstones": [{"key": "default/deployment/iot/x", "deletedTime": "never"}]})",
           "tombstones[0].deletedTime", "\"never\" is not an RFC 3339 time"},
          {R"({"pollAfter": -1})", "pollAfter", "expected a whole number from 0"},
          {R"({"pollAfter": 1.5})", "pollAfter", "expected a whole number from 0"},
          {R"({"time": "12:00"})", "time", "\"12:00\" is not an RFC 3339 time"},
          {R"({"tombstone": []})", "tombstone", "unknown field (did you mean \"tombstones\"?)"},
      },
      &parse_manifest);
}

TEST(Manifest, ListsEachSecretOnceAndInOrder) {
  const json a = {{"name", "db"}, {"key", "a"}, {"digest", Digest::of("1").text()}};
  json b = a;
  b["key"] = "b";
  json sealed = a;
  sealed["sealed"] = "AAAA";
  const auto with = [&](const json& list) {
    json edited = json_of(desired("prod"));
    edited["secrets"] = list;
    return parse_desired_deployment(edited);
  };
  EXPECT_EQ(with(json::array({a, b})).value().secrets.size(), 2U);
  EXPECT_EQ(with(json::array({sealed})).value().secrets.front().sealed, "AAAA");
  EXPECT_EQ(json_of(with(json::array({sealed})).value())["secrets"], json::array({sealed}));
  EXPECT_FALSE(json_of(with(json::array()).value()).contains("secrets"));
  for (const json& list : {json::array({b, a}), json::array({a, sealed})}) {
    const auto refused = with(list);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().field, "secrets");
    EXPECT_EQ(refused.error().message, "expected each once, by name and key");
  }
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"name": "D"})", "secrets[0].name"},
      {R"({"key": "a/b"})", "secrets[0].key"},
      {R"({"digest": null})", "secrets[0].digest"},
      {R"({"sealed": "a b"})", "secrets[0].sealed"},
      {R"({"blob": "x"})", "secrets[0].blob"}};
  for (const auto& [patch, field] : wrong) {
    json edited = a;
    edited.merge_patch(parse_json(patch).value());
    const auto refused = with(json::array({edited}));
    ASSERT_FALSE(refused.ok()) << patch;
    EXPECT_EQ(refused.error().field, field);
  }
}

TEST(Manifest, IsRefusedWhenOneOfItsDeploymentsIs) {
  json edited = json_of(manifest());
  edited["deployments"].push_back(json_of(desired("second")));
  edited["deployments"][1]["template"]["files"][0]["path"] = "/etc/passwd";
  EXPECT_EQ(parse_manifest(edited).error().field, "deployments[1].template.files[0].path");
}

TEST(DesiredDeployment, IsRefusedWithTheFieldNamed) {
  expect_refusals(
      json_of(desired("prod")),
      {
          {R"([])", "", "expected an object, found an array"},
          {R"({"key": null})", "key", "must be given"},
          {R"({"key": "default/target/iot/prod"})", "key", "expected a deployment's key"},
          {R"({"version": null})", "version", "must be given"},
          {R"({"version": "3"})", "version", "expected a whole number from 0"},
          {R"({"driver": null})", "driver", "must be given"},
          {R"({"driver": 5})", "driver", "expected a string, found the number 5"},
          {R"({"inputs": null})", "inputs", "must be given"},
          {R"({"inputs": []})", "inputs", "expected an object, found an array"},
          {R"({"author": []})", "author", "expected an object, found an array"},
          {R"({"author": {"values": {}}})", "author.signatures", "must be given"},
          {R"({"author": {"signatures": [], "values": {}}})", "author.signatures", "expected one"},
          {R"({"author": {"signatures": [5], "values": {}}})", "author.signatures[0]", "expected"},
          {R"({"host": {"signatures": []}})", "host.values", "must be given"},
          {R"({"host": {"signatures": [], "values": []}})", "host.values", "expected an object"},
          {R"({"host": {"signatures": [], "values": {}, "x": 1}})", "host.signatures", "expected"},
          {R"({"health": {"checks": [{"tcp": {}}]}})", "health.checks[0].tcp.address", "must be"},
          {R"({"dependsOn": "a"})", "dependsOn", "expected an array, found the string"},
          {R"({"dependsOn": ["a", "B"]})", "dependsOn[1]", "\"B\" is not a name"},
          {R"({"dependsOn": ["b", "a"]})", "dependsOn", "expected each once, sorted"},
          {R"({"dependsOn": ["a", "a"]})", "dependsOn", "expected each once, sorted"},
          {R"({"driftPolicy": "keep"})", "driftPolicy", "\"keep\" is not a drift policy"},
          {R"({"desiredDigest": null})", "desiredDigest", "must be given"},
          {R"({"desiredDigest": ""})", "desiredDigest", "must be given"},
          {R"({"desiredDigest": ")" + Digest().text() + R"("})", "desiredDigest", "must be given"},
          {R"({"desiredDigest": "x"})", "desiredDigest", "\"x\" is not a digest"},
          {R"({"desiredDigest": 5})", "desiredDigest", "expected a string, found the number 5"},
          {R"({"template": null})", "template", "must be given"},
          {R"({"template": "device-service"})", "template", "expected an object, found the string"},
          {R"({"template": {"name": null}})", "template.name", "must be given"},
          {R"({"template": {"digest": ""}})", "template.digest", "must be given"},
          {R"({"template": {"digest": "x"}})", "template.digest", "\"x\" is not a digest"},
          {R"({"template": {"files": null}})", "template.files", "must be given"},
          {R"({"template": {"files": [{"path": "a"}]}})", "template.files[0].digest",
           "must be given"},
          {R"({"template": {"fils": []}})", "template.fils", "unknown field (did you mean \"file"},
          {R"({"renderedDigest": null})", "renderedDigest", "expected either this or error"},
          {R"({"error": "broken"})", "renderedDigest", "expected either this or error"},
          {R"({"renderdDigest": "x"})", "renderdDigest",
           "unknown field (did you mean \"renderedDigest\"?)"},
      },
      &parse_desired_deployment);
}

TEST(DesiredDeployment, NeedsNoTemplateWhenItCannotBeRendered) {
  const DesiredDeployment broken{.key = deployment_key("prod"),
                                 .version = 1,
                                 .desired_digest = Digest::of("desired"),
                                 .error = "template \"x\" does not exist"};
  const json object = json_of(broken);
  EXPECT_FALSE(object.contains("renderedDigest"));
  EXPECT_EQ(parse_desired_deployment(object).value(), broken);
}

// State files and manifests of before stay byte for byte what they were.
TEST(DesiredDeployment, LeavesOutOfItsJsonWhatIsAsByDefault) {
  const json plain = json_of(desired("prod"));
  for (const char* field : {"health", "dependsOn", "driftPolicy"}) {
    EXPECT_FALSE(plain.contains(field)) << field;
  }
  EXPECT_FALSE(plain["template"]["files"][0].contains("owner"));
  DesiredDeployment edited = desired("prod");
  edited.health.checks = {{.command = {"true"}}};
  edited.depends_on = {"base"};
  edited.drift_policy = DriftPolicy::report;
  edited.files[0].owner = "root";
  json expected = plain;
  expected["health"] = {{"checks", {{{"exec", {"true"}}}}}};
  expected["dependsOn"] = {"base"};
  expected["driftPolicy"] = "report";
  expected["template"]["files"][0]["owner"] = "root";
  EXPECT_EQ(json_of(edited), expected);
}

// Every layer of values may be as large and as deep as it is allowed to be alone.
TEST(DesiredDeployment, TakesInputsOfSeveralFullLayers) {
  json layers = json::object();
  for (const char* layer : {"a", "b", "c", "d"}) {
    layers[layer] = std::string(kValuesBytesMax - 100, 'x');
  }
  json deep = json::object();
  for (std::size_t i = 1; i < kValuesDepthMax; ++i) deep = {{"k", std::move(deep)}};
  layers["e"] = deep["k"];
  Manifest large = manifest();
  large.deployments[0].inputs = Values::from_trusted({{"values", layers}});
  const auto text = parse_json(canonical_json(json_of(large)));
  ASSERT_TRUE(text.ok()) << text.error().text();
  EXPECT_EQ(parse_manifest(*text).value(), large);
}

TEST(DigestOfDesired, ChangesWithEachPartThatItCovers) {
  const auto item = [](const char* name) {
    return DesiredDigest{deployment_key(name), Digest::of(name)};
  };
  const std::vector<DesiredDigest> base = {item("a"), item("b")};
  std::set<Digest> seen = {digest_of_desired(base)};
  const auto expect_new = [&](const char* what, auto edit) {
    auto edited = base;
    edit(edited);
    EXPECT_TRUE(seen.insert(digest_of_desired(edited)).second) << what;
  };
  expect_new("organization", [](auto& list) { list[1].key.organization = "acme"; });
  expect_new("workspace", [](auto& list) { list[1].key.workspace = "web"; });
  expect_new("name", [](auto& list) { list[1].key.name = "c"; });
  expect_new("digest", [](auto& list) { list[1].digest = Digest::of("x"); });
  expect_new("digest of the first", [](auto& list) { list[0].digest = Digest::of("x"); });
  expect_new("digests exchanged", [](auto& list) { std::swap(list[0].digest, list[1].digest); });
  expect_new("one less", [](auto& list) { list.pop_back(); });
  expect_new("none", [](auto& list) { list.clear(); });
  expect_new("one more", [&](auto& list) { list.push_back(item("c")); });
}

// The server and the agents in the field may be of different releases.
TEST(DigestOfDesired, IsTheSameInEveryRelease) {
  EXPECT_EQ(digest_of_desired({}).text(), Digest::of("").text());
  EXPECT_EQ(digest_of_desired({{deployment_key("prod"), Digest::of("x")}}),
            Hasher()
                .add("default/deployment/iot/prod")
                .add("sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
                .finish());
}

}  // namespace
}  // namespace titan::model
