#include "reconciler/fleet.hpp"

#include <gtest/gtest.h>

#include <iterator>

#include "reconciler/delivery.hpp"
#include "tests/reconciler/fleet_builder.hpp"
#include "tests/reconciler/random_writes.hpp"

namespace titan::reconciler {
namespace {

using titan::testing::deployment_key;
using titan::testing::FleetBuilder;
using titan::testing::host_key;
using titan::testing::make_assignment;
using titan::testing::make_deployment;
using titan::testing::make_host;
using titan::testing::make_target;
using titan::testing::make_template;
using titan::testing::make_workload;
using titan::testing::RandomWrites;

std::string label(const Fleet& fleet, const std::string& host, std::uint64_t seq) {
  const HostVersion* version = fleet.find_host(host_key(host))->at(seq);
  if (version == nullptr) return "no host";
  const std::string* site = fleet.label_of(*version, "site");
  return site == nullptr ? "no label" : *site;
}

std::string names_of(const std::vector<model::Key>& keys) {
  std::string names;
  for (const model::Key& key : keys) names += " " + key.name;
  return names;
}

TEST(Fleet, RemembersEveryVersionOfASpec) {
  FleetBuilder builder;
  builder.put(make_host("a", {{"site", "lab"}}));
  builder.put(make_host("a", {{"site", "shop"}}));
  builder.put(make_host("a", {{"tier", "db"}}));
  EXPECT_EQ(label(builder.fleet(), "a", 0), "no host");
  EXPECT_EQ(label(builder.fleet(), "a", 1), "lab");
  EXPECT_EQ(label(builder.fleet(), "a", 2), "shop");
  EXPECT_EQ(label(builder.fleet(), "a", 3), "no label");
  EXPECT_EQ(label(builder.fleet(), "a", 99), "no label");
}

TEST(Fleet, ADeletedEntityIsGoneFromThenOnAndStaysInThePast) {
  FleetBuilder builder;
  builder.put(make_host("a", {{"site", "lab"}}));
  builder.remove(host_key("a"));
  EXPECT_EQ(label(builder.fleet(), "a", 1), "lab");
  EXPECT_EQ(label(builder.fleet(), "a", 2), "no host");
  EXPECT_FALSE(builder.fleet().exists(host_key("a")));
}

TEST(Fleet, AnEntityThatIsBeingDeletedIsGoneForDelivery) {
  FleetBuilder builder;
  model::Entity deployment = make_deployment("prod", "w", "t", "all");
  builder.put(deployment);
  EXPECT_TRUE(builder.fleet().exists(deployment.key()));
  deployment.deleting = true;
  builder.put(deployment);
  EXPECT_EQ(builder.fleet().find(deployment.key())->at(2), nullptr);
  EXPECT_FALSE(builder.fleet().exists(deployment.key()));
  deployment.deleting = false;
  builder.put(deployment);
  EXPECT_TRUE(builder.fleet().exists(deployment.key()));
}

TEST(Fleet, AStatusChangeLeavesNoTraceButMovesTheHead) {
  FleetBuilder builder;
  model::Entity host = make_host("a", {});
  builder.put(host);
  host.status = model::Status::ready;
  host.tags = {{"owner", "tim"}};
  builder.put(host);
  const HostRecord& record = *builder.fleet().find_host(host_key("a"));
  EXPECT_EQ(builder.fleet().head(), 2U);
  EXPECT_EQ(record.history.size(), 1U);
  EXPECT_TRUE(record.nothing_new_since(1));
  EXPECT_EQ(record.status, model::Status::ready);
}

TEST(Fleet, KnowsTheFactsOfAHostAsTheyAreNow) {
  FleetBuilder builder;
  model::Entity host = make_host("a", {});
  std::get<model::HostSpec>(host.spec).capacity = 7;
  std::get<model::HostSpec>(host.spec).lease = std::chrono::minutes(15);
  host.status = model::Status::missing;
  builder.put(host);
  Fleet loaded;
  load(loaded, builder, builder.head());
  for (const Fleet* fleet : {&builder.fleet(), static_cast<const Fleet*>(&loaded)}) {
    const HostRecord& record = *fleet->find_host(host_key("a"));
    EXPECT_EQ(record.capacity, 7U);
    EXPECT_EQ(record.lease, std::chrono::minutes(15));
    EXPECT_EQ(record.status, model::Status::missing);
  }
}

TEST(Fleet, ANameThatIsUsedAgainIsAnotherEntity) {
  FleetBuilder builder;
  builder.put(make_workload("a"));
  builder.remove(make_workload("a").key());
  builder.put(make_workload("a"));
  const EntityRecord& record = *builder.fleet().find(make_workload("a").key());
  EXPECT_NE(record.at(1)->entity->id, record.at(3)->entity->id);
}

TEST(Fleet, VisitsTheEntitiesOfAKindInTheOrderOfTheirKeysAndHostsByNumber) {
  FleetBuilder builder;
  for (const char* name : {"b", "a", "c"}) {
    builder.put(make_host(name, {}));
    builder.put(make_template(name));
  }
  builder.put(make_workload("a"));
  builder.remove(make_template("c").key());
  std::string templates, hosts;
  builder.fleet().for_each(model::Kind::template_,
                           [&](const EntityRecord& record) { templates += record.key.name; });
  builder.fleet().for_each_host([&](const HostRecord& host) { hosts += host.key.name; });
  EXPECT_EQ(templates, "ab");
  EXPECT_EQ(hosts, "bac");
}

TEST(Fleet, KnowsWhoNamesAnEntityNow) {
  FleetBuilder builder;
  builder.put(make_host("pi", {}));
  builder.put(make_deployment("prod", "w", "t", "all"));
  model::Entity after = make_deployment("after", "w", "", "all");
  std::get<model::DeploymentSpec>(after.spec).depends_on = {"prod", "nobody"};
  builder.put(after);
  builder.put(make_assignment("one", "prod", "pi"));
  const auto users_of = [&](const model::Key& key) {
    return names_of(builder.fleet().users_of(key));
  };
  EXPECT_EQ(users_of(make_workload("w").key()), " after prod");
  EXPECT_EQ(users_of(make_template("t").key()), " prod");
  EXPECT_EQ(users_of(host_key("pi")), " one");
  EXPECT_EQ(users_of(deployment_key("prod")), " after one");
  EXPECT_EQ(users_of({.kind = model::Kind::workspace, .name = "default"}), " after prod one");
  builder.put(make_deployment("prod", "other", "t", "all"));
  EXPECT_EQ(users_of(make_workload("w").key()), " after");
}

TEST(Fleet, AHostOfManyIsFoundThroughItsRarestLabel) {
  FleetBuilder builder;
  for (int i = 0; i < 50; ++i) {
    builder.put(make_host("h" + std::to_string(i),
                          {{"site", "lab"}, {"rack", "r" + std::to_string(i / 10)}}));
  }
  std::string found;
  const auto looked_at = [&](const model::TargetSpec& target) {
    found.clear();
    return builder.fleet().for_each_match(
        model::kDefaultOrganization, target,
        [&](const HostRecord& host) { found += " " + host.key.name; });
  };
  const auto select = [](const char* text) {
    return model::TargetSpec{.selector = model::LabelSelector::parse(text).value()};
  };
  EXPECT_EQ(looked_at({.labels = {{"site", "lab"}, {"rack", "r3"}}}), 10U);
  EXPECT_EQ(found, " h30 h31 h32 h33 h34 h35 h36 h37 h38 h39");
  EXPECT_EQ(looked_at(select("site=lab,rack in (r1,r2,nowhere,r1)")), 20U);
  EXPECT_EQ(looked_at(select("site=nowhere")), 0U);
  EXPECT_EQ(looked_at(select("rack!=r1")), 50U);
}

TEST(Fleet, ATargetIsNotAskedAboutHostsThatLackItsLabel) {
  FleetBuilder builder;
  for (int i = 0; i < 50; ++i) {
    builder.put(
        make_target("t" + std::to_string(i), {{"site", "lab"}, {"rack", "r" + std::to_string(i)}}));
  }
  builder.put(make_host("pi", {{"site", "lab"}, {"rack", "r7"}}));
  const HostVersion& host = *builder.fleet().find_host(host_key("pi"))->now();
  // The one of its rack, and the few that were found through the site while that was as good.
  EXPECT_LE(builder.fleet().targets_for(host).size(), 3U);
}

TEST(Fleet, AHostThatIsBeingDeletedAndForgottenLeavesNothing) {
  FleetBuilder builder;
  model::Entity host = make_host("a", {{"site", "lab"}});
  builder.put(host);
  host.deleting = true;
  builder.put(host);
  builder.forget_before(builder.head());
  EXPECT_EQ(builder.fleet().find_host(host_key("a")), nullptr);
  host.status = model::Status::deleting;
  builder.put(host);
  EXPECT_EQ(builder.fleet().find_host(host_key("a")), nullptr);
}

TEST(Fleet, TheNumbersOfForgottenHostsAreGivenAnew) {
  FleetBuilder builder;
  builder.put(make_host("stays", {}));
  for (int i = 0; i < 10; ++i) {
    builder.put(make_host("h" + std::to_string(i), {{"site", "lab"}}));
    builder.remove(host_key("h" + std::to_string(i)));
    builder.forget_before(builder.head());
  }
  EXPECT_EQ(builder.fleet().host_numbers(), 2U);
  builder.put(make_host("last", {{"site", "shop"}}));
  EXPECT_EQ(label(builder.fleet(), "last", builder.head()), "shop");
  EXPECT_EQ(builder.fleet().host(1).key.name, "last");
}

TEST(Fleet, WhatIsNamedButDoesNotExistIsForgottenWithWhoNamedIt) {
  FleetBuilder builder;
  builder.put(make_deployment("prod", "nowhere", "nothing", "nobody"));
  builder.put(make_assignment("one", "prod", "missing"));
  EXPECT_NE(builder.fleet().find(make_workload("nowhere").key()), nullptr);
  EXPECT_FALSE(builder.fleet().exists(make_workload("nowhere").key()));
  EXPECT_FALSE(builder.fleet().exists(host_key("missing")));
  builder.remove(make_assignment("one", "prod", "missing").key());
  builder.remove(deployment_key("prod"));
  builder.forget_before(builder.head());
  EXPECT_EQ(builder.fleet().counts(), Fleet::Counts());
}

TEST(Fleet, HoldsNothingOnceAllIsDeletedAndForgotten) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomWrites random(seed);
    FleetBuilder builder;
    Fleet applied;
    for (int i = 0; i < 150; ++i) {
      random.write(builder);
      applied.apply(builder.changes().back());
      if (random.chance(6)) applied.forget_before(random.below(applied.head() + 1));
    }
    Fleet loaded;
    load(loaded, builder, random.below(builder.head() + 1));
    while (!builder.entities().empty()) {
      auto entity = builder.entities().begin();
      std::advance(entity, static_cast<long>(random.below(builder.entities().size())));
      const model::Change change = builder.remove(model::Key(entity->first));
      for (Fleet* fleet : {&applied, &loaded}) {
        fleet->apply(change);
        if (random.chance(6)) fleet->forget_before(fleet->head() - random.below(3));
      }
    }
    for (Fleet* fleet : {&applied, &loaded}) {
      fleet->forget_before(fleet->head());
      ASSERT_EQ(fleet->counts(), Fleet::Counts());
      ASSERT_TRUE(fleet->targets_for(HostVersion()).empty());
    }
  }
}

}  // namespace
}  // namespace titan::reconciler
