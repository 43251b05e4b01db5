#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reconciler/host_query.hpp"
#include "tests/reconciler/brute_force_fleet.hpp"
#include "tests/reconciler/fleet_builder.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::reconciler {
namespace {

using titan::testing::BruteForceFleet;
using titan::testing::FleetBuilder;
using titan::testing::host_key;
using titan::testing::make_deployment;
using titan::testing::make_host;
using titan::testing::make_target;
using titan::testing::make_template;
using titan::testing::make_workload;
using titan::testing::SeededRandom;

constexpr std::string_view kEpoch = "0123456789abcdef";
constexpr int kHistories = 60;
constexpr int kWrites = 80;

// Random writes over few names and few labels, so that they meet often.
class RandomWrites {
 public:
  explicit RandomWrites(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_.next() % bound; }
  std::string pick(const char* prefix) { return prefix + std::to_string(below(3)); }

  void write(FleetBuilder& builder) {
    if (below(6) == 0 && !builder.entities().empty()) return remove_one(builder);
    model::Entity entity = make_one();
    // An unchanged spec is no write at all; a status alone is one that nobody should notice.
    entity.status = below(2) == 0 ? model::Status::ready : model::Status::updating;
    builder.put(std::move(entity));
  }

 private:
  model::Labels labels() {
    model::Labels labels;
    for (const char* key : {"site", "tier"}) {
      if (below(3) != 0) labels[key] = pick("v");
    }
    return labels;
  }

  model::Values values() {
    if (below(2) == 0) return {};
    return model::Values::from({{"n", below(3)}}).value();
  }

  model::Entity make_one() {
    switch (below(5)) {
      case 0: {
        model::Entity host = make_host(pick("host"), labels());
        std::get<model::HostSpec>(host.spec).values = values();
        return host;
      }
      case 1:
        return make_template(pick("template"), pick("content"));
      case 2: {
        model::Entity workload = make_workload(pick("workload"), pick("repo"));
        std::get<model::WorkloadSpec>(workload.spec).default_template = pick("template");
        return workload;
      }
      case 3:
        return make_target(pick("target"), labels());
      default: {
        const std::string own = below(2) == 0 ? "" : pick("template");
        model::Entity deployment =
            make_deployment(pick("deployment"), pick("workload"), own, pick("target"));
        std::get<model::DeploymentSpec>(deployment.spec).values = values();
        deployment.deleting = below(8) == 0;
        return deployment;
      }
    }
  }

  void remove_one(FleetBuilder& builder) {
    auto entity = builder.entities().begin();
    std::advance(entity, static_cast<long>(below(builder.entities().size())));
    const model::Key key = entity->first;
    builder.remove(key);
  }

  SeededRandom random_;
};

// What a host holds that only ever did what the answers told it.
using Held = std::map<model::Key, model::DesiredDeployment>;

void take_over(Held& held, const HostChanges& changes) {
  if (changes.full) held.clear();
  for (std::size_t i = 0; i < changes.changed.size(); ++i) {
    if (changes.changed[i]) held[changes.desired[i].key] = changes.desired[i];
  }
  for (const auto& tombstone : changes.tombstones) held.erase(tombstone.key);
}

std::set<model::Key> keys_of(const Held& held) {
  std::set<model::Key> keys;
  for (const auto& [key, form] : held) keys.insert(key);
  return keys;
}

TEST(HostQueryProperty, AgreesWithBruteForceAtEveryBookmarkOfRandomHistories) {
  for (int seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomWrites random(static_cast<std::uint64_t>(seed));
    FleetBuilder builder;
    BruteForceFleet brute_force;
    for (int i = 0; i < kWrites; ++i) {
      random.write(builder);
      brute_force.snapshot(builder.entities());
    }
    for (const std::string host : {"host0", "host1", "host2"}) {
      const auto now = brute_force.should_have(host, builder.head());
      for (std::uint64_t since = 0; since <= builder.head(); ++since) {
        const auto changes = changes_for_host(builder.fleet(), kEpoch, host_key(host),
                                              model::Bookmark{std::string(kEpoch), since});
        if (builder.fleet().find(host_key(host), builder.head()) == nullptr) {
          ASSERT_FALSE(changes);
          continue;
        }
        const auto then = brute_force.should_have(host, since);
        std::set<model::Key> news, gone, expected_gone;
        for (std::size_t i = 0; i < changes->changed.size(); ++i) {
          if (changes->changed[i]) news.insert(changes->desired[i].key);
        }
        for (const auto& tombstone : changes->tombstones) gone.insert(tombstone.key);
        for (const auto& [key, text] : then) {
          if (!now.contains(key)) expected_gone.insert(key);
        }
        ASSERT_EQ(gone, expected_gone) << host << " since " << since;
        for (const auto& [key, text] : now) {
          const bool differs = !then.contains(key) || then.at(key) != text;
          // All that differs is news. What a template or a host's label gives may be equal all
          // the same; so the other direction holds for what is equal in every part.
          if (!news.contains(key)) {
            ASSERT_FALSE(differs) << host << " since " << since << ": " << key.text() << "\n"
                                  << text;
          }
        }
        for (const auto& key : news) ASSERT_NE(then.count(key) ? then.at(key) : "", now.at(key));
      }
    }
  }
}

TEST(HostQueryProperty, AHostThatFollowsTheAnswersEndsWithWhatItShouldHave) {
  for (int seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomWrites random(static_cast<std::uint64_t>(seed) + 1000);
    FleetBuilder builder;
    BruteForceFleet brute_force;
    Held held;
    std::optional<model::Bookmark> bookmark;
    for (int i = 0; i < 4 * kWrites; ++i) {
      random.write(builder);
      brute_force.snapshot(builder.entities());
      if (random.below(5) != 0) continue;  // the host polls now and then
      const auto changes = changes_for_host(builder.fleet(), kEpoch, host_key("host1"), bookmark);
      if (!changes) continue;              // deleted meanwhile: nothing is taken away
      if (random.below(5) == 0) continue;  // the answer was lost
      take_over(held, *changes);
      if (random.below(4) == 0) take_over(held, *changes);  // a repeated answer changes nothing
      bookmark = model::Bookmark{std::string(kEpoch), changes->seq};
      std::set<model::Key> expected;
      for (const auto& [key, text] : brute_force.should_have("host1", builder.head())) {
        expected.insert(key);
      }
      ASSERT_EQ(keys_of(held), expected) << "at " << builder.head();
      for (const auto& desired : changes->desired) ASSERT_EQ(held.at(desired.key), desired);
    }
  }
}

}  // namespace
}  // namespace titan::reconciler
