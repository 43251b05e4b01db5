// Many slow clients at once at the real server: it is rid of each in time, and the others get their
// answers meanwhile. How quickly, a benchmark says: bench/front_door_attack.sh.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "server-lite/front_door/limits.hpp"
#include "tests/e2e/programs.hpp"
#include "tests/server-lite/front_door/raw_client.hpp"

namespace titan {
namespace {

using front_door::RawClient;
using std::chrono::seconds;

constexpr std::size_t kSlowHeads = 300;
constexpr std::size_t kSlowBodies = 300;
constexpr std::size_t kSlowReaders = 100;
constexpr std::size_t kLargeBytes = 4UL << 20U;
constexpr seconds kTolerance{2};
// What the kernel takes of an answer that nobody reads is enough for the first span of time, and
// not for the second; some answers wait for a worker before.
constexpr seconds kReaderTime = 2 * front_door::kAnswerGrace + seconds(2);

class SlowClients : public ::testing::Test {
 protected:
  void open() {
    const std::string path =
        "/v1/blobs/" + server_.client().put_blob(std::string(kLargeBytes, 'x'))->text();
    for (std::size_t i = 0; i < kSlowHeads; ++i) {
      writers_.emplace_back(server_.address()).send("GET / HTTP/1.1\r\nX-Slow: ");
    }
    for (std::size_t i = 0; i < kSlowBodies; ++i) {
      writers_.emplace_back(server_.address())
          .send(
              "PUT /v1/hosts/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
    }
    for (std::size_t i = 0; i < kSlowReaders; ++i) {
      RawClient& reader = readers_.emplace_back(server_.address());
      reader.limit_input(4096);
      reader.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + server_.authorization() +
                  "\r\n");
    }
    opened_ = clock_.monotonic();
  }

  // A byte from every slow client each second; the second passes at the server.
  void drip_until(seconds time) {
    while (clock_.monotonic() - opened_ < time) {
      for (RawClient& writer : writers_) writer.send_some("a");
      const std::string now = server_.client().status()->bookmark;
      ASSERT_TRUE(server_.client().changes({.since = now, .wait = seconds(1)}));
    }
  }

  double limit(const std::string& name) {
    return server_.metric("titan_http_limits_total{limit=\"" + name + "\"}");
  }

  testing::TemporaryDirectory folder_;
  // One token asks for all.
  testing::RunningServer server_{folder_.path() + "/server",
                                 std::vector<std::string>{"--token-rate", "0"}};
  SystemClock clock_;
  Clock::Monotonic opened_{};
  std::deque<RawClient> writers_;
  std::deque<RawClient> readers_;
};

// Asks until the end is told: how many answers came, and how many did not.
struct GoodClient {
  void run(const testing::RunningServer& server, const std::atomic<bool>& ended) {
    while (!ended) {
      const auto transport = server.open_transport();
      for (int i = 0; i < 20; ++i) {
        const auto answer = transport->send({.target = i % 2 == 0 ? "/v1/hosts/pi" : "/v1/hosts"});
        answer && answer->status == 200 ? ++answers : ++failures;
      }
    }
  }
  std::size_t answers = 0;
  std::size_t failures = 0;
};

TEST_F(SlowClients, AreCutInTimeAndCostTheOthersNoAnswer) {
  ASSERT_TRUE(server_.client().put({.name = "pi", .spec = model::HostSpec{}}));
  std::atomic<bool> ended = false;
  GoodClient good;
  std::thread asking([&] { good.run(server_, ended); });
  open();
  drip_until(front_door::kHeadTime + kTolerance);
  EXPECT_EQ(limit("head_time"), kSlowHeads);
  EXPECT_EQ(limit("body_rate"), kSlowBodies);
  drip_until(kReaderTime + kTolerance);
  EXPECT_EQ(limit("answer_rate") + limit("output") + limit("spool"), kSlowReaders);
  ended = true;
  asking.join();
  EXPECT_GT(good.answers, 0U);
  EXPECT_EQ(good.failures, 0U);
  // This one's, and perhaps the last of the good client.
  EXPECT_LE(server_.metric("titan_http_connections"), 2);
}

}  // namespace
}  // namespace titan
