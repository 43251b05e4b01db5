// How often one identity may ask.
#include "server-lite/identity/rate_limit.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/server-lite/test_device.hpp"

namespace titan::server_lite {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using titan::testing::TestDevice;
using titan::testing::TestServer;

constexpr Rate kTen{.per_second = 10};
constexpr int kBurst = 100;  // of ten a second, over kRateBurst

int taken_at(RateLimit& limit, Clock::Monotonic now, int tries) {
  int taken = 0;
  for (int i = 0; i < tries; ++i) taken += limit.take(now) ? 0 : 1;
  return taken;
}

TEST(RateLimit, TakesABurstAndThenOneAtItsTime) {
  RateLimit limit(kTen);
  Clock::Monotonic now(seconds(1000));
  EXPECT_EQ(taken_at(limit, now, 1000), kBurst);
  EXPECT_EQ(taken_at(limit, now + microseconds(99'999), 10), 0);
  EXPECT_EQ(taken_at(limit, now + milliseconds(100), 10), 1);
  EXPECT_EQ(taken_at(limit, now + seconds(1), 100), 9);
  now += seconds(1000);
  EXPECT_EQ(taken_at(limit, now, 1000), kBurst) << "a rest brings back no more than a burst";
}

TEST(RateLimit, TakesForEverWhatComesAtItsRate) {
  RateLimit limit(kTen);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_FALSE(limit.take(milliseconds(100) * i)) << i;
  }
}

TEST(RateLimit, SaysHowLongToWaitAndTakesNothingThen) {
  RateLimit limit({.per_second = 1});
  EXPECT_EQ(taken_at(limit, seconds(5), 10), 10);
  EXPECT_EQ(limit.wait_at(seconds(5)), seconds(1));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(limit.take(seconds(5)), seconds(1));
  EXPECT_EQ(limit.wait_at(seconds(6)), std::nullopt);
  EXPECT_EQ(limit.take(seconds(6)), std::nullopt);
  EXPECT_EQ(limit.wait_at(seconds(6)), seconds(1));
}

TEST(RateLimit, TakesNoMoreFromManyThreads) {
  RateLimit limit({.per_second = 1000});
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { taken += taken_at(limit, seconds(1), 10'000); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 10'000);
}

class IdentityRateTest : public ::testing::Test {
 protected:
  IdentityRateTest() { server_.put_prod(); }
  static HttpRequest asking(const std::string& target, const std::string& token) {
    HttpRequest request{.method = "GET", .target = target};
    if (!token.empty()) request.headers["Authorization"] = "Bearer " + token;
    return request;
  }
  HttpResponse ask(const std::string& target, const std::string& token) {
    return server_.handle_from("192.0.2.9", asking(target, token));
  }
  // Asks until it is too often.
  HttpResponse flood(const std::string& target, const std::string& token) {
    for (int i = 0; i < 10 * kBurst; ++i) {
      HttpResponse response = ask(target, token);
      if (response.status == 429) return response;
    }
    return {};
  }
  std::string make_token(const std::string& name) {
    const auto put = server_.call("PUT", "/v1/tokens/" + name,
                                  nlohmann::json{{"spec",
                                                  {{"grants", {{{"role", "admin"}}}},
                                                   {"digest", Digest::of("titan_" + name).text()}}}}
                                      .dump());
    EXPECT_EQ(put.status, 201) << put.body;
    return "titan_" + name;
  }
  bool is_counted(const std::string& line) {
    server_.advance(kRateBurst);
    return server_.call("GET", "/v1/metrics").body.find(line + "\n") != std::string::npos;
  }

  TestServer server_{{}, OnClone::warn, 7, nullptr, {.token = kTen, .device = kTen}};
};

TEST_F(IdentityRateTest, RefusesOneTokenThatAsksTooOftenAndNobodyElse) {
  const std::string loud = make_token("loud");
  const std::string quiet = make_token("quiet");
  TestDevice device(server_, 1);
  device.become("pi");
  const HttpResponse refused = flood("/v1/hosts", loud);
  ASSERT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  const auto error = parse_json(refused.body).value()["error"];
  EXPECT_EQ(error["code"], "unavailable");
  EXPECT_EQ(error["message"],
            "you ask more often than one token or device may; try again in 1 seconds");
  EXPECT_EQ(error["requestId"], refused.header("Titan-Request-Id"));
  // Whatever it asks for, and however often; all others are answered meanwhile.
  for (const char* target : {"/v1/hosts", "/v1/hosts/pi", "/v1/status", "/v1/nothing", "/"}) {
    EXPECT_EQ(ask(target, loud).status, 429) << target;
    EXPECT_EQ(ask("/v1/hosts/pi", quiet).status, 200) << target;
    EXPECT_LT(device.sync("pi").status, 300) << target;
    EXPECT_EQ(ask("/v1/status", "").status, 200) << target;
    EXPECT_EQ(ask("/v1/hosts/pi", "").status, 401) << target;
  }
  // And it is heard again at its rate.
  server_.advance(milliseconds(100));
  EXPECT_EQ(ask("/v1/hosts", loud).status, 200);
  EXPECT_EQ(ask("/v1/hosts", loud).status, 429);
  EXPECT_TRUE(is_counted("titan_requests_too_often_total{who=\"token\"} 7"));
  EXPECT_TRUE(is_counted("titan_requests_too_often_total{who=\"device\"} 0"));
}

TEST_F(IdentityRateTest, CountsEachRequestOnceWhoeverAnswersIt) {
  const std::string at_once = make_token("a");
  const std::string by_worker = make_token("b");
  const HttpRequest known = asking("/v1/hosts/pi", at_once);
  const HttpRequest unknown = asking("/v1/nothing", at_once);
  int answered = 0;
  for (int i = 0; i < 2 * kBurst; ++i) {
    const auto response = server_.server().answer_at_once(i % 2 == 0 ? known : unknown);
    if (response) answered += response->status == 429 ? 0 : 1;
  }
  EXPECT_EQ(answered, kBurst);
  // What the loop cannot answer is asked of a worker: that is one request.
  const HttpRequest list = asking("/v1/changes?since=", by_worker);
  answered = 0;
  for (int i = 0; i < 2 * kBurst; ++i) {
    if (const auto response = server_.server().answer_at_once(list)) {
      ASSERT_EQ(response->status, 429) << response->body;
      continue;
    }
    answered += server_.server().handle(list).status == 429 ? 0 : 1;
  }
  EXPECT_EQ(answered, kBurst);
}

TEST_F(IdentityRateTest, RefusesADeviceInAllItsSessions) {
  TestDevice device(server_, 1);
  device.become("pi");
  const std::string first = device.token();
  EXPECT_EQ(flood("/v1/whoami", first).status, 429);
  ASSERT_EQ(device.open_session().status, 200);
  EXPECT_NE(device.token(), first);
  EXPECT_EQ(device.sync("pi").status, 429);
  EXPECT_EQ(server_.call("GET", "/v1/hosts/pi").status, 200);
  server_.advance(milliseconds(200));
  EXPECT_LT(device.sync("pi").status, 300);
  EXPECT_EQ(ask("/v1/whoami", first).status, 200);
  EXPECT_EQ(device.sync("pi").status, 429);
  EXPECT_TRUE(is_counted("titan_requests_too_often_total{who=\"device\"} 3"));
}

TEST_F(IdentityRateTest, RefusesNobodyWithoutALimit) {
  TestServer server({}, OnClone::warn, 7, nullptr, {.token = {}, .device = {}});
  for (int i = 0; i < 10 * kBurst; ++i) ASSERT_EQ(server.call("GET", "/v1/hosts").status, 200);
}

// A person at work, and a device, come nowhere near.
TEST_F(IdentityRateTest, LeavesThoseInPeaceWhoKeepToWhatIsUsual) {
  TestServer server;
  server.put_prod();
  TestDevice device(server, 1);
  device.become("pi");
  for (int i = 0; i < 1000; ++i) {
    ASSERT_LT(device.sync("pi").status, 300) << i;
    ASSERT_EQ(server.call("GET", "/v1/hosts").status, 200) << i;
  }
}

}  // namespace
}  // namespace titan::server_lite
