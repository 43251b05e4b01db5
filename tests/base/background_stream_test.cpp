#include "base/background_stream.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include "base/limits.hpp"

namespace titan {
namespace {

// Takes nothing until it is opened, as a pipe that nobody reads.
class Gate final : public std::stringbuf {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    opened_.notify_all();
  }
  void wait_until_met() {
    std::unique_lock lock(mutex_);
    met_.wait(lock, [this] { return is_met_; });
  }

 private:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    {
      std::unique_lock lock(mutex_);
      is_met_ = true;
      met_.notify_all();
      opened_.wait(lock, [this] { return is_open_; });
    }
    return std::stringbuf::xsputn(bytes, count);
  }

  std::mutex mutex_;  // guards the next two
  bool is_open_ = false;
  bool is_met_ = false;
  std::condition_variable opened_;
  std::condition_variable met_;
};

TEST(BackgroundStream, WritesAllThatWasFlushedInOrderByTheTimeItEnds) {
  std::ostringstream out;
  std::string expected;
  {
    BackgroundStream stream(out);
    for (int i = 0; i < 10'000; ++i) {
      stream << "line " << i << '\n' << std::flush;
      expected += "line " + std::to_string(i) + "\n";
    }
    EXPECT_EQ(stream.dropped(), 0U);
  }
  EXPECT_EQ(out.str(), expected);
}

TEST(BackgroundStream, WritesAtItsEndAlsoWhatWasNotFlushed) {
  std::ostringstream out;
  { BackgroundStream(out) << "x"; }
  EXPECT_EQ(out.str(), "x");
}

TEST(BackgroundStream, NeverWaitsForAReaderAndDropsWholeLinesBeyondItsLimit) {
  Gate gate;
  std::ostream out(&gate);
  std::string line(1024, 'x');
  line.back() = '\n';
  std::uint64_t dropped = 0;
  std::uint64_t written = 0;
  {
    BackgroundStream stream(out);
    stream << "first\n" << std::flush;
    gate.wait_until_met();
    for (; written * line.size() < 2 * kBackgroundBytesMax; ++written) stream << line << std::flush;
    dropped = stream.dropped();
    gate.open();
  }
  EXPECT_EQ(dropped, written - kBackgroundBytesMax / line.size());
  EXPECT_EQ(gate.str().size(), 6 + (written - dropped) * line.size());
}

}  // namespace
}  // namespace titan
