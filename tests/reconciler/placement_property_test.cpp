#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "reconciler/placement.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::reconciler {
namespace {

using titan::testing::SeededRandom;

constexpr int kFleets = 4000;
constexpr std::uint64_t kHostsMax = 8;  // all 2^8 sets of hosts are tried
constexpr int kSequences = 200;
constexpr int kEvents = 60;

Presence random_presence(SeededRandom& random) {
  constexpr Presence kPresences[] = {Presence::heard, Presence::heard, Presence::heard,
                                     Presence::missing, Presence::lost};
  return kPresences[random.below(std::size(kPresences))];
}

Candidate random_candidate(SeededRandom& random, const std::string& host) {
  constexpr const char* kGroups[] = {"", "eu", "us"};
  Candidate candidate{.host = host,
                      .matches = random.below(6) != 0,
                      .holds = random.below(2) == 0,
                      .presence = random_presence(random),
                      .load = random.below(4),
                      .spread_value = kGroups[random.below(std::size(kGroups))]};
  if (random.below(3) == 0) candidate.capacity = random.below(4);
  return candidate;
}

PlacementRequest random_request(SeededRandom& random) {
  PlacementRequest request{.deployment = "default/d" + std::to_string(random.below(50)),
                           .replicas = random.below(kHostsMax + 2)};
  const auto hosts = random.below(kHostsMax + 1);
  for (std::uint64_t i = 0; i < hosts; ++i) {
    request.candidates.push_back(random_candidate(random, std::string(1, char('a' + i))));
  }
  return request;
}

void shuffle(SeededRandom& random, std::vector<Candidate>& candidates) {
  for (std::size_t i = candidates.size(); i > 1; --i) {
    std::swap(candidates[i - 1], candidates[random.below(i)]);
  }
}

std::set<std::string> hosts_after(const Placement& placement) {
  std::set<std::string> hosts(placement.keep.begin(), placement.keep.end());
  hosts.insert(placement.stranded.begin(), placement.stranded.end());
  hosts.insert(placement.add.begin(), placement.add.end());
  return hosts;
}

// --- The rules, written down once more, in the plainest way. ---

bool is_allowed(const Candidate& candidate) {
  if (!candidate.matches) return false;
  if (candidate.holds) return true;
  if (candidate.presence != Presence::heard) return false;
  return !candidate.capacity || candidate.load < *candidate.capacity;
}

// How crowded: the sum of the squares of the groups' sizes.
std::uint64_t crowding(const std::vector<const Candidate*>& chosen) {
  std::map<std::string, std::uint64_t> sizes;
  for (const auto* candidate : chosen) ++sizes[candidate->spread_value];
  std::uint64_t sum = 0;
  for (const auto& [group, size] : sizes) sum += size * size;
  return sum;
}

std::uint64_t load_of(const std::vector<const Candidate*>& chosen) {
  std::uint64_t sum = 0;
  for (const auto* candidate : chosen) sum += candidate->load;
  return sum;
}

// What is bad about a set of hosts, the worst first. Smaller is better.
using Cost = std::vector<std::uint64_t>;

Cost cost_of(const PlacementRequest& request, const std::vector<const Candidate*>& chosen) {
  std::vector<const Candidate*> kept;
  std::vector<const Candidate*> added;
  std::vector<const Candidate*> running;
  std::vector<const Candidate*> stranded;
  for (const auto* candidate : chosen) {
    const bool lost = candidate->presence == Presence::lost;
    (lost ? stranded : running).push_back(candidate);
    if (!lost) (candidate->holds ? kept : added).push_back(candidate);
  }
  std::uint64_t held = 0;
  for (const auto& candidate : request.candidates) held += candidate.holds ? 1 : 0;
  const auto missing = std::count_if(kept.begin(), kept.end(), [](const Candidate* candidate) {
    return candidate->presence == Presence::missing;
  });
  return {request.replicas - running.size(),     // shortage
          held - kept.size() - stranded.size(),  // removals
          static_cast<std::uint64_t>(missing),
          crowding(kept),
          load_of(kept),
          crowding(running),
          load_of(added),
          crowding(chosen),
          load_of(stranded)};
}

// The least cost of all sets of hosts that the rules allow.
Cost least_cost(const PlacementRequest& request) {
  Cost least;
  for (std::uint64_t set = 0; set < (1ULL << request.candidates.size()); ++set) {
    std::vector<const Candidate*> chosen;
    bool allowed = true;
    for (std::size_t i = 0; i < request.candidates.size(); ++i) {
      if ((set >> i & 1U) == 0) continue;
      chosen.push_back(&request.candidates[i]);
      allowed = allowed && is_allowed(request.candidates[i]);
    }
    if (!allowed || chosen.size() > request.replicas) continue;
    const Cost cost = cost_of(request, chosen);
    if (least.empty() || cost < least) least = cost;
  }
  return least;
}

// The lists are sorted, name each host once, and account for every holder. Those are stranded that
// stay on lost hosts.
void expect_well_formed(const PlacementRequest& request, const Placement& placement) {
  std::set<std::string> holders;
  std::set<std::string> lost;
  for (const auto& candidate : request.candidates) {
    if (candidate.holds) holders.insert(candidate.host);
    if (candidate.presence == Presence::lost) lost.insert(candidate.host);
  }
  std::set<std::string> accounted(placement.keep.begin(), placement.keep.end());
  accounted.insert(placement.stranded.begin(), placement.stranded.end());
  accounted.insert(placement.remove.begin(), placement.remove.end());
  EXPECT_EQ(accounted, holders);
  EXPECT_EQ(placement.keep.size() + placement.stranded.size() + placement.remove.size(),
            holders.size());
  for (const auto& host : placement.stranded) EXPECT_TRUE(lost.contains(host)) << host;
  for (const auto& host : placement.keep) EXPECT_FALSE(lost.contains(host)) << host;
  for (const auto& host : placement.add) EXPECT_FALSE(holders.contains(host)) << host;
  for (const auto* list :
       {&placement.keep, &placement.stranded, &placement.add, &placement.remove}) {
    EXPECT_TRUE(std::is_sorted(list->begin(), list->end()));
    EXPECT_EQ(std::adjacent_find(list->begin(), list->end()), list->end());
  }
  EXPECT_EQ(placement.keep.size() + placement.add.size() + placement.shortage, request.replicas);
  EXPECT_LE(placement.stranded.size(), placement.shortage);
}

TEST(PlacementProperty, NoOtherSetOfHostsIsBetter) {
  for (std::uint64_t seed = 1; seed <= kFleets; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    const PlacementRequest request = random_request(random);
    const Placement placement = place(request);
    expect_well_formed(request, placement);

    std::vector<const Candidate*> chosen;
    const auto hosts = hosts_after(placement);
    for (const auto& candidate : request.candidates) {
      if (!hosts.contains(candidate.host)) continue;
      ASSERT_TRUE(is_allowed(candidate)) << candidate.host;
      chosen.push_back(&candidate);
    }
    ASSERT_EQ(chosen.size(), hosts.size());
    ASSERT_LE(chosen.size(), request.replicas);
    ASSERT_EQ(cost_of(request, chosen), least_cost(request));
    if (HasFailure()) return;
  }
}

TEST(PlacementProperty, DoesNotDependOnTheOrderOfCandidates) {
  for (std::uint64_t seed = 1; seed <= kFleets; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    PlacementRequest request = random_request(random);
    const Placement placement = place(request);
    shuffle(random, request.candidates);
    ASSERT_EQ(place(request), placement);
  }
}

// --- A fleet through time: what was decided is carried out, and then something happens. ---

Candidate* random_host(SeededRandom& random, PlacementRequest& request) {
  if (request.candidates.empty()) return nullptr;
  return &request.candidates[random.below(request.candidates.size())];
}

void let_something_happen(SeededRandom& random, PlacementRequest& request, int event) {
  Candidate* host = random_host(random, request);
  const auto what = random.below(8);
  if (what == 0 || host == nullptr) {
    request.candidates.push_back(random_candidate(random, "host-" + std::to_string(event)));
    request.candidates.back().holds = false;
  } else if (what == 1) {
    host->matches = !host->matches;
  } else if (what == 2) {
    request.replicas = random.below(12);
  } else if (what == 3) {
    host->load = random.below(6);
  } else if (what == 4) {
    host->spread_value = random.below(2) == 0 ? "eu" : "us";
  } else {
    host->presence = random_presence(random);
  }
}

void carry_out(const Placement& placement, PlacementRequest& request) {
  const auto hosts = hosts_after(placement);
  for (auto& candidate : request.candidates) candidate.holds = hosts.contains(candidate.host);
}

TEST(PlacementProperty, OverTimeReplicasMoveOnlyWhenTheyMust) {
  for (std::uint64_t seed = 1; seed <= kSequences; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    PlacementRequest request{.deployment = "default/prod", .replicas = 4};
    for (int event = 0; event < kEvents; ++event) {
      SCOPED_TRACE("event " + std::to_string(event));
      let_something_happen(random, request, event);
      std::uint64_t must_leave = 0;
      std::uint64_t may_stay = 0;
      for (const auto& candidate : request.candidates) {
        if (candidate.holds) ++(is_allowed(candidate) ? may_stay : must_leave);
      }
      const Placement placement = place(request);
      expect_well_formed(request, placement);
      // A replica that may stay leaves for one that begins, or because there are too many.
      const auto wanted = may_stay + placement.add.size();
      const auto surplus = wanted - std::min(wanted, request.replicas);
      ASSERT_EQ(placement.remove.size(), must_leave + surplus);

      carry_out(placement, request);
      shuffle(random, request.candidates);
      const Placement again = place(request);
      ASSERT_TRUE(again.add.empty());
      ASSERT_TRUE(again.remove.empty());
      ASSERT_EQ(again.shortage, placement.shortage);
      if (HasFailure()) return;
    }
  }
}

TEST(PlacementProperty, AHostThatComesBackFindsItsStrandedReplicaAsItWas) {
  int came_back = 0;
  for (std::uint64_t seed = 1; seed <= kFleets; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    PlacementRequest request = random_request(random);
    const Placement before = place(request);
    carry_out(before, request);
    for (auto& candidate : request.candidates) {
      const auto& stranded = before.stranded;
      if (std::find(stranded.begin(), stranded.end(), candidate.host) == stranded.end()) continue;
      candidate.presence = Presence::heard;
      const Placement back = place(request);
      ASSERT_TRUE(back.add.empty());
      ASSERT_TRUE(back.remove.empty());
      ASSERT_EQ(hosts_after(back), hosts_after(before));
      ++came_back;
    }
  }
  EXPECT_GT(came_back, kFleets / 100);
}

TEST(PlacementProperty, AHostThatComesBackMovesNothingWhileAllReplicasArePlaced) {
  int came_back = 0;
  for (std::uint64_t seed = 1; seed <= kFleets; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    PlacementRequest request = random_request(random);
    carry_out(place(request), request);
    Candidate* host = random_host(random, request);
    if (host == nullptr) continue;
    host->presence = Presence::lost;
    const Placement without = place(request);
    const bool moved =
        std::find(without.remove.begin(), without.remove.end(), host->host) != without.remove.end();
    if (!moved || without.shortage > 0) continue;
    carry_out(without, request);
    host->presence = Presence::heard;
    const Placement back = place(request);
    ASSERT_TRUE(back.add.empty());
    ASSERT_TRUE(back.remove.empty());
    ++came_back;
  }
  EXPECT_GT(came_back, kFleets / 100);
}

}  // namespace
}  // namespace titan::reconciler
