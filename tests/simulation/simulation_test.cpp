// Random histories against a plain model. See README.md.
#include "tests/simulation/simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <numeric>
#include <random>
#include <vector>

#include "tests/simulation/faulty_stores.hpp"
#include "tests/simulation/server_subject.hpp"
#include "tests/simulation/store_subject.hpp"

namespace titan::simulation {
namespace {

constexpr std::uint64_t kFaultFoundWithin = 20'000;  // operations
constexpr std::uint64_t kFirstFaultSeed = 2;

// How many histories, and how many operations in each: on the store, and on the server, whose
// operations take longer. The sanitizers make them ten times as long.
struct Size {
  int histories;
  std::uint64_t operations;
};
#if defined(TITAN_NIGHTLY)
constexpr Size kOnTheStore = {9, 100'000};
constexpr Size kOnTheServer = {5, 20'000};
constexpr std::uint64_t kFaultSeeds = 20;
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr Size kOnTheStore = {1, 3'000};
constexpr Size kOnTheServer = {1, 1'000};
constexpr std::uint64_t kFaultSeeds = 1;
#else
constexpr Size kOnTheStore = {1, 40'000};
constexpr Size kOnTheServer = {1, 10'000};
constexpr std::uint64_t kFaultSeeds = 5;
#endif

// One that was given, to replay it; new ones at night; else always the same.
std::vector<std::uint64_t> seeds(int count, std::uint64_t first) {
  if (const char* given = std::getenv("TITAN_SIMULATION_SEED")) return {std::stoull(given)};
#if defined(TITAN_NIGHTLY)
  first = std::random_device{}();
#endif
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

// A history without a finding that reached all that it is for, often.
void expect_right(const Simulation::Options& options) {
  std::cout << "seed " << options.seed << std::endl;
  const auto outcome = Simulation(options).run();
  const Tally& tally = outcome.tally;
  std::cout << outcome.operations << " operations, " << outcome.changes << " changes, "
            << outcome.restarts << " restarts, " << outcome.restores << " restores, horizon "
            << outcome.horizon << "; " << tally.reads << " reads: " << tally.changes << " changes, "
            << tally.lists << " lists, " << tally.anew << " begun anew; hosts: " << tally.full
            << " full answers, " << tally.news << " deployments, " << tally.tombstones
            << " tombstones\n";
  ASSERT_FALSE(outcome.finding) << *outcome.finding;
  const std::uint64_t often = options.operations / 1000;
  EXPECT_GT(outcome.restarts, often / 2);
  EXPECT_GT(outcome.restores, often / 10);
  EXPECT_GT(outcome.horizon, 0U);
  EXPECT_GT(tally.lists, often);
  EXPECT_GT(tally.anew, often);
  EXPECT_GT(tally.full, often);
  EXPECT_GT(tally.news, 10 * often);
  EXPECT_GT(tally.tombstones, 10 * often);
}

Result<std::unique_ptr<Subject>> on_the_store(const Simulation::Ground& ground) {
  return StoreSubject::open(ground.store);
}

Result<std::unique_ptr<Subject>> on_the_server(const Simulation::Ground& ground) {
  return ServerSubject::open(ground.store, ground.clock, ground.random);
}

TEST(Simulation, OfTheStoreAndTheHostIndexShowsEveryReaderWhatAPlainModelSays) {
  for (const std::uint64_t seed : seeds(kOnTheStore.histories, 20'261'120)) {
    expect_right({.seed = seed, .operations = kOnTheStore.operations, .open = &on_the_store});
  }
}

// The shortest of these histories reach all that they are for with few seeds.
TEST(Simulation, OfTheWholeServerShowsEveryReaderWhatAPlainModelSays) {
  for (const std::uint64_t seed : seeds(kOnTheServer.histories, 20'261'126)) {
    expect_right({.seed = seed, .operations = kOnTheServer.operations, .open = &on_the_server});
  }
}

// ---- faults that were put in on purpose --------------------------------------------------------

using Fault = StorePtr (*)(StorePtr, std::shared_ptr<FaultMemory>);

// The finding must come within so many operations, for each of several seeds, and say
// `word`; without the fault the same history has none.
void expect_found(Fault fault, Simulation::Options options, const std::string& word = "") {
  for (std::uint64_t seed = kFirstFaultSeed; seed < kFirstFaultSeed + kFaultSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    options.seed = seed;
    options.operations = kFaultFoundWithin;
    options.open = &on_the_store;
    options.restart_permille = 10;
    const auto memory = std::make_shared<FaultMemory>();
    options.wrap = [&](StorePtr inner) { return fault(std::move(inner), memory); };
    const auto outcome = Simulation(options).run();
    ASSERT_TRUE(outcome.finding) << "not found in " << outcome.operations << " operations";
    std::cout << "found after " << outcome.operations
              << " operations: " << outcome.finding->substr(0, outcome.finding->find('\n')) << "\n";
    EXPECT_NE(outcome.finding->find(word), std::string::npos) << *outcome.finding;

    options.wrap = {};
    options.operations = outcome.operations;
    const auto faultless = Simulation(options).run();
    EXPECT_FALSE(faultless.finding) << *faultless.finding;
  }
}

TEST(Simulation, FindsADeleteThatIsLostWhenCompactionMeetsIt) {
  expect_found(&loses_a_delete_when_compacting, {.host_readers = 0}, " DELETED ");
}

TEST(Simulation, FindsADeleteThatIsMissingFromAResumedRead) {
  expect_found(&skips_deletes_when_resumed, {.host_readers = 0}, " DELETED ");
}

TEST(Simulation, FindsADeleteThatHostsAreNotToldOfAfterARestart) {
  expect_found(&forgets_deletes_for_hosts, {.feed_readers = 0}, ", host ");
}

TEST(Simulation, FindsAFeedThatGoesBackInTimeAfterARestart) {
  expect_found(&goes_back_in_time, {.host_readers = 0}, "feed reader ");
}

TEST(Simulation, FindsAHostIndexThatGoesBackInTimeAfterARestart) {
  expect_found(&goes_back_in_time, {.feed_readers = 0}, ", host ");
}

}  // namespace
}  // namespace titan::simulation
