#include "reconciler/preview.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "reconciler/delivery.hpp"
#include "reconciler/limits.hpp"
#include "tests/reconciler/fleet_builder.hpp"
#include "tests/reconciler/random_writes.hpp"

namespace titan::reconciler {
namespace {

using model::DesiredDeployment;
using model::Entity;
using model::Key;
using model::Kind;
using titan::testing::FleetBuilder;
using titan::testing::make_deployment;
using titan::testing::make_host;
using titan::testing::make_target;
using titan::testing::make_template;
using titan::testing::make_workload;
using titan::testing::RandomWrites;

// All that hosts have, by host and deployment.
using Forms = std::map<std::pair<Key, Key>, DesiredDeployment>;

Forms forms_of(const Fleet& fleet) {
  Forms forms;
  fleet.for_each_host([&](const HostRecord& host) {
    for (const Delivery& delivery : deliveries_to(fleet, host, fleet.head())) {
      forms[{host.key, delivery.deployment->key}] =
          desired_form(fleet, delivery, desired_digest(delivery));
    }
  });
  return forms;
}

bool has_replicas(const FleetBuilder& builder, const Key& deployment) {
  const auto found = builder.entities().find(deployment);
  return found != builder.entities().end() &&
         std::get<model::DeploymentSpec>(found->second.spec).replicas.has_value();
}

// The last write of a random history, previewed on what came before.
TEST(PreviewProperty, SaysExactlyWhatTheWriteThenDoes) {
  constexpr int kHistories = 30;
  constexpr int kWrites = 60;
  std::size_t changes = 0;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    RandomWrites random(seed);
    FleetBuilder builder;
    for (int i = 0; i < kWrites; ++i) {
      // The change is known once it is made, so it is made on a copy of the fleet as it was.
      Fleet before;
      titan::testing::load(before, builder, 0);
      const Forms old = forms_of(before);
      const std::size_t written = builder.changes().size();
      std::set<Key> replicated;
      for (const auto& [key, entity] : builder.entities()) {
        if (key.kind == Kind::deployment && has_replicas(builder, key)) replicated.insert(key);
      }
      random.write(builder);
      if (builder.changes().size() != written + 1) continue;
      const model::Change& change = builder.changes().back();
      if (change.key.kind == Kind::assignment) continue;  // nobody proposes those
      const Preview seen = preview(before, {{change.key, change.after}});
      const Forms fresh = forms_of(builder.fleet());
      std::set<std::pair<Key, Key>> told;
      const auto is_placed = [&](const Key& deployment) {
        return replicated.contains(deployment) || has_replicas(builder, deployment);
      };
      for (const Preview::Place& place : seen.places) {
        if (is_placed(place.deployment)) continue;
        told.insert({place.host, place.deployment});
        const auto form = [&](const Forms& forms) {
          const auto found = forms.find({place.host, place.deployment});
          return found == forms.end() ? std::nullopt : std::optional(found->second);
        };
        ASSERT_EQ(form_at(*seen.before, place.deployment, place.host, seen.before->head()),
                  form(old))
            << "seed " << seed << ", write " << i << ": " << change.key.text();
        ASSERT_EQ(form_at(*seen.after, place.deployment, place.host, seen.after->head()),
                  form(fresh))
            << "seed " << seed << ", write " << i << ": " << change.key.text();
      }
      // What is not told of stays as it is.
      for (const auto& [one, other] : {std::pair(&old, &fresh), std::pair(&fresh, &old)}) {
        for (const auto& [place, form] : *one) {
          if (is_placed(place.second)) continue;
          const auto found = other->find(place);
          const bool same = found != other->end() && found->second == form;
          changes += same ? 0 : 1;
          ASSERT_TRUE(same || told.contains(place))
              << "seed " << seed << ", write " << i << ": " << change.key.text() << " changes "
              << place.second.text() << " on " << place.first.text();
        }
      }
    }
  }
  EXPECT_GT(changes, 50U);
}

class PreviewTest : public ::testing::Test {
 protected:
  void SetUp() override {
    builder_.put(make_template("service"));
    builder_.put(make_workload("sensor"));
    builder_.put(make_target("lab", {{"site", "lab"}}));
  }
  static Key key(Kind kind, const std::string& name) {
    return {.kind = kind, .workspace = model::in_workspace(kind) ? "default" : "", .name = name};
  }
  static Entity replicated(std::uint64_t replicas) {
    Entity entity = make_deployment("prod", "sensor", "service", "lab");
    std::get<model::DeploymentSpec>(entity.spec).replicas = replicas;
    return entity;
  }
  // The hosts that would have it: "a b".
  static std::string hosts_after(const Preview& seen) {
    std::string hosts;
    for (const Preview::Place& place : seen.places) {
      if (form_at(*seen.after, place.deployment, place.host, seen.after->head())) {
        hosts += (hosts.empty() ? "" : " ") + place.host.name;
      }
    }
    return hosts;
  }

  FleetBuilder builder_;
};

TEST_F(PreviewTest, SeesSeveralWritesTogether) {
  const Preview seen = preview(
      builder_.fleet(),
      {{key(Kind::host, "pi"), make_host("pi", {{"site", "sea"}})},
       {key(Kind::target, "sea"), make_target("sea", {{"site", "sea"}})},
       {key(Kind::deployment, "prod"), make_deployment("prod", "sensor", "service", "sea")}});
  EXPECT_EQ(hosts_after(seen), "pi");
  EXPECT_TRUE(preview(builder_.fleet(), {}).places.empty());
}

TEST_F(PreviewTest, LooksAtSomeOfManyHostsAndSaysHowManyMoreThereAre) {
  for (std::size_t i = 0; i < kPreviewHostsMax + 7; ++i) {
    builder_.put(make_host("h" + std::to_string(i), {{"site", "lab"}}));
  }
  const Preview seen = preview(
      builder_.fleet(),
      {{key(Kind::deployment, "prod"), make_deployment("prod", "sensor", "service", "lab")}});
  EXPECT_EQ(seen.places.size(), kPreviewHostsMax);
  EXPECT_EQ(seen.hosts, kPreviewHostsMax);
  EXPECT_EQ(seen.more_hosts, 7U);
}

TEST_F(PreviewTest, LooksAtTheHostThatIsWrittenAndNoOther) {
  builder_.put(make_deployment("prod", "sensor", "service", "lab"));
  for (std::size_t i = 0; i < kPreviewHostsMax + 7; ++i) {
    builder_.put(make_host("h" + std::to_string(i), {{"site", "lab"}}));
  }
  const Preview seen =
      preview(builder_.fleet(), {{key(Kind::host, "z"), make_host("z", {{"site", "lab"}})}});
  ASSERT_EQ(seen.places.size(), 1U);
  EXPECT_EQ(seen.places[0].host.name, "z");
  EXPECT_EQ(seen.more_hosts, 0U);
  const Preview both =
      preview(builder_.fleet(), {{key(Kind::host, "z"), make_host("z", {{"site", "lab"}})},
                                 {key(Kind::template_, "service"), make_template("service", "y")}});
  EXPECT_EQ(both.places.back().host.name, "z");
  EXPECT_EQ(both.more_hosts, 8U);
}

TEST_F(PreviewTest, PlacesReplicasWithTheLeastMovement) {
  for (const char* name : {"a", "b", "c"}) builder_.put(make_host(name, {{"site", "lab"}}));
  builder_.put(replicated(2));
  builder_.put(titan::testing::make_assignment("x", "prod", "b"));
  builder_.put(titan::testing::make_assignment("y", "prod", "c"));
  const auto with = [&](const Key& written, const std::optional<Entity>& after) {
    return hosts_after(preview(builder_.fleet(), {{written, after}}));
  };
  EXPECT_EQ(with(key(Kind::deployment, "prod"), replicated(3)), "a b c");
  EXPECT_EQ(with(key(Kind::deployment, "prod"), replicated(2)), "b c");
  EXPECT_EQ(with(key(Kind::host, "b"), make_host("b", {{"site", "sea"}})), "a c");
  EXPECT_EQ(with(key(Kind::host, "b"), std::nullopt), "a c");
  EXPECT_EQ(
      with(key(Kind::deployment, "prod"), make_deployment("prod", "sensor", "service", "lab")),
      "a b c");
  EXPECT_EQ(with(key(Kind::deployment, "prod"), std::nullopt), "");
}

}  // namespace
}  // namespace titan::reconciler
