#include "base/stop_signals.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace titan {
namespace {

TEST(StopSignals, AreWaitedForInsteadOfEndingTheProcess) {
  const StopSignals signals;
  EXPECT_FALSE(signals.wait(std::chrono::microseconds(0)));
  EXPECT_FALSE(signals.wait(std::chrono::microseconds(-5)));
  for (const int number : {SIGTERM, SIGINT}) {
    raise(number);
    EXPECT_TRUE(signals.wait(std::chrono::seconds(10)));
    EXPECT_FALSE(signals.wait(std::chrono::microseconds(0)));
  }
}

TEST(DaemonSignals, TellSignalsFromSomethingToReadAndFromTime) {
  using Event = DaemonSignals::Event;
  const auto signals = DaemonSignals::open().value();
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const Descriptor reading(ends[0]);
  const Descriptor writing(ends[1]);
  const std::chrono::seconds long_time(10);
  EXPECT_EQ(signals.wait(std::chrono::microseconds(-5)), Event::timeout);
  EXPECT_EQ(signals.wait(std::chrono::milliseconds(1), reading.get()), Event::timeout);
  ASSERT_EQ(write(writing.get(), "!", 1), 1);
  EXPECT_EQ(signals.wait(long_time, reading.get()), Event::readable);
  raise(SIGHUP);
  EXPECT_EQ(signals.wait(long_time, reading.get()), Event::reload) << "a signal comes first";
  EXPECT_EQ(signals.wait(long_time, reading.get()), Event::readable) << "until it is read";
  for (const int number : {SIGTERM, SIGINT}) {
    raise(SIGHUP);
    raise(number);
    EXPECT_EQ(signals.wait(long_time), Event::stop) << "stop comes before reload";
    (void)signals.wait(std::chrono::microseconds(0));
  }
}

}  // namespace
}  // namespace titan
