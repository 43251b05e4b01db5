#include "reconciler/placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "model/key.hpp"

namespace titan::reconciler {
namespace {

using Hosts = std::vector<std::string>;

Candidate empty_host(const std::string& name) {
  return {.host = name, .matches = true};
}

Candidate holder(const std::string& name) {
  return {.host = name, .matches = true, .holds = true};
}

Candidate in_group(Candidate candidate, const std::string& value) {
  candidate.spread_value = value;
  return candidate;
}

Candidate with_load(Candidate candidate, std::uint64_t load) {
  candidate.load = load;
  return candidate;
}

Candidate full(Candidate candidate) {
  candidate.load = 3;
  candidate.capacity = 3;
  return candidate;
}

Candidate that_is(Presence presence, Candidate candidate) {
  candidate.presence = presence;
  return candidate;
}

Candidate unmatched(Candidate candidate) {
  candidate.matches = false;
  return candidate;
}

Placement placed(std::uint64_t replicas, std::vector<Candidate> candidates) {
  return place(
      {.deployment = "default/prod", .replicas = replicas, .candidates = std::move(candidates)});
}

// What a host makes of one wanted replica, in every state that it can be in.
TEST(Placement, DecidesAboutOneHostByWhatItHoldsAndHowItStands) {
  constexpr auto kHeard = Presence::heard;
  constexpr auto kMissing = Presence::missing;
  constexpr auto kLost = Presence::lost;
  struct Row {
    Candidate candidate;
    Placement expected;
  };
  const Placement kept{.keep = {"a"}};
  const Placement added{.add = {"a"}};
  const Placement removed{.remove = {"a"}, .shortage = 1};
  const Placement stranded{.stranded = {"a"}, .shortage = 1};
  const Placement nothing{.shortage = 1};
  const std::vector<Row> rows = {
      {that_is(kHeard, holder("a")), kept},
      {that_is(kMissing, holder("a")), kept},
      {that_is(kLost, holder("a")), stranded},
      {full(that_is(kHeard, holder("a"))), kept},
      {full(that_is(kMissing, holder("a"))), kept},
      {full(that_is(kLost, holder("a"))), stranded},
      {unmatched(that_is(kHeard, holder("a"))), removed},
      {unmatched(that_is(kMissing, holder("a"))), removed},
      {unmatched(that_is(kLost, holder("a"))), removed},
      {that_is(kHeard, empty_host("a")), added},
      {that_is(kMissing, empty_host("a")), nothing},
      {that_is(kLost, empty_host("a")), nothing},
      {full(that_is(kHeard, empty_host("a"))), nothing},
      {full(that_is(kMissing, empty_host("a"))), nothing},
      {full(that_is(kLost, empty_host("a"))), nothing},
      {unmatched(that_is(kHeard, empty_host("a"))), nothing},
      {unmatched(that_is(kMissing, empty_host("a"))), nothing},
      {unmatched(that_is(kLost, empty_host("a"))), nothing},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(placed(1, {rows[i].candidate}), rows[i].expected) << "row " << i;
  }
}

TEST(Placement, OfNothingIsEmpty) {
  EXPECT_EQ(placed(0, {}), Placement());
  EXPECT_EQ(placed(0, {empty_host("a")}), Placement());
  EXPECT_EQ(placed(0, {holder("a")}), (Placement{.remove = {"a"}}));
  EXPECT_EQ(placed(3, {}), (Placement{.shortage = 3}));
}

TEST(Placement, TakesAHostWithRoomForOneMoreAndNeverOneWithout) {
  for (std::uint64_t load = 0; load < 5; ++load) {
    Candidate candidate = with_load(empty_host("a"), load);
    candidate.capacity = 3;
    EXPECT_EQ(placed(1, {candidate}).add.size(), load < 3 ? 1 : 0) << load;
  }
  Candidate never = empty_host("a");
  never.capacity = 0;
  EXPECT_EQ(placed(1, {never}), (Placement{.shortage = 1}));
}

TEST(Placement, PutsNewReplicasOnTheLeastLoadedHosts) {
  EXPECT_EQ(placed(2, {with_load(empty_host("a"), 7), with_load(empty_host("b"), 1),
                       with_load(empty_host("c"), 4)})
                .add,
            (Hosts{"b", "c"}));
}

TEST(Placement, ComparesLoadsByNumberWhateverTheCapacity) {
  Candidate small = with_load(empty_host("small"), 1);
  small.capacity = 2;
  Candidate large = with_load(empty_host("large"), 2);
  large.capacity = 100;
  EXPECT_EQ(placed(1, {small, large}).add, Hosts{"small"});
}

TEST(Placement, SpreadsNewReplicasBeforeItLooksAtLoad) {
  const std::vector<Candidate> candidates = {
      in_group(holder("eu-1"), "eu"),
      in_group(empty_host("eu-2"), "eu"),
      in_group(empty_host("eu-3"), "eu"),
      in_group(with_load(empty_host("us-1"), 50), "us"),
      in_group(with_load(empty_host("us-2"), 60), "us"),
      in_group(with_load(empty_host("asia-1"), 90), "asia"),
  };
  EXPECT_EQ(placed(2, candidates).add, Hosts{"us-1"});
  EXPECT_EQ(placed(3, candidates).add, (Hosts{"asia-1", "us-1"}));
  EXPECT_EQ(placed(5, candidates).add.size(), 4);
  EXPECT_EQ(placed(6, candidates).shortage, 0);
}

TEST(Placement, TreatsHostsWithoutTheLabelAsOneGroup) {
  const std::vector<Candidate> candidates = {
      in_group(empty_host("eu-1"), "eu"),
      in_group(empty_host("eu-2"), "eu"),
      with_load(empty_host("bare-1"), 8),
      with_load(empty_host("bare-2"), 9),
  };
  const Placement placement = placed(2, candidates);
  EXPECT_EQ(placement.add.front(), "bare-1");
  EXPECT_TRUE(placement.add.back().starts_with("eu-")) << placement.add.back();
}

TEST(Placement, CountsAReplicaOnAMissingHostForItsGroup) {
  const auto away = in_group(that_is(Presence::missing, holder("eu-1")), "eu");
  const auto near = in_group(empty_host("eu-2"), "eu");
  const auto far = in_group(with_load(empty_host("us-1"), 9), "us");
  EXPECT_EQ(placed(2, {away, near, far}).add, Hosts{"us-1"});
}

TEST(Placement, DropsTheReplicasOfMissingHostsFirst) {
  const Placement placement =
      placed(2, {in_group(holder("eu-1"), "eu"), in_group(with_load(holder("eu-2"), 9), "eu"),
                 in_group(that_is(Presence::missing, holder("us-1")), "us")});
  EXPECT_EQ(placement, (Placement{.keep = {"eu-1", "eu-2"}, .remove = {"us-1"}}));
}

TEST(Placement, ThenDropsFromTheFullestGroupsTheMostLoaded) {
  const std::vector<Candidate> candidates = {
      in_group(with_load(holder("eu-1"), 1), "eu"), in_group(with_load(holder("eu-2"), 5), "eu"),
      in_group(with_load(holder("eu-3"), 3), "eu"), in_group(with_load(holder("us-1"), 9), "us"),
      in_group(with_load(holder("us-2"), 8), "us"),
  };
  EXPECT_EQ(placed(4, candidates).remove, Hosts{"eu-2"});
  EXPECT_EQ(placed(3, candidates).remove, (Hosts{"eu-2", "us-1"}));
  EXPECT_EQ(placed(2, candidates).remove, (Hosts{"eu-2", "eu-3", "us-1"}));
  EXPECT_EQ(placed(1, candidates).keep, Hosts{"eu-1"});
}

TEST(Placement, DoesNotMoveHealthyReplicasForBalance) {
  const std::vector<Candidate> candidates = {
      in_group(full(holder("eu-1")), "eu"),
      in_group(with_load(holder("eu-2"), 100), "eu"),
      in_group(empty_host("us-1"), "us"),
      in_group(empty_host("us-2"), "us"),
  };
  EXPECT_EQ(placed(2, candidates), (Placement{.keep = {"eu-1", "eu-2"}}));
}

TEST(Placement, GivesAHostThatComesBackNothingWhileAllReplicasArePlaced) {
  const Placement lost =
      placed(1, {that_is(Presence::lost, holder("a")), with_load(empty_host("b"), 9)});
  EXPECT_EQ(lost, (Placement{.add = {"b"}, .remove = {"a"}}));
  EXPECT_EQ(placed(1, {empty_host("a"), with_load(holder("b"), 9)}), (Placement{.keep = {"b"}}));
}

TEST(Placement, LeavesTheOnlyHostItsReplicaWhileItIsLostAndWhenItComesBack) {
  EXPECT_EQ(placed(1, {that_is(Presence::lost, holder("pi"))}),
            (Placement{.stranded = {"pi"}, .shortage = 1}));
  EXPECT_EQ(placed(1, {holder("pi")}), (Placement{.keep = {"pi"}}));
}

TEST(Placement, TakesAReplicaFromALostHostOnlyForOneThatTakesItsPlace) {
  const auto lost = that_is(Presence::lost, holder("a"));
  EXPECT_EQ(placed(1, {lost, empty_host("b")}), (Placement{.add = {"b"}, .remove = {"a"}}));
  const Placement stays{.stranded = {"a"}, .shortage = 1};
  EXPECT_EQ(placed(1, {lost, full(empty_host("b"))}), stays);
  EXPECT_EQ(placed(1, {lost, unmatched(empty_host("b"))}), stays);
  EXPECT_EQ(placed(1, {lost, that_is(Presence::missing, empty_host("b"))}), stays);
  EXPECT_EQ(placed(1, {lost, that_is(Presence::lost, empty_host("b"))}), stays);
}

TEST(Placement, TakesThePlacesOfLostHostsFromTheFullestGroupsTheMostLoaded) {
  const std::vector<Candidate> candidates = {
      in_group(holder("eu-1"), "eu"),
      in_group(that_is(Presence::lost, with_load(holder("eu-2"), 1)), "eu"),
      in_group(that_is(Presence::lost, with_load(holder("us-1"), 5)), "us"),
      in_group(that_is(Presence::lost, with_load(holder("us-2"), 6)), "us"),
      in_group(empty_host("asia-1"), "asia"),
  };
  EXPECT_EQ(placed(4, candidates), (Placement{.keep = {"eu-1"},
                                              .stranded = {"eu-2", "us-1"},
                                              .add = {"asia-1"},
                                              .remove = {"us-2"},
                                              .shortage = 2}));
  EXPECT_EQ(placed(3, candidates).stranded, Hosts{"us-1"});
}

TEST(Placement, DoesNotCountAReplicaOnALostHostForItsGroup) {
  const auto lost = in_group(that_is(Presence::lost, holder("eu-1")), "eu");
  const auto near = in_group(empty_host("eu-2"), "eu");
  const auto far = in_group(with_load(empty_host("us-1"), 9), "us");
  EXPECT_EQ(placed(1, {lost, near, far}), (Placement{.add = {"eu-2"}, .remove = {"eu-1"}}));
}

TEST(Placement, DropsTheReplicasOfLostHostsBeforeAllOthers) {
  const std::vector<Candidate> candidates = {
      with_load(holder("heard"), 9), with_load(that_is(Presence::missing, holder("missing")), 5),
      that_is(Presence::lost, holder("lost"))};
  EXPECT_EQ(placed(3, candidates),
            (Placement{.keep = {"heard", "missing"}, .stranded = {"lost"}, .shortage = 1}));
  EXPECT_EQ(placed(2, candidates), (Placement{.keep = {"heard", "missing"}, .remove = {"lost"}}));
  EXPECT_EQ(placed(1, candidates), (Placement{.keep = {"heard"}, .remove = {"lost", "missing"}}));
}

TEST(Placement, GivesAHostThatComesBackAReplicaWhenOneIsWanting) {
  EXPECT_EQ(placed(1, {empty_host("a"), that_is(Presence::lost, holder("b"))}),
            (Placement{.add = {"a"}, .remove = {"b"}}));
}

// The table in docs/spec/assignment.md, row by row.
TEST(Placement, FollowsTheExampleOfItsSpecification) {
  PlacementRequest request{
      .deployment = "default/prod",
      .replicas = 3,
      .candidates = {in_group(empty_host("a"), "north"), in_group(empty_host("b"), "north"),
                     in_group(empty_host("c"), "south"), in_group(empty_host("d"), "south")}};
  auto hosts = [&]() {
    const Placement placement = place(request);
    for (Candidate& candidate : request.candidates) {
      const auto& host = candidate.host;
      candidate.holds = false;
      for (const Hosts* list : {&placement.keep, &placement.stranded, &placement.add}) {
        if (std::count(list->begin(), list->end(), host) > 0) candidate.holds = true;
      }
    }
    Hosts holding;
    for (const Candidate& candidate : request.candidates) {
      if (candidate.holds) holding.push_back(candidate.host);
    }
    return holding;
  };
  EXPECT_EQ(hosts(), (Hosts{"a", "b", "d"}));
  request.candidates[0].presence = Presence::missing;
  EXPECT_EQ(hosts(), (Hosts{"a", "b", "d"}));
  request.candidates[0].presence = Presence::lost;
  EXPECT_EQ(hosts(), (Hosts{"b", "c", "d"}));
  request.candidates[0].presence = Presence::heard;
  EXPECT_EQ(hosts(), (Hosts{"b", "c", "d"}));
  request.replicas = 2;
  EXPECT_EQ(hosts(), (Hosts{"b", "d"}));
  for (const std::size_t i : {0U, 2U, 3U}) request.candidates[i].presence = Presence::lost;
  EXPECT_EQ(place(request).stranded, Hosts{"d"});
  EXPECT_EQ(hosts(), (Hosts{"b", "d"}));
  request.candidates[3].presence = Presence::heard;
  EXPECT_EQ(place(request), (Placement{.keep = {"b", "d"}}));
}

TEST(Placement, SharesDeploymentsEvenlyAmongEqualHosts) {
  std::map<std::string, int> taken;
  for (int i = 0; i < 1000; ++i) {
    PlacementRequest request{.deployment = "default/d" + std::to_string(i), .replicas = 2};
    for (char name = 'a'; name <= 'j'; ++name) {
      request.candidates.push_back(empty_host(std::string(1, name)));
    }
    for (const auto& host : place(request).add) ++taken[host];
  }
  ASSERT_EQ(taken.size(), 10);
  for (const auto& [host, count] : taken) {
    EXPECT_GT(count, 150) << host;
    EXPECT_LT(count, 250) << host;
  }
}

TEST(Placement, AnswersTheSameInEveryVersion) {
  std::vector<Candidate> candidates;
  for (char name = 'a'; name <= 'h'; ++name) {
    candidates.push_back(empty_host(std::string(1, name)));
  }
  EXPECT_EQ(placed(3, candidates).add, (Hosts{"a", "e", "h"}));
}

TEST(Placement, PlacesOnALargeFleet) {
  constexpr std::uint64_t kHosts = 20'000;
  constexpr std::uint64_t kSites = 100;
  PlacementRequest request{.deployment = "default/prod", .replicas = 5'000};
  std::map<std::string, std::string> site_of;
  for (std::uint64_t i = 0; i < kHosts; ++i) {
    const auto name = "host-" + std::to_string(i);
    site_of[name] = "site-" + std::to_string(i % kSites);
    request.candidates.push_back(in_group(empty_host(name), site_of[name]));
  }
  std::map<std::string, std::uint64_t> replicas;
  for (const auto& host : place(request).add) ++replicas[site_of[host]];
  ASSERT_EQ(replicas.size(), kSites);
  for (const auto& [site, count] : replicas) EXPECT_EQ(count, 50) << site;
}

TEST(ShortageText, SaysWhatKeepsTheMatchingHostsFromTakingAReplica) {
  struct Row {
    std::uint64_t replicas;
    std::vector<Candidate> candidates;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {5, {}, "0 of 5 replicas placed: target \"eu\" matches no host"},
      {5,
       {unmatched(empty_host("a")), unmatched(holder("b"))},
       "0 of 5 replicas placed: target \"eu\" matches no host"},
      {2, {empty_host("a")}, "1 of 2 replicas placed: target \"eu\" matches 1 host"},
      {5,
       {empty_host("a"), holder("b"), full(holder("c"))},
       "3 of 5 replicas placed: target \"eu\" matches 3 hosts"},
      {5,
       {empty_host("a"), holder("b"), empty_host("c"), full(empty_host("d"))},
       "3 of 5 replicas placed: target \"eu\" matches 4 hosts, 1 is full"},
      {1,
       {that_is(Presence::lost, holder("a"))},
       "0 of 1 replicas run: host a is silent, and no other host that target \"eu\" matches can "
       "take its place"},
      {3,
       {holder("a"), that_is(Presence::lost, holder("b")), that_is(Presence::lost, holder("c")),
        full(empty_host("d"))},
       "1 of 3 replicas run: hosts b, c are silent, and no other host that target \"eu\" matches "
       "can "
       "take their places"},
      {3,
       {holder("a"), that_is(Presence::lost, holder("b"))},
       "1 of 3 replicas run: host b is silent, and no other host that target \"eu\" matches can "
       "take "
       "its place; target \"eu\" matches 2 hosts"},
      {1,
       {that_is(Presence::lost, empty_host("a"))},
       "0 of 1 replicas placed: target \"eu\" matches 1 host, 1 is missing"},
      {5,
       {that_is(Presence::missing, holder("a")), full(empty_host("b")), full(empty_host("c")),
        that_is(Presence::lost, empty_host("d")), that_is(Presence::lost, holder("e")),
        full(that_is(Presence::missing, empty_host("f"))), unmatched(full(empty_host("g")))},
       "1 of 5 replicas run: host e is silent, and no other host that target \"eu\" matches can "
       "take "
       "its place; target \"eu\" matches 6 hosts, 2 are full, 2 are missing"},
  };
  for (const Row& row : rows) {
    const PlacementRequest request{
        .deployment = "default/prod", .replicas = row.replicas, .candidates = row.candidates};
    EXPECT_EQ(shortage_text(request, place(request), "eu"), row.expected);
  }
}

TEST(ShortageText, NamesTheFirstTenSilentHosts) {
  PlacementRequest request{.deployment = "default/prod"};
  auto text_with = [&](char name) {
    request.candidates.push_back(that_is(Presence::lost, holder(std::string(1, name))));
    ++request.replicas;
    return shortage_text(request, place(request), "eu");
  };
  for (char name = 'a'; name < 'j'; ++name) text_with(name);
  EXPECT_EQ(
      text_with('j'),
      "0 of 10 replicas run: hosts a, b, c, d, e, f, g, h, i, j are silent, and no other host "
      "that target \"eu\" matches can take their places");
  EXPECT_EQ(
      text_with('k'),
      "0 of 11 replicas run: hosts a, b, c, d, e, f, g, h, i, j and 1 more are silent, and no "
      "other host that target \"eu\" matches can take their places");
}

TEST(AssignmentName, BeginsWithTheDeploymentAndStaysTheSameInEveryVersion) {
  EXPECT_EQ(assignment_name("prod", "tim-pi"), "prod-b33726b1fe27104780a9");
}

TEST(AssignmentName, IsANameHoweverLongTheTwoAre) {
  for (std::size_t length = 1; length <= 63; ++length) {
    for (const std::string& deployment :
         {std::string(length, 'a'), "a" + std::string(length - 1, '-'),
          "0" + std::string(length - 1, '.')}) {
      const auto name = assignment_name(deployment, std::string(length, 'h'));
      EXPECT_TRUE(model::check_name("name", name).ok()) << name;
    }
  }
}

TEST(AssignmentName, DiffersBetweenPairsThatLookAlike) {
  const std::string long_name(62, 'a');
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"a", "b-c"},
      {"a-b", "c"},
      {"a.b", "c"},
      {"a", "b.c"},
      {"b", "a"},
      {"a", "b"},
      {long_name + "x", "h"},  // these two are the same once clipped
      {long_name + "y", "h"},
      {"h", long_name + "x"},
      {"h", long_name + "y"},
  };
  std::set<std::string> names;
  for (const auto& [deployment, host] : pairs) names.insert(assignment_name(deployment, host));
  EXPECT_EQ(names.size(), pairs.size());
}

TEST(AssignmentName, DiffersForEachPairOfAFleet) {
  std::set<std::string> names;
  for (int deployment = 0; deployment < 100; ++deployment) {
    for (int host = 0; host < 200; ++host) {
      names.insert(
          assignment_name("d" + std::to_string(deployment), "host-" + std::to_string(host)));
    }
  }
  EXPECT_EQ(names.size(), 100 * 200);
}

}  // namespace
}  // namespace titan::reconciler
