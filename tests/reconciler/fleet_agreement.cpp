#include "tests/reconciler/fleet_agreement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "reconciler/delivery.hpp"
#include "reconciler/host_query.hpp"
#include "tests/reconciler/fleet_builder.hpp"

namespace titan::testing {
namespace {

using model::Key;
using model::Kind;
using reconciler::Fleet;
using reconciler::HostChanges;

template <class Item>
std::vector<std::string> names_of(const std::vector<Item>& items) {
  std::vector<std::string> names;
  for (const Item& item : items) names.push_back(item.key.text());
  return names;
}

std::vector<std::string> names_of(const std::vector<Key>& keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) names.push_back(key.text());
  return names;
}

std::vector<std::string> names_of(const BruteForceFleet::ShouldHave& all) {
  std::vector<std::string> names;
  for (const auto& [key, text] : all) names.push_back(key.text());
  return names;
}

// Names in the order in which they were visited, which is not promised: sorted, with repeats.
template <class Visit>
std::vector<std::string> visited_hosts(const Visit& visit_all) {
  std::vector<std::string> names;
  visit_all([&](const reconciler::HostRecord& host) { names.push_back(host.key.name); });
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> sorted(const std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

void expect_answer_agrees(const HostChanges& changes, const BruteForceFleet& brute_force,
                          const std::string& host, std::uint64_t since, bool full) {
  const auto& now = brute_force.should_have(host, brute_force.head());
  BruteForceFleet::ShouldHave then;
  if (!full) then = brute_force.should_have(host, since);
  std::vector<std::string> news, gone;
  for (const auto& [key, text] : now) {
    if (!then.contains(key) || then.at(key) != text) news.push_back(key.text());
  }
  for (const auto& [key, text] : then) {
    if (!now.contains(key)) gone.push_back(key.text());
  }
  ASSERT_EQ(changes.seq, brute_force.head());
  ASSERT_EQ(changes.full, full);
  ASSERT_EQ(names_of(changes.changed), news);
  ASSERT_EQ(names_of(changes.tombstones), gone);
  for (const auto& tombstone : changes.tombstones) {
    ASSERT_EQ(tombstone.deleted_time,
              FleetBuilder::time_of(brute_force.left_at(host, tombstone.key)))
        << tombstone.key.text();
  }
  if (changes.nothing_new()) return;
  ASSERT_EQ(names_of(changes.desired), names_of(now));
  for (const auto& form : changes.changed) {
    const auto listed = std::find_if(changes.desired.begin(), changes.desired.end(),
                                     [&](const auto& one) { return one.key == form.key; });
    ASSERT_EQ(listed->digest, form.desired_digest) << form.key.text();
  }
}

}  // namespace

void FormsByDigest::expect_one_to_one(const Digest& digest, const std::string& text) {
  ASSERT_EQ(texts_.emplace(digest, text).first->second, text);
  ASSERT_EQ(digests_.emplace(text, digest).first->second, digest) << text;
}

void expect_changes_agree(const Fleet& fleet, const BruteForceFleet& brute_force,
                          const std::string& host, std::uint64_t since) {
  SCOPED_TRACE(host + " since " + std::to_string(since) + " at " +
               std::to_string(brute_force.head()) + ", horizon " + std::to_string(fleet.horizon()));
  for (int i = 0; i < 2; ++i) {
    const auto changes = reconciler::changes_for_host(fleet, kEpoch, host_key(host),
                                                      model::Bookmark{std::string(kEpoch), since});
    ASSERT_EQ(changes.has_value(), brute_force.exists(host_key(host), brute_force.head()));
    if (!changes) return;
    const bool full = since < fleet.horizon();
    ASSERT_NO_FATAL_FAILURE(expect_answer_agrees(*changes, brute_force, host, since, full));
    if (changes->nothing_new()) {
      ASSERT_TRUE(fleet.find_host(host_key(host))->nothing_new_since(since));
    }
  }
}

void expect_deliveries_agree(const Fleet& fleet, const BruteForceFleet& brute_force,
                             FormsByDigest& forms) {
  for (const std::string& name : brute_force.hosts()) {
    const reconciler::HostRecord* host = fleet.find_host(host_key(name));
    for (std::uint64_t seq = fleet.horizon(); seq <= brute_force.head(); ++seq) {
      SCOPED_TRACE(name + " at " + std::to_string(seq));
      const auto& expected = brute_force.should_have(name, seq);
      if (host == nullptr) {
        ASSERT_TRUE(expected.empty());
        continue;
      }
      const auto deliveries = deliveries_to(fleet, *host, seq);
      std::vector<std::string> found;
      for (const auto& delivery : deliveries) found.push_back(delivery.deployment->key.text());
      ASSERT_EQ(found, names_of(expected));
      for (const auto& delivery : deliveries) {
        const Digest digest = desired_digest(delivery);
        forms.expect_one_to_one(digest, expected.at(delivery.deployment->key));
      }
    }
  }
}

void expect_present_agrees(const Fleet& fleet, const BruteForceFleet& brute_force,
                           const model::TargetSpec& some_target) {
  const std::uint64_t head = brute_force.head();
  ASSERT_EQ(fleet.head(), head);
  for (const Key& key : brute_force.keys()) {
    ASSERT_EQ(fleet.exists(key), brute_force.exists(key, head)) << key.text();
    ASSERT_EQ(names_of(fleet.users_of(key)), names_of(brute_force.users_of(key))) << key.text();
  }
  for (const Kind kind : model::kKinds) {
    if (kind == Kind::host) continue;
    std::vector<Key> found;
    fleet.for_each(kind, [&](const auto& record) { found.push_back(record.key); });
    ASSERT_EQ(names_of(found), names_of(brute_force.of_kind(kind)));
  }
  std::set<std::string> hosts;
  for (const Key& key : brute_force.of_kind(Kind::host)) hosts.insert(key.name);
  ASSERT_EQ(visited_hosts([&](const auto& visit) { fleet.for_each_host(visit); }), sorted(hosts));

  ASSERT_EQ(visited_hosts([&](const auto& visit) {
              fleet.for_each_match(model::kDefaultOrganization, some_target, visit);
            }),
            sorted(brute_force.matches(some_target)));
  for (const Key& key : brute_force.of_kind(Kind::deployment)) {
    const reconciler::EntityRecord& record = *fleet.find(key);
    ASSERT_EQ(visited_hosts([&](const auto& visit) { for_each_host_of(fleet, record, visit); }),
              sorted(brute_force.hosts_of(key)))
        << key.text();
    const model::Entity& entity = *record.now()->entity;
    auto missing = missing_references(fleet, entity);
    std::sort(missing.begin(), missing.end());
    ASSERT_EQ(missing, brute_force.missing(entity, head)) << key.text();
  }
}

}  // namespace titan::testing
