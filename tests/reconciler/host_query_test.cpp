#include "reconciler/host_query.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "reconciler/delivery.hpp"
#include "tests/reconciler/fleet_builder.hpp"

namespace titan::reconciler {
namespace {

using titan::testing::deployment_key;
using titan::testing::FleetBuilder;
using titan::testing::host_key;
using titan::testing::make_assignment;
using titan::testing::make_deployment;
using titan::testing::make_host;
using titan::testing::make_reference;
using titan::testing::make_secret;
using titan::testing::make_target;
using titan::testing::make_template;
using titan::testing::make_workload;

constexpr std::string_view kQueryEpoch = "0123456789abcdef";

// Two hosts, two deployments: "prod" reaches the lab, "test" reaches everything with a name.
class HostQuery : public ::testing::Test {
 protected:
  HostQuery() {
    builder_.put(make_host("pi", {{"site", "lab"}, {"name", "pi"}}));
    builder_.put(make_host("nuc", {{"site", "shop"}, {"name", "nuc"}}));
    builder_.put(make_template("service"));
    builder_.put(make_template("tool"));
    builder_.put(make_workload("sensor"));
    builder_.put(make_target("lab", {{"site", "lab"}}));
    model::Entity named = make_target("named", {});
    std::get<model::TargetSpec>(named.spec).selector = model::LabelSelector::parse("name").value();
    builder_.put(named);
    builder_.put(make_deployment("prod", "sensor", "service", "lab"));
    builder_.put(make_deployment("test", "sensor", "tool", "named"));
  }

  HostChanges ask(const std::string& host, std::optional<std::uint64_t> since) {
    std::optional<model::Bookmark> bookmark;
    if (since) bookmark = model::Bookmark{std::string(kQueryEpoch), *since};
    return changes_for_host(builder_.fleet(), kQueryEpoch, host_key(host), bookmark).value();
  }

  // "prod test -old": what came, and after a minus what has to go.
  static std::string text(const HostChanges& changes) {
    std::string text = changes.full ? "full:" : "";
    for (const auto& form : changes.changed) text += " " + form.key.name;
    for (const auto& tombstone : changes.tombstones) text += " -" + tombstone.key.name;
    return text;
  }

  FleetBuilder builder_;
};

TEST_F(HostQuery, WithoutABookmarkGivesEverything) {
  EXPECT_EQ(text(ask("pi", std::nullopt)), "full: prod test");
  EXPECT_EQ(text(ask("nuc", std::nullopt)), "full: test");
}

TEST_F(HostQuery, GivesEverythingForAForeignEpochOrASequenceFromTheFuture) {
  const auto ask_with = [&](const model::Bookmark& bookmark) {
    return changes_for_host(builder_.fleet(), kQueryEpoch, host_key("pi"), bookmark).value().full;
  };
  EXPECT_TRUE(ask_with({"fedcba9876543210", 5}));
  EXPECT_TRUE(ask_with({std::string(kQueryEpoch), builder_.head() + 1}));
  EXPECT_FALSE(ask_with({std::string(kQueryEpoch), builder_.head()}));
}

TEST_F(HostQuery, GivesNothingWhenNothingChanged) {
  const HostChanges changes = ask("pi", builder_.head());
  EXPECT_TRUE(changes.nothing_new());
  EXPECT_EQ(changes.seq, builder_.head());
}

TEST_F(HostQuery, TellsHowADeploymentIsKeptWellAndWhenThatIsNew) {
  const model::DesiredDeployment plain = ask("pi", std::nullopt).changed[0];
  EXPECT_EQ(plain.health, model::Health());
  EXPECT_TRUE(plain.depends_on.empty());
  EXPECT_EQ(plain.drift_policy, model::DriftPolicy::heal);

  const auto news = [&](const model::Entity& entity) {
    const std::uint64_t since = builder_.head();
    builder_.put(entity);
    const HostChanges changes = ask("pi", since);
    EXPECT_EQ(text(changes), " prod");
    return changes.changed.at(0);
  };
  model::Entity prod = builder_.at(deployment_key("prod"));
  auto& spec = std::get<model::DeploymentSpec>(prod.spec);
  spec.depends_on = {"test", "base"};
  EXPECT_EQ(news(prod).depends_on, (std::vector<std::string>{"base", "test"}));
  spec.drift_policy = model::DriftPolicy::report;
  EXPECT_EQ(news(prod).drift_policy, model::DriftPolicy::report);

  model::Entity service = make_template("service");
  auto& source = std::get<model::TemplateSpec>(service.spec);
  source.health.checks = {{.kind = model::HealthCheck::Kind::systemd, .unit = "a.service"}};
  EXPECT_EQ(news(service).health, source.health);
  source.files[0].owner = "root";
  EXPECT_EQ(news(service).files[0].owner, "root");
}

TEST_F(HostQuery, TellsWhoSignedAndBringsANewSignature) {
  const auto signature = [](std::uint64_t serial) {
    return model::AuthorSignatures{{PublicKey(), serial, Signature()}};
  };
  const auto values = [](const char* name) { return model::Values::from({{name, 1}}).value(); };
  model::Entity pi = builder_.at(host_key("pi"));
  auto& host = std::get<model::HostSpec>(pi.spec);
  host.values = values("host");
  host.signatures = signature(1);
  std::uint64_t since = builder_.put(pi).seq;
  const auto unsigned_ = ask("pi", std::nullopt).changed[0];
  EXPECT_FALSE(unsigned_.author || unsigned_.host);
  // Of deployments that nobody signed a host's signature is no news.
  host.signatures = signature(2);
  builder_.put(pi);
  EXPECT_TRUE(ask("pi", since).nothing_new());

  model::Entity prod = builder_.at(deployment_key("prod"));
  auto& spec = std::get<model::DeploymentSpec>(prod.spec);
  spec.values = values("own");
  spec.signatures = signature(3);
  since = builder_.put(prod).seq;
  const HostChanges changes = ask("pi", since - 1);
  ASSERT_EQ(text(changes), " prod");
  const model::SignedValues own{signature(3), values("own")};
  const model::SignedValues of_host{signature(2), values("host")};
  EXPECT_EQ(changes.changed[0].author, own);
  EXPECT_EQ(changes.changed[0].host, of_host);
  EXPECT_EQ(changes.changed[0].inputs.json()["values"], nlohmann::json({{"own", 1}, {"host", 1}}));

  spec.signatures = signature(4);
  since = builder_.put(prod).seq;
  EXPECT_EQ(text(ask("pi", since - 1)), " prod");
  host.signatures = signature(5);
  builder_.put(pi);
  EXPECT_EQ(text(ask("pi", since)), " prod");
  host.signatures.clear();
  since = builder_.put(pi).seq;
  const HostChanges without = ask("pi", since - 1);
  ASSERT_EQ(text(without), " prod");
  EXPECT_FALSE(without.changed[0].host);
}

TEST_F(HostQuery, RefusesAHostThatDoesNotExist) {
  const auto changes = changes_for_host(builder_.fleet(), kQueryEpoch, host_key("gone"), {});
  ASSERT_FALSE(changes);
  EXPECT_EQ(changes.error().code, ErrorCode::not_found);
}

// What an edit brings to host pi that knew everything before it.
struct Edit {
  const char* name;
  std::function<void(FleetBuilder&)> make;
  const char* expected;
};

TEST_F(HostQuery, EachSortOfEditBringsWhatItTouchesAndNothingElse) {
  model::Entity deployment = make_deployment("prod", "sensor", "service", "lab");
  model::Entity with_values = deployment;
  std::get<model::DeploymentSpec>(with_values.spec).values =
      model::Values::from({{"interval", 5}}).value();
  model::Entity deleting = with_values;
  deleting.deleting = true;
  model::Entity host_values = make_host("pi", {{"site", "lab"}, {"name", "pi"}});
  std::get<model::HostSpec>(host_values.spec).values = model::Values::from({{"x", 1}}).value();
  model::Entity ready = host_values;
  ready.status = model::Status::ready;

  const std::vector<Edit> edits = {
      {"a template", [](auto& b) { b.put(make_template("service", "y")); }, " prod"},
      {"another template", [](auto& b) { b.put(make_template("tool", "y")); }, " test"},
      {"an unused template", [](auto& b) { b.put(make_template("idle")); }, ""},
      {"the workload", [](auto& b) { b.put(make_workload("sensor", "other")); }, " prod test"},
      {"the deployment's values", [&](auto& b) { b.put(with_values); }, " prod"},
      {"the host's values", [&](auto& b) { b.put(host_values); }, " prod test"},
      {"the host's status", [&](auto& b) { b.put(ready); }, ""},
      {"another host", [](auto& b) { b.put(make_host("nuc", {})); }, ""},
      {"labels: out of the lab",
       [](auto& b) {
         b.put(make_host("pi", {{"site", "shop"}, {"name", "pi"}}));
       },
       " test -prod"},
      {"labels: back",
       [](auto& b) {
         b.put(make_host("pi", {{"site", "lab"}, {"name", "pi"}}));
       },
       " prod test"},
      {"the target leaves",
       [](auto& b) {
         b.put(make_target("lab", {{"site", "x"}}));
       },
       " -prod"},
      {"the target comes back",
       [](auto& b) {
         b.put(make_target("lab", {{"site", "lab"}}));
       },
       " prod"},
      {"deletion is asked for", [&](auto& b) { b.put(deleting); }, " -prod"},
      {"deletion is confirmed", [&](auto& b) { b.remove(deployment.key()); }, ""},
      {"the name is used again", [&](auto& b) { b.put(deployment); }, " prod"},
      {"the deployment goes at once", [&](auto& b) { b.remove(deployment.key()); }, " -prod"},
  };
  for (const Edit& edit : edits) {
    const std::uint64_t before = builder_.head();
    edit.make(builder_);
    EXPECT_EQ(text(ask("pi", before)), edit.expected) << edit.name;
    EXPECT_EQ(text(ask("pi", before)), edit.expected) << edit.name << ", asked again";
  }
}

TEST_F(HostQuery, ThereAndBackAgainIsNoNews) {
  const std::uint64_t before = builder_.head();
  builder_.put(make_host("pi", {{"site", "shop"}, {"name", "pi"}}));
  builder_.put(make_host("pi", {{"site", "lab"}, {"name", "pi"}}));
  EXPECT_EQ(text(ask("pi", before)), "");
}

TEST_F(HostQuery, WhoeverWasToldBetweenThereAndBackAgainIsToldToComeBack) {
  const std::uint64_t before = builder_.head();
  builder_.put(make_host("pi", {{"site", "shop"}, {"name", "pi"}}));
  const std::uint64_t between = builder_.head();
  builder_.put(make_host("pi", {{"site", "lab"}, {"name", "pi"}}));
  EXPECT_EQ(text(ask("pi", before)), "");
  EXPECT_EQ(text(ask("pi", between)), " prod test");
  EXPECT_EQ(text(ask("pi", before)), "");
}

TEST_F(HostQuery, WhatIsNotNewIsFoundAtOnceTheSecondTime) {
  const std::uint64_t before = builder_.head();
  model::Entity host = builder_.at(host_key("pi"));
  std::get<model::HostSpec>(host.spec).capacity = 3;
  builder_.put(host);
  const HostRecord& record = *builder_.fleet().find_host(host_key("pi"));
  EXPECT_FALSE(record.nothing_new_since(before));
  EXPECT_TRUE(ask("pi", before).nothing_new());
  EXPECT_TRUE(record.nothing_new_since(before));
  EXPECT_TRUE(record.nothing_new_since(builder_.head()));
  builder_.put(make_template("service", "y"));
  EXPECT_FALSE(record.nothing_new_since(before));
}

TEST_F(HostQuery, AChangeElsewhereLeavesAHostAtRest) {
  const std::uint64_t before = builder_.head();
  builder_.put(make_host("other", {{"site", "lab"}}));
  builder_.put(make_template("service", "y"));
  builder_.put(make_target("lab", {{"site", "lab"}, {"tier", "db"}}));
  EXPECT_TRUE(builder_.fleet().find_host(host_key("nuc"))->nothing_new_since(before));
  EXPECT_FALSE(builder_.fleet().find_host(host_key("pi"))->nothing_new_since(before));
}

// So many that it is cheaper to mark every host than to find out which.
TEST_F(HostQuery, ATemplateThatManyDeploymentsUseIsNewsForAllTheirHosts) {
  constexpr int kHosts = 20;
  constexpr int kDeploymentsEach = 5;
  for (int i = 0; i < kHosts; ++i) {
    const std::string host = "h" + std::to_string(i);
    builder_.put(make_host(host, {{"rack", host}}));
    for (int j = 0; j < kDeploymentsEach; ++j) {
      const std::string name = host + "-" + std::to_string(j);
      builder_.put(make_target(name, {{"rack", host}}));
      builder_.put(make_deployment(name, "sensor", "tool", name));
    }
  }
  const std::uint64_t before = builder_.head();
  builder_.put(make_template("tool", "y"));
  for (int i = 0; i < kHosts; ++i) {
    EXPECT_EQ(ask("h" + std::to_string(i), before).changed.size(), kDeploymentsEach) << i;
  }
  EXPECT_EQ(text(ask("pi", before)), " test");
}

TEST_F(HostQuery, AHostOfAnotherOrganizationIsReachedByNothingOfThisOne) {
  model::Entity theirs = make_host("pi", {{"site", "lab"}, {"name", "pi"}});
  theirs.organization = "acme";
  const std::uint64_t before = builder_.head();
  builder_.put(theirs);
  const Fleet& fleet = builder_.fleet();
  const EntityRecord& prod = *fleet.find(deployment_key("prod"));
  EXPECT_TRUE(reaches(fleet, prod, *fleet.find_host(host_key("pi")), fleet.head()));
  EXPECT_FALSE(reaches(fleet, prod, *fleet.find_host(theirs.key()), fleet.head()));
  const auto changes = changes_for_host(fleet, kQueryEpoch, theirs.key(), {});
  EXPECT_EQ(text(*changes), "full:");
  EXPECT_TRUE(fleet.find_host(host_key("pi"))->nothing_new_since(before));
}

TEST_F(HostQuery, BelowTheHorizonEverythingIsNews) {
  const std::uint64_t before = builder_.head();
  builder_.put(make_host("pi", {{"site", "shop"}, {"name", "pi"}}));
  builder_.forget_before(builder_.head());
  EXPECT_EQ(text(ask("pi", before)), "full: test");
  EXPECT_EQ(text(ask("pi", builder_.head())), "");
}

TEST_F(HostQuery, WithReplicasADeploymentReachesTheHostsThatItIsAssignedTo) {
  builder_.put(make_host("spare", {{"site", "lab"}}));
  model::Entity prod = make_deployment("prod", "sensor", "service", "lab");
  std::get<model::DeploymentSpec>(prod.spec).replicas = 1;
  const auto news_of = [&](const char* host, const std::function<void()>& write) {
    const std::uint64_t before = builder_.head();
    write();
    return text(ask(host, before));
  };
  const auto put = [&](model::Entity entity) { return [this, entity] { builder_.put(entity); }; };
  EXPECT_EQ(news_of("pi", put(prod)), " -prod");
  EXPECT_EQ(news_of("pi", put(make_assignment("one", "prod", "pi"))), " prod");
  EXPECT_EQ(news_of("pi", put(make_assignment("two", "prod", "pi"))), "");
  EXPECT_EQ(news_of("pi", put(make_assignment("one", "prod", "spare"))), "");
  EXPECT_EQ(news_of("pi", put(make_assignment("two", "test", "pi"))), " -prod");
  EXPECT_EQ(text(ask("spare", std::nullopt)), "full: prod");
  std::get<model::DeploymentSpec>(prod.spec).replicas = {};
  EXPECT_EQ(news_of("pi", put(prod)), " prod");
}

TEST_F(HostQuery, ATombstoneSaysWhenTheDeploymentLeft) {
  const std::uint64_t before = builder_.head();
  const auto change = builder_.put(make_target("lab", {{"site", "elsewhere"}}));
  builder_.put(make_template("tool", "later"));
  builder_.put(make_target("lab", {{"site", "farther"}}));
  model::Entity host = builder_.at(host_key("pi"));
  std::get<model::HostSpec>(host.spec).capacity = 3;
  builder_.put(host);
  const HostChanges changes = ask("pi", before);
  ASSERT_EQ(changes.tombstones.size(), 1U);
  EXPECT_EQ(changes.tombstones[0].deleted_time, change.time);
}

TEST_F(HostQuery, LaysTheLayersOfValuesOverEachOther) {
  const auto values = [](const nlohmann::json& json) { return model::Values::from(json).value(); };
  model::Entity service = make_template("service");
  std::get<model::TemplateSpec>(service.spec).defaults =
      values({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"deep", {{"x", 1}, {"y", 1}}}});
  model::Entity sensor = make_workload("sensor");
  std::get<model::WorkloadSpec>(sensor.spec).values = values({{"b", 2}, {"c", 2}, {"d", 2}});
  model::Entity prod = make_deployment("prod", "sensor", "service", "lab");
  std::get<model::DeploymentSpec>(prod.spec).values =
      values({{"c", 3}, {"d", 3}, {"deep", {{"y", 3}}}, {"list", {1, 2}}});
  model::Entity pi = make_host("pi", {{"site", "lab"}});
  std::get<model::HostSpec>(pi.spec).values = values({{"d", 4}, {"list", {9}}});
  for (const auto& entity : {service, sensor, prod, pi}) builder_.put(entity);

  const nlohmann::json inputs = ask("pi", std::nullopt).changed.at(0).inputs.json();
  EXPECT_EQ(inputs["values"],
            nlohmann::json::parse(R"({"a":1,"b":2,"c":3,"d":4,"deep":{"x":1,"y":3},"list":[9]})"));
  EXPECT_EQ(inputs["host"], nlohmann::json::parse(R"({"name":"pi","labels":{"site":"lab"}})"));
  EXPECT_EQ(inputs["deployment"]["name"], "prod");
  EXPECT_EQ(inputs["workload"]["repo"], "repo");
}

TEST_F(HostQuery, ADeploymentWithoutItsTemplateIsHeldWithTheReason) {
  builder_.put(make_deployment("broken", "sensor", "nowhere", "named"));
  const HostChanges changes = ask("nuc", std::nullopt);
  ASSERT_EQ(changes.changed.size(), 2U);
  EXPECT_EQ(changes.changed[0].error, "template \"nowhere\" does not exist");
}

// Between two deployments of one name, each at version 1, only what is missing tells the forms
// apart.
TEST_F(HostQuery, AHeldDeploymentIsNewsWhenTheReasonIsAnother) {
  builder_.put(make_deployment("broken", "nobody", "service", "named"));
  const std::uint64_t before = builder_.head();
  builder_.put(make_template("service", "nobody sees this through what is missing"));
  EXPECT_EQ(text(ask("nuc", before)), "");
  builder_.remove(deployment_key("broken"));
  builder_.put(make_deployment("broken", "nobody-else", "service", "named"));
  const HostChanges changes = ask("nuc", before);
  EXPECT_EQ(text(changes), " broken");
  EXPECT_EQ(changes.changed.at(0).error, "workload \"nobody-else\" does not exist");
}

// "db/password=v1": which value of which secret, where the test knows what the digests are of.
std::string secrets_text(const HostChanges& changes) {
  std::string text;
  for (const auto& form : changes.changed) {
    text += " " + form.key.name + (form.error.empty() ? ":" : "! " + form.error);
    for (const auto& use : form.secrets) {
      text += " " + use.name + "/" + use.key;
      for (const char* value : {"v1", "v2"}) {
        if (use.digest == Digest::of(value)) text += std::string("=") + value;
      }
    }
  }
  return text;
}

TEST_F(HostQuery, TellsWhichSecretsADeploymentUsesAndBringsANewValue) {
  model::Entity deployment = make_deployment("prod", "sensor", "service", "lab");
  std::get<model::DeploymentSpec>(deployment.spec).values = make_reference("db", "password");
  model::Entity secret = make_secret("db", "password", "v1");
  auto& data = std::get<model::SecretSpec>(secret.spec).data;
  data["unused"] = {.digest = Digest::of("v1"), .blob = Digest::of("b")};
  builder_.put(secret);
  const auto before = builder_.put(deployment);
  EXPECT_EQ(secrets_text(ask("pi", before.seq - 1)), " prod: db/password=v1");
  EXPECT_EQ(
      ask("pi", before.seq - 1).changed.front().inputs.json()["values"]["password"]["$secret"],
      "db");

  data["password"].digest = Digest::of("v2");
  const auto rotated = builder_.put(secret);
  EXPECT_EQ(secrets_text(ask("pi", before.seq)), " prod: db/password=v2");
  EXPECT_EQ(text(ask("nuc", before.seq)), "");
  data["unused"].digest = Digest::of("v2");
  builder_.put(secret);
  EXPECT_EQ(text(ask("pi", rotated.seq)), "");  // a value that nobody asks for
}

TEST_F(HostQuery, BringsTheSecretsOfAWorkloadToAllThatRunIt) {
  model::Entity workload = make_workload("sensor");
  std::get<model::WorkloadSpec>(workload.spec).values = make_reference("db", "password");
  builder_.put(make_secret("db", "password", "v1"));
  const auto before = builder_.put(workload);
  builder_.put(make_secret("db", "password", "v2"));
  EXPECT_EQ(secrets_text(ask("pi", before.seq)), " prod: db/password=v2 test: db/password=v2");
  EXPECT_EQ(secrets_text(ask("nuc", before.seq)), " test: db/password=v2");
}

TEST_F(HostQuery, ListsNoSecretThatAStrongerLayerHides) {
  model::Entity workload = make_workload("sensor");
  std::get<model::WorkloadSpec>(workload.spec).values = make_reference("db", "password");
  model::Entity deployment = make_deployment("prod", "sensor", "service", "lab");
  std::get<model::DeploymentSpec>(deployment.spec).values = make_reference("other", "password");
  builder_.put(make_secret("db", "password", "v1"));
  builder_.put(make_secret("other", "password", "v2"));
  builder_.put(workload);
  builder_.put(deployment);
  EXPECT_EQ(secrets_text(ask("pi", std::nullopt)), " prod: other/password=v2 test: db/password=v1");
  model::Entity host = make_host("pi", {{"site", "lab"}, {"name", "pi"}});
  std::get<model::HostSpec>(host.spec).values =
      model::Values::from({{"password", "on the host"}}).value();
  builder_.put(host);
  EXPECT_EQ(secrets_text(ask("pi", std::nullopt)), " prod: test:");
}

TEST_F(HostQuery, ADeploymentWithoutItsSecretIsHeldWithTheReason) {
  model::Entity deployment = make_deployment("prod", "sensor", "service", "lab");
  std::get<model::DeploymentSpec>(deployment.spec).values = make_reference("db", "password");
  builder_.put(deployment);
  EXPECT_EQ(secrets_text(ask("pi", std::nullopt)), " prod! secret \"db\" does not exist test:");
  const auto other = builder_.put(make_secret("db", "user", "v1"));
  EXPECT_EQ(secrets_text(ask("pi", other.seq - 1)), " prod! secret \"db\" has no key \"password\"");
  EXPECT_EQ(missing_references(builder_.fleet(), deployment),
            std::vector<std::string>{"secret \"db\" has no key \"password\""});
  const auto made = builder_.put(make_secret("db", "password", "v1"));
  EXPECT_EQ(secrets_text(ask("pi", made.seq - 1)), " prod: db/password=v1");
  EXPECT_TRUE(missing_references(builder_.fleet(), deployment).empty());
}

TEST_F(HostQuery, ASecretOfAnotherWorkspaceIsAnotherOne) {
  model::Entity deployment = make_deployment("prod", "sensor", "service", "lab");
  std::get<model::DeploymentSpec>(deployment.spec).values = make_reference("db", "password");
  builder_.put(deployment);
  model::Entity secret = make_secret("db", "password", "v1");
  secret.workspace = "other";
  const auto made = builder_.put(secret);
  EXPECT_EQ(text(ask("pi", made.seq - 1)), "");
}

TEST_F(HostQuery, TheManifestHoldsTheNewsAndADigestOfTheWhole) {
  const std::vector<model::DesiredDeployment> all_before = ask("pi", std::nullopt).changed;
  const std::uint64_t before = builder_.head();
  builder_.put(make_template("tool", "new"));
  HostChanges changes = ask("pi", before);
  ASSERT_EQ(changes.changed.size(), 1U);
  const auto refuse = [](const model::DesiredDeployment&) -> Result<Digest> {
    return invalid("line 3: \"x\" is not known");
  };
  ASSERT_TRUE(render_digest(changes.changed[0], refuse));
  const model::Manifest manifest = manifest_of(kQueryEpoch, "pi", changes);
  ASSERT_EQ(manifest.deployments.size(), 1U);
  EXPECT_EQ(manifest.deployments[0].error, "line 3: \"x\" is not known");
  // "prod" is not in it, but stands in the digest as it was.
  EXPECT_EQ(manifest.digest, model::digest_of_desired(
                                 {{all_before[0].key, all_before[0].desired_digest},
                                  {changes.changed[0].key, changes.changed[0].desired_digest}}));
  EXPECT_EQ(manifest.bookmark.seq, builder_.head());
}

TEST_F(HostQuery, TheDigestOfTheWholeCanBeAskedForAlone) {
  const HostChanges all = ask("pi", std::nullopt);
  EXPECT_EQ(digest_for_host(builder_.fleet(), host_key("pi")).value(),
            model::digest_of_desired(all.desired));
  EXPECT_EQ(digest_for_host(builder_.fleet(), host_key("gone")).error().code, ErrorCode::not_found);
}

TEST_F(HostQuery, APassingFaultOfRenderingIsNotToldToTheHost) {
  HostChanges changes = ask("nuc", std::nullopt);
  const auto fail = [](const model::DesiredDeployment&) -> Result<Digest> {
    return unavailable("the disk is gone");
  };
  const auto rendered = render_digest(changes.changed.at(0), fail);
  ASSERT_FALSE(rendered);
  EXPECT_EQ(rendered.error().code, ErrorCode::unavailable);
  EXPECT_EQ(changes.changed[0].error, "");
}

TEST_F(HostQuery, KnowsTheDeploymentsWhoseStatusAChangeMayAlter) {
  const auto affected = [&](const model::Change& change) {
    std::string names;
    for (const auto& key : deployments_affected(builder_.fleet(), change)) names += " " + key.name;
    return names;
  };
  EXPECT_EQ(affected(builder_.put(make_template("tool", "y"))), " test");
  EXPECT_EQ(affected(builder_.put(make_workload("sensor", "y"))), " prod test");
  EXPECT_EQ(affected(builder_.put(make_host("pi", {}))), " prod test");
  EXPECT_EQ(affected(builder_.put(make_target("lab", {{"a", "b"}}))), " prod");
  EXPECT_EQ(affected(builder_.put(make_host("new", {}))), "");
  EXPECT_EQ(affected(builder_.remove(deployment_key("prod"))), " prod");
}

}  // namespace
}  // namespace titan::reconciler
