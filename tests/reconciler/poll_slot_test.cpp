#include "reconciler/poll_slot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/reconciler/fleet_builder.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::reconciler {
namespace {

using std::chrono::seconds;
using titan::testing::host_key;

constexpr int kHosts = 10'000;
constexpr seconds kInterval{60};

std::vector<PollSlot> slots_of_many() {
  std::vector<PollSlot> slots;
  for (int i = 0; i < kHosts; ++i)
    slots.push_back(poll_slot_of(host_key("pi-" + std::to_string(i))));
  return slots;
}

// How many hosts ask in the second that is asked in most, and in the mean, from `from` on for as
// many intervals; each host asks first at its moment of `first`.
struct Load {
  int most = 0;
  double mean = 0;
};
Load load_of(const std::vector<PollSlot>& slots, const std::vector<Clock::Monotonic>& first,
             seconds interval, int from, int intervals) {
  std::map<std::int64_t, int> asked;  // by second
  const Clock::Monotonic begin = first.front() + from * interval;
  const Clock::Monotonic end = begin + intervals * interval;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    for (Clock::Monotonic now = first[i]; now < end; now += poll_after(slots[i], now, interval)) {
      if (now >= begin) ++asked[std::chrono::floor<seconds>(now).count()];
    }
  }
  Load load;
  double all = 0;
  for (const auto& [second, count] : asked) {
    load.most = std::max(load.most, count);
    all += count;
  }
  load.mean = all / static_cast<double>((intervals * interval).count());
  return load;
}

TEST(PollSlot, IsOfTheKeyAlone) {
  EXPECT_EQ(poll_slot_of(host_key("pi")), poll_slot_of(host_key("pi")));
  EXPECT_NE(poll_slot_of(host_key("pi")), poll_slot_of(host_key("nuc")));
  EXPECT_EQ(poll_slot_of(host_key("pi")),
            std::stoul(Digest::of("default/host/pi").hex().substr(0, 8), nullptr, 16));
}

TEST(PollSlot, LetsAHostWaitFromHalfAnIntervalToOneAndAHalf) {
  titan::testing::SeededRandom random(1);
  for (const seconds interval :
       {seconds(1), seconds(2), seconds(5), seconds(7), seconds(60), seconds(3600)}) {
    for (int i = 0; i < 20'000; ++i) {
      const auto slot = static_cast<PollSlot>(random.next());
      const Clock::Monotonic now(static_cast<std::int64_t>(random.below(1'000'000'000'000'000)));
      const auto wait = poll_after(slot, now, interval).count();
      ASSERT_GE(2 * wait, interval.count());
      ASSERT_LE(2 * wait, 3 * interval.count() + 1);
      ASSERT_GE(wait, 1);
    }
  }
  EXPECT_EQ(poll_after(UINT32_MAX, Clock::Monotonic(0), seconds(3600)), seconds(3600));
  EXPECT_EQ(poll_after(0, Clock::Monotonic(0), kInterval), kInterval);
  EXPECT_EQ(poll_after(0, seconds(29), kInterval), seconds(31));
  EXPECT_EQ(poll_after(0, seconds(31), kInterval), seconds(89));
}

TEST(PollSlot, SpreadsAFleetThatAskedAllAtOnce) {
  const auto slots = slots_of_many();
  for (const seconds interval : {seconds(10), kInterval, seconds(300)}) {
    const std::vector<Clock::Monotonic> at_once(kHosts, Clock::Monotonic(123'456'789));
    const Load load = load_of(slots, at_once, interval, 2, 10);
    EXPECT_LE(load.most, 2 * load.mean) << interval.count() << " s";
    EXPECT_NEAR(load.mean, kHosts / static_cast<double>(interval.count()), load.mean * 0.01);
  }
}

TEST(PollSlot, KeepsAFleetSpreadThatAskedAtAnyTime) {
  titan::testing::SeededRandom random(2);
  std::vector<Clock::Monotonic> first;
  for (int i = 0; i < kHosts; ++i) {
    first.emplace_back(static_cast<std::int64_t>(random.below(60'000'000)));
  }
  const Load load = load_of(slots_of_many(), first, kInterval, 2, 100);
  EXPECT_LE(load.most, 2 * load.mean);
}

// Each host asks once in each interval, however long its answers are on the way.
TEST(PollSlot, LetsNoHostDriftAway) {
  titan::testing::SeededRandom random(3);
  for (int i = 0; i < 100; ++i) {
    const PollSlot slot = poll_slot_of(host_key("pi-" + std::to_string(i)));
    Clock::Monotonic now(static_cast<std::int64_t>(random.below(60'000'000)));
    now += poll_after(slot, now, kInterval);
    const Clock::Monotonic start = now;
    constexpr int kPolls = 1000;
    for (int n = 0; n < kPolls; ++n) {
      now += poll_after(slot, now, kInterval) +
             Clock::Monotonic(static_cast<std::int64_t>(random.below(400'000)));
    }
    EXPECT_LE(std::abs((now - start - kPolls * kInterval).count()), 2'000'000);
  }
}

// A restart begins to count anew: the slots move, and all by the same.
TEST(PollSlot, KeepsHostsInTheirOrderOverARestart) {
  const auto slots = slots_of_many();
  const auto place = [&](PollSlot slot, Clock::Monotonic now) {
    return (now + poll_after(slot, now, kInterval)).count() / 1'000'000 % kInterval.count();
  };
  std::set<std::int64_t> moved_by;
  for (const PollSlot slot : slots) {
    const std::int64_t before = place(slot, seconds(1'000'000));
    const std::int64_t after = place(slot, seconds(17)) - 17 + 1'000'000;
    moved_by.insert(((after - before) % kInterval.count() + kInterval.count()) % kInterval.count());
  }
  EXPECT_EQ(moved_by.size(), 1U);
}

}  // namespace
}  // namespace titan::reconciler
