#include "model/entity.hpp"

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

TEST(Entity, IsReadBackFromItsJson) {
  constexpr std::uint64_t kSeed = 7;
  RandomModel random(kSeed);
  for (const Kind kind : kKinds) {
    for (int i = 0; i < 300; ++i) {
      const Entity entity = random.entity(kind);
      const std::string text = canonical_json(json_of(entity));
      const auto parsed = parse_entity(parse_json(text).value());
      ASSERT_TRUE(parsed.ok()) << "seed " << kSeed << ", " << text << ": " << parsed.error().text();
      ASSERT_EQ(*parsed, entity) << "seed " << kSeed << ", " << text;
      EXPECT_EQ(canonical_json(json_of(*parsed)), text);
    }
  }
}

TEST(Entity, ShowsEveryFieldInItsJson) {
  const Entity entity{.id = "an-id",
                      .name = "prod",
                      .workspace = "iot",
                      .created_time = Timestamp::from_micros(1),
                      .modified_time = Timestamp::from_micros(2),
                      .revision = 3,
                      .version = 4,
                      .spec = DeploymentSpec{.workload = "w", .target = "t"},
                      .status = Status::error,
                      .reason = {"broken"},
                      .tags = {{"owner", "tim"}},
                      .deleting = true};
  EXPECT_EQ(canonical_json(json_of(entity)),
            R"({"createdTime":"1970-01-01T00:00:00.000001Z","delete":true,"id":"an-id",)"
            R"("kind":"Deployment","modifiedTime":"1970-01-01T00:00:00.000002Z","name":"prod",)"
            R"("organizationId":"default","reason":["broken"],"revision":3,)"
            R"("spec":{"target":"t","workload":"w"},"status":"ERROR","tags":{"owner":"tim"},)"
            R"("version":4,"workspace":"iot"})");
  EXPECT_FALSE(json_of(Entity{.name = "tim-pi", .spec = HostSpec{}}).contains("workspace"));
}

TEST(Entity, ShowsWhenItWasDeletedOnlyOnceItWas) {
  const Entity gone{.name = "tim-pi",
                    .spec = HostSpec{},
                    .status = Status::deleted,
                    .deleted_time = Timestamp::from_micros(1)};
  EXPECT_EQ(json_of(gone)["deletedTime"], "1970-01-01T00:00:00.000001Z");
  EXPECT_FALSE(json_of(Entity{.name = "tim-pi", .spec = HostSpec{}}).contains("deletedTime"));
}

TEST(Entity, NeedsNoMoreThanKindNameAndWhatItsSpecNeeds) {
  const auto host = parse_entity({{"kind", "Host"}, {"name", "tim-pi"}});
  EXPECT_EQ(host.value(), (Entity{.name = "tim-pi", .spec = HostSpec{}}));
  const auto workload = parse_entity({{"kind", "Workload"}, {"name", "w"}, {"spec", nullptr}});
  EXPECT_EQ(workload.value(),
            (Entity{.name = "w", .workspace = "default", .spec = WorkloadSpec{}}));
}

TEST(Entity, HasTheKindOfItsSpec) {
  RandomModel random(8);
  for (const Kind kind : kKinds) {
    const Entity entity = random.entity(kind);
    EXPECT_EQ(entity.kind(), kind);
    EXPECT_EQ(entity.key(), (Key{.organization = entity.organization,
                                 .kind = kind,
                                 .workspace = entity.workspace,
                                 .name = entity.name}));
    EXPECT_EQ(Key::parse(entity.key().text()).value(), entity.key());
  }
}

TEST(Entity, IsRefusedWithTheFieldNamed) {
  json many_tags = json::object();
  for (std::size_t i = 0; i <= kLabelsMax; ++i) many_tags["t" + std::to_string(i)] = "";
  const json valid = {{"kind", "Workload"}, {"name", "w"}, {"workspace", "iot"}};
  const json many_reasons(kReasonsMax + 1, "why");
  expect_refusals(
      valid,
      {
          {R"([])", "", "expected an object, found an array"},
          {R"({"kind": null})", "kind", "must be given"},
          {R"({"kind": ""})", "kind", "must be given"},
          {R"({"kind": 5})", "kind", "expected a string, found the number 5"},
          {R"({"kind": "workload"})", "kind", "\"workload\" is not a kind: expected one of"},
          {R"({"name": null})", "name", "must be given"},
          {R"({"name": "W"})", "name", "\"W\" is not a name"},
          {R"({"name": "wörk"})", "name", "\"wörk\" is not a name"},
          {R"({"name": "w\u0000"})", "name", "holds a NUL character"},
          {R"({"workspace": "a/b"})", "workspace", "\"a/b\" is not a name"},
          {R"({"kind": "Host"})", "workspace", "a host is in no workspace"},
          {R"({"organizationId": "A"})", "organizationId", "\"A\" is not a name"},
          {R"({"organizationId": ""})", "organizationId", "\"\" is not a name"},
          {R"({"id": 1})", "id", "expected a string, found the number 1"},
          {R"({"createdTime": "now"})", "createdTime", "\"now\" is not an RFC 3339 time"},
          {R"({"modifiedTime": 0})", "modifiedTime", "expected a string, found the number 0"},
          {R"({"revision": -1})", "revision", "expected a whole number from 0"},
          {R"({"revision": 9223372036854775808})", "revision", "expected a whole number from 0"},
          {R"({"version": 1e300})", "version", "expected a whole number from 0"},
          {R"({"status": "READY "})", "status", "\"READY \" is not a status"},
          {R"({"reason": "why"})", "reason", "expected an array, found the string \"why\""},
          {R"({"reason": [null]})", "reason[0]", "expected a string, found null"},
          {R"({"reason": ["\u0000"]})", "reason[0]", "holds a NUL character"},
          {canonical_json({{"reason", many_reasons}}), "reason", "has 65 items, the limit is 64"},
          {R"({"tags": {"owner": 5}})", "tags.owner", "expected a string, found the number 5"},
          {R"({"tags": {"a b": ""}})", "tags", "\"a b\" is not a label key"},
          {R"({"tags": {"owner": "\u0000"}})", "tags.owner", "holds a NUL character"},
          {canonical_json({{"tags", many_tags}}), "tags", "has 65 entries, the limit is 64"},
          {R"({"deletedTime": "now", "status": "DELETED"})", "deletedTime",
           "\"now\" is not an RFC 3339 time"},
          {R"({"deletedTime": "2026-01-01T00:00:00Z"})", "deletedTime",
           "goes only with the status DELETED"},
          {R"({"deletedTime": "2026-01-01T00:00:00Z", "status": "DELETING"})", "deletedTime",
           "goes only with the status DELETED"},
          {R"({"delete": "no"})", "delete", "expected true or false, found the string \"no\""},
          {R"({"spec": []})", "spec", "expected an object, found an array"},
          {R"({"spec": {"reppo": ""}})", "spec.reppo", "unknown field (did you mean \"repo\"?)"},
          {R"({"spce": {}})", "spce", "unknown field (did you mean \"spec\"?)"},
          {R"({"tag": {}})", "tag", "unknown field (did you mean \"tags\"?)"},
      },
      &parse_entity);
}

TEST(Entity, IsNamedByItsErrorsAsSoonAsItsNamesAreKnown) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"kind": "Deployment", "name": "prod"})", "deployment default/prod"},
      {R"({"kind": "Deployment", "name": "prod", "workspace": "iot", "tag": 1})",
       "deployment iot/prod"},
      {R"({"kind": "Host", "name": "tim-pi", "tag": 1})", "host tim-pi"},
      {R"({"kind": "Host", "name": "tim-pi", "workspace": "iot"})", ""},
      {R"({"kind": "Host", "name": "Tim Pi"})", ""},
      {R"({"kind": "Workload", "name": "w", "workspace": "A"})", ""},
      {R"({"kind": "Deploymnt", "name": "prod"})", ""},
      {R"({"kind": "Host"})", ""},
  };
  for (const auto& [text, subject] : cases) {
    const auto parsed = parse_entity(parse_json(text).value());
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().subject, subject) << text;
  }
}

std::set<std::string> reference_texts(const Entity& entity) {
  std::set<std::string> texts;
  for (const auto& [field, key] : references_of(entity)) texts.insert(field + " " + key.text());
  return texts;
}

TEST(ReferencesOfAnEntity, AreWhatItsSpecNames) {
  using Texts = std::set<std::string>;
  const auto entity = [](Spec spec, const char* workspace) {
    return Entity{
        .name = "e", .organization = "acme", .workspace = workspace, .spec = std::move(spec)};
  };
  EXPECT_EQ(reference_texts(entity(WorkspaceSpec{}, "")), Texts());
  EXPECT_EQ(reference_texts(entity(HostSpec{}, "")), Texts());
  EXPECT_EQ(reference_texts(entity(TemplateSpec{}, "")), Texts());
  EXPECT_EQ(reference_texts(entity(TargetSpec{.labels = {{"a", "b"}}}, "iot")), Texts());
  EXPECT_EQ(reference_texts(entity(WorkloadSpec{}, "iot")), Texts());
  EXPECT_EQ(reference_texts(entity(WorkloadSpec{.default_template = "t"}, "iot")),
            Texts({"spec.template acme/template/t"}));
  EXPECT_EQ(reference_texts(entity(
                DeploymentSpec{
                    .workload = "w", .template_name = "t", .target = "x", .depends_on = {"b", "a"}},
                "iot")),
            Texts({"spec.workload acme/workload/iot/w", "spec.template acme/template/t",
                   "spec.target acme/target/iot/x", "spec.dependsOn acme/deployment/iot/a",
                   "spec.dependsOn acme/deployment/iot/b"}));
  EXPECT_EQ(reference_texts(entity(AssignmentSpec{.deployment = "d", .host = "h"}, "iot")),
            Texts({"spec.deployment acme/deployment/iot/d", "spec.host acme/host/h"}));
  const Values values = Values::from({{"a", {{"$secret", "db"}, {"key", "x"}}},
                                      {"b", {{"$secret", "db"}, {"key", "y"}}},
                                      {"c", {{"$secret", "tls"}, {"key", "x"}}}})
                            .value();
  const Texts secrets({"spec.values acme/secret/iot/db", "spec.values acme/secret/iot/tls"});
  EXPECT_EQ(reference_texts(entity(WorkloadSpec{.values = values}, "iot")), secrets);
  EXPECT_EQ(references_of(entity(DeploymentSpec{.values = values}, "iot")).size(), 2U);
}

TEST(ReferencesOfAnEntity, AreOfKindsThatCanBeCreatedBeforeIt) {
  RandomModel random(9);
  for (int i = 0; i < 500; ++i) {
    const Entity entity = random.entity();
    for (const Reference& reference : references_of(entity)) {
      EXPECT_LE(creation_place(reference.key.kind), creation_place(entity.kind()));
      EXPECT_EQ(reference.key.workspace.empty(), !in_workspace(reference.key.kind));
    }
  }
}

}  // namespace
}  // namespace titan::model
