// Several readers at once, as under the shared lock of a server; for the thread sanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "reconciler/host_query.hpp"
#include "tests/reconciler/fleet_agreement.hpp"
#include "tests/reconciler/fleet_builder.hpp"
#include "tests/reconciler/random_writes.hpp"

namespace titan::reconciler {
namespace {

using titan::testing::FleetBuilder;
using titan::testing::host_key;
using titan::testing::kEpoch;
using titan::testing::RandomWrites;

// What a host is told since `since`: the keys, or nothing when there is no such host.
std::string answer(const Fleet& fleet, const std::string& host, std::uint64_t since) {
  const auto changes =
      changes_for_host(fleet, kEpoch, host_key(host), model::Bookmark{std::string(kEpoch), since});
  std::string text;
  if (!changes) return text;
  for (const auto& form : changes->changed) text += " " + form.key.text();
  for (const auto& tombstone : changes->tombstones) text += " -" + tombstone.key.text();
  return text + (changes->full ? " full" : "");
}

struct Question {
  std::string host;
  std::uint64_t since;
  std::string expected;
};

TEST(FleetThreads, ReadersThatAskAtOnceAreAnsweredAsIfTheyWereAlone) {
  constexpr std::uint64_t kHorizon = 20;
  RandomWrites random(7);
  FleetBuilder builder;
  for (int i = 0; i < 150; ++i) random.write(builder);
  std::vector<Question> questions;
  for (const char* host : {"host0", "host1", "host2", "host3"}) {
    for (std::uint64_t since = 0; since <= builder.head(); since += 3) {
      Fleet alone;  // asked nothing else
      load(alone, builder, kHorizon);
      questions.push_back({host, since, answer(alone, host, since)});
    }
  }
  Fleet shared;
  load(shared, builder, kHorizon);
  std::atomic<int> wrong = 0;
  const auto read = [&](std::uint64_t seed) {
    RandomWrites order(seed);
    for (std::size_t i = 0; i < 4 * questions.size(); ++i) {
      const Question& question = questions[order.below(questions.size())];
      if (answer(shared, question.host, question.since) != question.expected) ++wrong;
    }
  };
  std::vector<std::thread> readers;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) readers.emplace_back(read, seed);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace titan::reconciler
