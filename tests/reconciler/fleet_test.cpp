#include "reconciler/fleet.hpp"

#include <gtest/gtest.h>

#include "tests/reconciler/fleet_builder.hpp"

namespace titan::reconciler {
namespace {

using titan::testing::FleetBuilder;
using titan::testing::host_key;
using titan::testing::make_deployment;
using titan::testing::make_host;
using titan::testing::make_workload;

TEST(Fleet, RemembersEveryVersionOfASpec) {
  FleetBuilder builder;
  builder.put(make_host("a", {{"site", "lab"}}));
  builder.put(make_host("a", {{"site", "shop"}}));
  const auto site = [&](std::uint64_t seq) {
    return std::get<model::HostSpec>(builder.fleet().find(host_key("a"), seq)->spec)
        .labels.at("site");
  };
  EXPECT_EQ(builder.fleet().find(host_key("a"), 0), nullptr);
  EXPECT_EQ(site(1), "lab");
  EXPECT_EQ(site(2), "shop");
  EXPECT_EQ(site(99), "shop");
}

TEST(Fleet, ADeletedEntityIsGoneFromThenOnAndStaysInThePast) {
  FleetBuilder builder;
  builder.put(make_host("a", {}));
  builder.remove(host_key("a"));
  EXPECT_NE(builder.fleet().find(host_key("a"), 1), nullptr);
  EXPECT_EQ(builder.fleet().find(host_key("a"), 2), nullptr);
}

TEST(Fleet, AnEntityThatIsBeingDeletedIsGoneForDelivery) {
  FleetBuilder builder;
  model::Entity deployment = make_deployment("prod", "w", "t", "all");
  builder.put(deployment);
  deployment.deleting = true;
  builder.put(deployment);
  EXPECT_EQ(builder.fleet().find(deployment.key(), 2), nullptr);
  EXPECT_EQ(builder.fleet().last_spec_change(), 2U);
}

TEST(Fleet, AStatusChangeLeavesNoTraceButMovesTheHead) {
  FleetBuilder builder;
  model::Entity host = make_host("a", {});
  builder.put(host);
  host.status = model::Status::ready;
  host.tags = {{"owner", "tim"}};
  builder.put(host);
  EXPECT_EQ(builder.fleet().head(), 2U);
  EXPECT_EQ(builder.fleet().last_spec_change(), 1U);
}

TEST(Fleet, ANameThatIsUsedAgainIsAnotherEntity) {
  FleetBuilder builder;
  builder.put(make_host("a", {}));
  builder.remove(host_key("a"));
  builder.put(make_host("a", {}));
  EXPECT_NE(builder.fleet().find(host_key("a"), 1)->id, builder.fleet().find(host_key("a"), 3)->id);
}

TEST(Fleet, VisitsTheEntitiesOfAKindInTheOrderOfTheirKeys) {
  FleetBuilder builder;
  builder.put(make_host("b", {}));
  builder.put(make_workload("a"));
  builder.put(make_host("a", {}));
  builder.put(make_host("c", {}));
  builder.remove(host_key("c"));
  std::string names;
  builder.fleet().for_each(model::Kind::host, builder.head(),
                           [&](const auto& host) { names += host->name; });
  EXPECT_EQ(names, "ab");
}

}  // namespace
}  // namespace titan::reconciler
