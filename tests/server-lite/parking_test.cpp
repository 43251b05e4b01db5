// Requests that wait: Parking by itself, and the routes with `wait`.
#include "server-lite/parking.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "server-lite/limits.hpp"
#include "tests/server-lite/obedient_host.hpp"
#include "tests/server-lite/test_server.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;
using titan::testing::ObedientHost;
using titan::testing::TestServer;

using std::chrono::seconds;

const model::Change kChange = {.seq = 7, .key = {.kind = model::Kind::host, .name = "pi"}};

bool anything(std::span<const model::Change>) {
  return true;
}
bool nothing(std::span<const model::Change>) {
  return false;
}

// A thread that is parked: `is_parked` is set once nothing that comes can be missed any more.
class Waiter {
 public:
  Waiter(Parking& parking, Parking::Interest interest) {
    std::promise<void> parked;
    is_parked_ = parked.get_future();
    result_ = std::async(std::launch::async, [&parking, interest = std::move(interest),
                                              parked = std::move(parked)]() mutable {
      return parking.wait(kWaitMax, interest, [&] {
        parked.set_value();
        return false;
      });
    });
    is_parked_.wait();
  }
  bool result() { return result_.get(); }

 private:
  std::future<void> is_parked_;
  std::future<bool> result_;
};

TEST(Parking, WakesThoseWhoseInterestIsMetAndNobodyElse) {
  Parking parking;
  std::atomic<int> asked = 0;
  Waiter woken(parking, anything);
  Waiter other(parking, [&](std::span<const model::Change> changes) {
    ++asked;
    return changes.front().seq == 8;
  });
  parking.wake({&kChange, 1});
  EXPECT_TRUE(woken.result());
  EXPECT_EQ(asked, 1);
  model::Change next = kChange;
  next.seq = 8;
  parking.wake({&next, 1});
  EXPECT_TRUE(other.result());
  EXPECT_EQ(asked, 2);
}

TEST(Parking, WhatCameJustBeforeIsNotMissed) {
  Parking parking;
  EXPECT_TRUE(parking.wait(kWaitMax, nothing, [] { return true; }));
  EXPECT_TRUE(parking.wait(kWaitMax, anything, [&] {
    parking.wake({&kChange, 1});
    return false;
  }));
}

TEST(Parking, GivesUpWhenTheTimeIsOver) {
  Parking parking;
  EXPECT_FALSE(parking.wait(seconds(0), nothing, [] { return false; }));
}

TEST(Parking, MoreThanItTakesAreAnsweredAtOnce) {
  Parking parking;
  std::vector<std::unique_ptr<Waiter>> waiters;
  for (std::size_t i = 0; i < kParkedMax; ++i) {
    waiters.push_back(std::make_unique<Waiter>(parking, anything));
  }
  EXPECT_FALSE(parking.wait(kWaitMax, anything, [] { return true; }));
  parking.wake({&kChange, 1});
  for (auto& waiter : waiters) EXPECT_TRUE(waiter->result());
  // There is room again.
  EXPECT_TRUE(parking.wait(kWaitMax, nothing, [] { return true; }));
}

TEST(Parking, CloseFreesAllAndNobodyWaitsAfterIt) {
  Parking parking;
  Waiter one(parking, nothing);
  Waiter other(parking, nothing);
  parking.close();
  EXPECT_FALSE(one.result());
  EXPECT_FALSE(other.result());
  EXPECT_FALSE(parking.wait(kWaitMax, anything, [] { return false; }));
}

// ---- the routes --------------------------------------------------------------------------------

// A request that waits in a thread of its own. What it asks of the store last is `changes` (the
// feed) before it parks, so a test can know that it is parked, or is about to look.
class Waiting : public ::testing::Test {
 protected:
  ~Waiting() override { server_.stop_waiting(); }

  std::future<HttpResponse> ask(const std::string& method, const std::string& target,
                                const std::string& body = "") {
    return std::async(std::launch::async, [=, this] {
      return server_.handle_alone({.method = method, .target = target, .body = body});
    });
  }
  static bool is_ready(const std::future<HttpResponse>& answer) {
    return answer.wait_for(seconds(0)) == std::future_status::ready;
  }
  std::string head() { return server_.store().head().value().text(); }
  // Waits until so many requests are parked.
  void until_parked(std::size_t count) {
    while (server_.parked() < count) std::this_thread::yield();
  }
  std::string sync_body(const ObedientHost& host) {
    return json{{"bookmark", host.bookmark()->text()}}.dump();
  }

  TestServer server_;
};

TEST_F(Waiting, TheFeedAnswersWhenSomethingComes) {
  auto answer = ask("GET", "/v1/changes?wait=60s&since=" + head());
  until_parked(1);
  EXPECT_FALSE(is_ready(answer));
  server_.put_host("pi", {});
  const json feed = parse_json(answer.get().body).value();
  ASSERT_EQ(feed["items"].size(), 1U);
  EXPECT_EQ(feed["items"][0]["key"], "default/host/pi");
  EXPECT_EQ(feed["bookmark"], head());
}

TEST_F(Waiting, TheFeedOfAKindSleepsThroughTheOthers) {
  auto answer = ask("GET", "/v1/changes?wait=60s&kind=target&since=" + head());
  until_parked(1);
  server_.put_host("pi", {});
  server_.put_host("nuc", {});
  EXPECT_FALSE(is_ready(answer));
  EXPECT_EQ(server_.parked(), 1U);
  server_.put({.name = "lab",
               .workspace = "default",
               .spec = model::TargetSpec{.labels = {{"site", "lab"}}}});
  const json feed = parse_json(answer.get().body).value();
  ASSERT_EQ(feed["items"].size(), 1U);
  EXPECT_EQ(feed["items"][0]["key"], "default/target/default/lab");
}

TEST_F(Waiting, WhatIsThereAlreadyIsAnsweredAtOnce) {
  const std::string before = head();
  server_.put_host("pi", {});
  EXPECT_EQ(server_.json("GET", "/v1/changes?wait=60s&since=" + before)["items"].size(), 1U);
  EXPECT_EQ(server_.json("GET", "/v1/changes?wait=60s&since=0123456789abcdef.1")["full"], true);
  const json manifest = server_.json("GET", "/v1/hosts/pi/changes?wait=60s");
  EXPECT_EQ(manifest["full"], true);
}

TEST_F(Waiting, AHostsQuestionIsAnsweredByItsOwnNewsOnly) {
  server_.put_prod();
  server_.put_host("nuc", {{"site", "roof"}});
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  auto sync = ask("POST", "/v1/hosts/pi/sync?wait=60s", sync_body(pi));
  until_parked(1);
  auto get = ask("GET", "/v1/hosts/pi/changes?wait=60s&since=" + pi.bookmark()->text());
  until_parked(2);

  // Another host's labels, values and deployments; a status; a tag.
  server_.put_host("nuc", {{"site", "roof"}, {"a", "b"}});
  server_.put({.name = "roof",
               .workspace = "default",
               .spec = model::TargetSpec{.labels = {{"site", "roof"}}}});
  server_.put({.name = "on-nuc",
               .workspace = "default",
               .spec = model::DeploymentSpec{
                   .workload = "sensor", .template_name = "service", .target = "roof"}});
  ObedientHost(server_, "nuc").sync_and_report();
  EXPECT_EQ(server_.parked(), 2U);
  EXPECT_FALSE(is_ready(sync));
  EXPECT_FALSE(is_ready(get));

  server_.put_template("service", "new\n");
  const HttpResponse synced = sync.get();
  EXPECT_EQ(synced.status, 200);
  EXPECT_EQ(parse_json(synced.body).value()["deployments"].size(), 1U);
  EXPECT_EQ(parse_json(get.get().body).value()["deployments"].size(), 1U);
}

TEST_F(Waiting, ADeletedHostIsToldSo) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  auto answer = ask("POST", "/v1/hosts/pi/sync?wait=60s", sync_body(pi));
  until_parked(1);
  server_.call("DELETE", "/v1/hosts/pi");
  EXPECT_EQ(answer.get().status, 404);
}

TEST_F(Waiting, AHostThatOwesAReportIsNotKeptWaiting) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  const json body = {{"bookmark", pi.bookmark()->text()},
                     {"reportDigest", Digest::of("another").text()}};
  const HttpResponse answer = server_.call("POST", "/v1/hosts/pi/sync?wait=60s", body.dump());
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("Titan-Report-Wanted"), "true");
}

TEST_F(Waiting, WithoutNewsTheAnswerIsTheEmptyOne) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  const std::string before = head();
  auto feed = ask("GET", "/v1/changes?wait=60s&since=" + before);
  auto sync = ask("POST", "/v1/hosts/pi/sync?wait=60s", sync_body(pi));
  auto get = ask("GET", "/v1/hosts/pi/changes?wait=60s&since=" + before);
  until_parked(3);
  server_.stop_waiting();
  const json feed_answer = parse_json(feed.get().body).value();
  EXPECT_TRUE(feed_answer["items"].empty());
  EXPECT_EQ(feed_answer["full"], false);
  EXPECT_EQ(feed_answer["bookmark"], before);
  EXPECT_EQ(sync.get().status, 204);
  const json manifest = parse_json(get.get().body).value();
  EXPECT_TRUE(manifest["deployments"].empty());
  EXPECT_EQ(manifest["full"], false);
  // Nobody waits any more.
  EXPECT_EQ(server_.call("GET", "/v1/changes?wait=60s&since=" + before).status, 200);
}

TEST_F(Waiting, AHostThatWaitsIsNotMissingAndItsLeaseStartsWhenItsWaitingEnds) {
  server_.put_prod();
  server_.call("PUT", "/v1/hosts/pi", R"({"spec":{"lease":"10s","labels":{"site":"lab"}}})");
  server_.advance(kLeaseLookMax);  // the shorter lease is heeded by then
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  const auto status = [&] { return server_.json("GET", "/v1/hosts/pi")["status"]; };
  const auto last_seen = [&] { return server_.json("GET", "/v1/hosts/pi/state")["lastSeen"]; };
  auto first = ask("POST", "/v1/hosts/pi/sync?wait=60s", sync_body(pi));
  until_parked(1);
  server_.advance(seconds(40));
  EXPECT_EQ(status(), "READY");
  EXPECT_EQ(last_seen(), server_.clock().wall().text());

  // A second question of the same host, which ends before the first: it is still there.
  const HttpResponse other =
      server_.call("POST", "/v1/hosts/pi/sync", json{{"bookmark", pi.bookmark()->text()}}.dump());
  EXPECT_EQ(other.status, 204);
  server_.advance(seconds(15));
  EXPECT_EQ(status(), "READY");

  server_.put_template("service", "new\n");
  EXPECT_EQ(first.get().status, 200);
  const std::string end = server_.clock().wall().text();
  server_.advance(seconds(9));
  EXPECT_EQ(status(), "READY");
  EXPECT_EQ(last_seen(), end);
  server_.advance(seconds(1));
  EXPECT_EQ(status(), "MISSING");
}

TEST_F(Waiting, WhoAsksAboutAHostDoesNotKeepItFromBeingMissing) {
  server_.put_prod();
  ObedientHost pi(server_, "pi");
  pi.sync_and_report();
  auto get = ask("GET", "/v1/hosts/pi/changes?wait=60s&since=" + pi.bookmark()->text());
  until_parked(1);
  server_.advance(kHostLease);
  EXPECT_EQ(server_.json("GET", "/v1/hosts/pi")["status"], "MISSING");
  server_.stop_waiting();
}

TEST_F(Waiting, WithTooManyTheNextAreAnsweredAtOnce) {
  const std::string since = head();
  std::vector<std::future<HttpResponse>> waiting;
  for (std::size_t i = 0; i < kParkedMax; ++i) {
    waiting.push_back(ask("GET", "/v1/changes?wait=60s&since=" + since));
  }
  until_parked(kParkedMax);
  EXPECT_TRUE(server_.json("GET", "/v1/changes?wait=60s&since=" + since)["items"].empty());
  server_.put_host("pi", {});
  for (auto& answer : waiting) {
    EXPECT_EQ(parse_json(answer.get().body).value()["items"].size(), 1U);
  }
}

TEST_F(Waiting, RefusesATimeThatIsNone) {
  server_.put_host("pi", {});
  for (const char* wait : {"x", "0s", "61s", "-1s", "5"}) {
    for (const char* target : {"/v1/changes?wait=", "/v1/hosts/pi/changes?wait="}) {
      const HttpResponse response = server_.call("GET", std::string(target) + wait);
      EXPECT_EQ(response.status, 400) << target << wait;
      EXPECT_EQ(parse_json(response.body).value()["error"]["field"], "wait");
    }
    EXPECT_EQ(server_.call("POST", "/v1/hosts/pi/sync?wait=" + std::string(wait), "{}").status,
              400);
  }
}

}  // namespace
}  // namespace titan::server_lite
