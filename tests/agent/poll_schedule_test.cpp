#include "agent/poll_schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "agent/limits.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::agent {
namespace {

using std::chrono::seconds;
using testing::SeededRandom;

constexpr Clock::Monotonic kNow = seconds(5000);

// The shortest and the longest of the next waits, over many lots.
struct Waits {
  Clock::Monotonic shortest = Clock::Monotonic::max();
  Clock::Monotonic longest{0};
};

Waits waits(const PollSchedule& schedule) {
  SeededRandom random(1);
  Waits waits;
  for (int i = 0; i < 20'000; ++i) {
    const Clock::Monotonic wait = schedule.next(kNow, random) - kNow;
    waits.shortest = std::min(waits.shortest, wait);
    waits.longest = std::max(waits.longest, wait);
  }
  return waits;
}

void expect_between(const PollSchedule& schedule, seconds from, seconds to) {
  const Waits found = waits(schedule);
  const Clock::Monotonic near = Clock::Monotonic(to - from) / 100;
  EXPECT_GE(found.shortest, from);
  EXPECT_LE(found.shortest, from + near);
  EXPECT_LE(found.longest, to);
  EXPECT_GE(found.longest, to - near);
}

TEST(PollSchedule, AsksAtOnceWhenNothingHappenedYet) {
  expect_between(PollSchedule(), seconds(0), seconds(0));
}

TEST(PollSchedule, AsksWhenTheServerSaid) {
  PollSchedule schedule;
  schedule.succeeded();
  EXPECT_EQ(schedule.poll_after(), kPollAfterDefault);
  expect_between(schedule, kPollAfterDefault, kPollAfterDefault);
  schedule.succeeded(seconds(17));
  expect_between(schedule, seconds(17), seconds(17));
  schedule.succeeded(seconds(0));
  expect_between(schedule, seconds(17), seconds(17));
  schedule.succeeded(seconds(-5));
  expect_between(schedule, seconds(17), seconds(17));
  schedule.succeeded(seconds::max());
  expect_between(schedule, kPollAfterMax, kPollAfterMax);
}

TEST(PollSchedule, DoublesItsBoundWhileItNeverHadAnAnswer) {
  PollSchedule schedule;
  for (const int bound : {5, 10, 20, 40, 80, 120, 120, 120}) {
    schedule.failed();
    expect_between(schedule, kRetryMin, seconds(bound));
  }
  for (int i = 0; i < 1'000'000; ++i) schedule.failed();
  expect_between(schedule, kRetryMin, seconds(120));
  schedule.succeeded();
  schedule.failed();
  expect_between(schedule, kRetryMin, seconds(5));
}

TEST(PollSchedule, AsksAsOftenAsUsualWhileItCannotGetThrough) {
  struct Row {
    int before;  // 0: no answer before
    int poll_after;
    int bound;
  };
  const Row rows[] = {
      {0, 1, 10},    {0, 5, 10},    {0, 6, 12},    {0, 60, 120}, {0, 3600, 7200},
      {60, 60, 120}, {90, 60, 120}, {60, 90, 120}, {30, 60, 60}, {7200, 7200, 10'800},
  };
  for (const Row& row : rows) {
    PollSchedule schedule;
    if (row.before != 0) schedule.told(seconds(row.before));
    schedule.succeeded(seconds(row.poll_after));
    for (int i = 0; i < 3; ++i) {
      schedule.failed();
      expect_between(schedule, kRetryMin, seconds(row.bound));
    }
  }
}

TEST(PollSchedule, WaitsAsLongAsItIsAskedToAndSomeOfTheInterval) {
  struct Row {
    int retry_after;
    int from;
    int to;
  };
  const Row rows[] = {
      {30, 30, 90}, {1, 1, 61}, {0, 1, 61}, {-7, 1, 61}, {300, 300, 360}, {86'400, 300, 360},
  };
  for (const Row& row : rows) {
    PollSchedule schedule;
    schedule.succeeded(seconds(60));
    schedule.failed(seconds(row.retry_after));
    expect_between(schedule, seconds(row.from), seconds(row.to));
  }
}

TEST(PollSchedule, CountsARequestToWaitAsNoFault) {
  PollSchedule schedule;
  schedule.failed();
  schedule.failed();
  for (int i = 0; i < 100; ++i) schedule.failed(seconds(30));
  schedule.failed();
  expect_between(schedule, kRetryMin, seconds(20));
}

TEST(PollSchedule, TakesWhatAnAnswerSaidThoughTheStepFailedAfterIt) {
  PollSchedule schedule;
  schedule.told(seconds(20));
  schedule.failed();
  expect_between(schedule, kRetryMin, seconds(40));
  EXPECT_EQ(schedule.poll_after(), seconds(20));
}

}  // namespace
}  // namespace titan::agent
