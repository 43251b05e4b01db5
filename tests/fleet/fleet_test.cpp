// A fleet in a box. See README.md.
#include "tests/fleet/fleet.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>

namespace titan::fleet {
namespace {

#if defined(TITAN_NIGHTLY)
constexpr std::uint64_t kSeeds = 100'000;
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TITAN_FLEET_SANITIZED
constexpr std::uint64_t kSeeds = 6;
#else
constexpr std::uint64_t kSeeds = 500;
#endif
constexpr std::uint64_t kShards = 2;
constexpr std::uint64_t kGitEvery = 20;

std::optional<std::uint64_t> number_from(const char* variable) {
  const char* const given = std::getenv(variable);
  if (given == nullptr) return std::nullopt;
  return std::stoull(given);
}

Fleet::Outcome run(std::uint64_t seed, Mutation mutation = Mutation::none) {
  return Fleet({.seed = seed, .mutation = mutation, .looks_into_git = seed % kGitEvery == 0}).run();
}

std::string ending_of(const std::string& story) {
  constexpr std::size_t kBytes = 6'000;
  return story.size() < kBytes ? story : "…" + story.substr(story.size() - kBytes);
}

// All seeds of this shard; each must end well.
void expect_right(std::uint64_t shard) {
  if (const auto seed = number_from("TITAN_FLEET_SEED")) {
    if (shard != 0) return;
    const Fleet::Outcome outcome = run(*seed);
    std::cout << outcome.story;
    EXPECT_EQ(outcome.finding, "");
    return;
  }
  std::uint64_t first = 1;
#if defined(TITAN_NIGHTLY)
  first = std::random_device{}();
#endif
  const std::uint64_t count = number_from("TITAN_FLEET_SEEDS").value_or(kSeeds);
  first = number_from("TITAN_FLEET_FIRST").value_or(first);
  Fleet::Outcome sum;
  std::uint64_t failed = 0;
  for (std::uint64_t i = shard; i < count; i += kShards) {
    const Fleet::Outcome outcome = run(first + i);
    sum.steps += outcome.steps;
    sum.stops += outcome.stops;
    sum.ready += outcome.ready;
    sum.stalled += outcome.stalled;
    if (outcome.finding.empty()) continue;
    ADD_FAILURE() << "TITAN_FLEET_SEED=" << first + i << ": " << outcome.finding << "\n"
                  << ending_of(outcome.story);
    if (++failed == 10) break;
  }
  std::cout << "seeds from " << first << ": " << sum.steps << " steps, " << sum.stops
            << " stopped in the midst; at the end " << sum.ready << " deployments ready, "
            << sum.stalled << " not, and rightly so\n";
}

TEST(Fleet, EndsAsItsServerWantsItWhateverHappensToIt) {
  expect_right(0);
}
TEST(Fleet, EndsAsItsServerWantsItWhateverHappensToItInTheOtherHalf) {
  expect_right(1);
}

TEST(Fleet, TellsTheSameStoryForTheSameSeed) {
  for (const std::uint64_t seed : {3U, 20U}) EXPECT_EQ(run(seed).story, run(seed).story);
}

// ---- faults that were put in on purpose --------------------------------------------------------

#if !defined(TITAN_FLEET_SANITIZED)
constexpr std::uint64_t kFaultFoundWithin = 500;  // seeds

// Some seed finds it; without the fault the same seed finds nothing.
void expect_found(Mutation mutation) {
  for (std::uint64_t seed = 1; seed <= kFaultFoundWithin; ++seed) {
    const Fleet::Outcome outcome = run(seed, mutation);
    if (outcome.finding.empty()) continue;
    std::cout << "found by seed " << seed << ": " << outcome.finding << "\n";
    EXPECT_EQ(run(seed).finding, "");
    return;
  }
  FAIL() << "not found by " << kFaultFoundWithin << " seeds";
}

TEST(Fleet, FindsAnAgentThatLosesTombstones) {
  expect_found(Mutation::loses_tombstones);
}
TEST(Fleet, FindsAnAgentThatTrustsTheWallClock) {
  expect_found(Mutation::trusts_the_wall_clock);
}
TEST(Fleet, FindsAnAgentThatLeavesOutTheFlushesOfFiles) {
  expect_found(Mutation::leaves_out_file_flushes);
}
TEST(Fleet, FindsAnAgentThatLeavesOutTheFlushesOfFolders) {
  expect_found(Mutation::leaves_out_folder_flushes);
}
TEST(Fleet, FindsAnAgentThatCountsABusyServerAsAFailedAttempt) {
  expect_found(Mutation::counts_busy_answers);
}
#endif

}  // namespace
}  // namespace titan::fleet
