#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <utility>

#include "reconciler/delivery.hpp"
#include "reconciler/host_query.hpp"
#include "tests/reconciler/brute_force_fleet.hpp"
#include "tests/reconciler/fleet_agreement.hpp"
#include "tests/reconciler/fleet_builder.hpp"
#include "tests/reconciler/random_writes.hpp"

namespace titan::reconciler {
namespace {

using titan::testing::BruteForceFleet;
using titan::testing::expect_changes_agree;
using titan::testing::expect_deliveries_agree;
using titan::testing::expect_present_agrees;
using titan::testing::FleetBuilder;
using titan::testing::FormsByDigest;
using titan::testing::host_key;
using titan::testing::kEpoch;
using titan::testing::RandomWrites;

constexpr int kHistories = 25;
constexpr int kWrites = 120;

// A random history, with what it should have made.
struct History {
  explicit History(std::uint64_t seed) : random(seed) {}

  void write() {
    random.write(builder);
    brute_force.snapshot(builder.entities());
  }

  // A seq from the horizon of `fleet` (or a little before it) to its head.
  std::uint64_t some_bookmark(const Fleet& fleet) {
    const std::uint64_t first = fleet.horizon() - std::min<std::uint64_t>(fleet.horizon(), 2);
    return first + random.below(fleet.head() - first + 1);
  }

  RandomWrites random;
  FleetBuilder builder;
  BruteForceFleet brute_force;
};

// Every host at every bookmark, in random order.
void expect_all_changes_agree(const Fleet& fleet, History& history) {
  std::vector<std::pair<std::string, std::uint64_t>> questions;
  for (const std::string& host : history.brute_force.hosts()) {
    for (std::uint64_t since = 0; since <= fleet.head(); ++since) {
      questions.emplace_back(host, since);
    }
  }
  for (std::size_t i = questions.size(); i > 1; --i) {
    std::swap(questions[i - 1], questions[history.random.below(i)]);
  }
  for (const auto& [host, since] : questions) {
    ASSERT_NO_FATAL_FAILURE(expect_changes_agree(fleet, history.brute_force, host, since));
  }
}

TEST(HostQueryProperty, AgreesWithBruteForceAtEveryBookmarkOfRandomHistories) {
  for (int seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(static_cast<std::uint64_t>(seed));
    FormsByDigest forms;
    const Fleet& fleet = history.builder.fleet();
    for (int i = 0; i < kWrites; ++i) {
      history.write();
      if (history.random.chance(20)) {
        history.builder.forget_before(history.some_bookmark(fleet));
        ASSERT_NO_FATAL_FAILURE(expect_deliveries_agree(fleet, history.brute_force, forms));
      }
      for (int question = 0; question < 4; ++question) {
        const std::string host = history.random.host();
        ASSERT_NO_FATAL_FAILURE(
            expect_changes_agree(fleet, history.brute_force, host, history.some_bookmark(fleet)));
      }
    }
    ASSERT_NO_FATAL_FAILURE(expect_deliveries_agree(fleet, history.brute_force, forms));
    ASSERT_NO_FATAL_FAILURE(expect_all_changes_agree(fleet, history));
  }
}

TEST(HostQueryProperty, AnswersAboutThePresentAgreeWithBruteForceAfterEveryWrite) {
  for (int seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(static_cast<std::uint64_t>(seed) + 2000);
    const Fleet& fleet = history.builder.fleet();
    for (int i = 0; i < kWrites; ++i) {
      history.write();
      ASSERT_NO_FATAL_FAILURE(
          expect_present_agrees(fleet, history.brute_force, history.random.target()));
      const auto found = deployments_affected(fleet, history.builder.changes().back());
      ASSERT_TRUE(std::is_sorted(found.begin(), found.end()));
      for (const model::Key& key : history.brute_force.affected_by(fleet.head())) {
        ASSERT_TRUE(std::binary_search(found.begin(), found.end(), key))
            << key.text() << " at " << fleet.head() << ", after a change of "
            << history.builder.changes().back().key.text();
      }
      if (history.random.chance(10)) history.builder.forget_before(history.some_bookmark(fleet));
    }
  }
}

TEST(HostQueryProperty, AFleetThatWasLoadedAnswersLikeOneThatSawEveryChange) {
  for (int seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(static_cast<std::uint64_t>(seed) + 3000);
    FormsByDigest forms;
    for (int i = 0; i < kWrites; ++i) history.write();
    Fleet fleet;
    load(fleet, history.builder, history.random.below(history.builder.head() + 1));
    // And it stays so, whatever is written and forgotten from then on.
    for (int i = 0; i < kWrites / 4; ++i) {
      ASSERT_NO_FATAL_FAILURE(
          expect_present_agrees(fleet, history.brute_force, history.random.target()));
      ASSERT_NO_FATAL_FAILURE(expect_changes_agree(
          fleet, history.brute_force, history.random.host(), history.some_bookmark(fleet)));
      if (i == 0 || history.random.chance(10)) {
        ASSERT_NO_FATAL_FAILURE(expect_deliveries_agree(fleet, history.brute_force, forms));
      }
      if (history.random.chance(10)) fleet.forget_before(history.some_bookmark(fleet));
      history.write();
      fleet.apply(history.builder.changes().back());
    }
    ASSERT_NO_FATAL_FAILURE(expect_all_changes_agree(fleet, history));
  }
}

// What a host holds that only ever did what the answers told it.
using Held = std::map<model::Key, model::DesiredDeployment>;

void take_over(Held& held, const HostChanges& changes) {
  if (changes.full) held.clear();
  for (const auto& form : changes.changed) held[form.key] = form;
  for (const auto& tombstone : changes.tombstones) held.erase(tombstone.key);
}

TEST(HostQueryProperty, AHostThatFollowsTheAnswersEndsWithWhatItShouldHave) {
  for (int seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(static_cast<std::uint64_t>(seed) + 1000);
    const Fleet& fleet = history.builder.fleet();
    Held held;
    std::optional<model::Bookmark> bookmark;
    for (int i = 0; i < 3 * kWrites; ++i) {
      history.write();
      if (history.random.chance(30)) history.builder.forget_before(history.some_bookmark(fleet));
      if (!history.random.chance(5)) continue;  // the host polls now and then
      const auto changes = changes_for_host(fleet, kEpoch, host_key("host1"), bookmark);
      if (!changes) continue;                  // deleted meanwhile: nothing is taken away
      if (history.random.chance(5)) continue;  // the answer was lost
      take_over(held, *changes);
      if (history.random.chance(4)) take_over(held, *changes);  // once more changes nothing
      if (history.random.chance(2)) bookmark = model::Bookmark{std::string(kEpoch), changes->seq};
      if (!changes->nothing_new()) bookmark = model::Bookmark{std::string(kEpoch), changes->seq};
      std::vector<model::DesiredDeployment> expected, found;
      for (const auto& delivery :
           deliveries_to(fleet, *fleet.find_host(host_key("host1")), fleet.head())) {
        expected.push_back(desired_form(fleet, delivery, desired_digest(delivery)));
      }
      for (const auto& [key, form] : held) found.push_back(form);
      ASSERT_EQ(found, expected) << "at " << fleet.head();
    }
  }
}

}  // namespace
}  // namespace titan::reconciler
