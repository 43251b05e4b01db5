#include "base/stop_signals.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace titan
