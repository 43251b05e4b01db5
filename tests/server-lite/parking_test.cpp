// Requests that wait: Parking by itself, and the routes with `wait`.
#include "server-lite/parking.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

#include "server-lite/limits.hpp"
#include "server-lite/parked_question.hpp"
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

TEST(Parking, WakesThoseWhoseInterestIsMetAndNobodyElse) {
  Parking parking;
  int woken = 0;
  int other = 0;
  int asked = 0;
  const auto first = parking.park(anything, [&] { ++woken; });
  const auto second = parking.park(
      [&](std::span<const model::Change> changes) {
        ++asked;
        return changes.front().seq == 8;
      },
      [&] { ++other; });
  parking.wake({&kChange, 1});
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(other, 0);
  EXPECT_EQ(asked, 1);
  model::Change next = kChange;
  next.seq = 8;
  parking.wake({&next, 1});
  EXPECT_EQ(other, 1);
  EXPECT_EQ(woken, 1) << "woken once";
}

TEST(Parking, ForgetsWhoHasGone) {
  Parking parking;
  bool woken = false;
  auto spot = parking.park(anything, [&] { woken = true; });
  EXPECT_EQ(parking.count(), 1U);
  spot.reset();
  EXPECT_EQ(parking.count(), 0U);
  parking.wake({&kChange, 1});
  EXPECT_FALSE(woken);
}

TEST(Parking, CloseWakesAllAndNobodyWaitsAfterIt) {
  Parking parking;
  int woken = 0;
  const auto one = parking.park(nothing, [&] { ++woken; });
  parking.close();
  EXPECT_EQ(woken, 1);
  EXPECT_TRUE(parking.is_closed());
  const auto late = parking.park(nothing, [&] { ++woken; });
  EXPECT_EQ(woken, 2);
}

// A question whose answer is there when `news` is.
class FakeQuestion final : public Question {
 public:
  FakeQuestion(const bool& news, int& asked) : news_(news), asked_(asked) {}
  bool matters(std::span<const model::Change>) override { return true; }
  bool may_have_news() override { return news_; }
  std::optional<Response> ask() override {
    ++asked_;
    return news_ ? std::optional(Response{.status = 200}) : std::nullopt;
  }
  Response no_news() override { return {.status = 204}; }

 private:
  const bool& news_;
  int& asked_;
};

class ParkedQuestionTest : public ::testing::Test {
 protected:
  Reply ask(seconds wait) {
    return ask_or_park(std::make_unique<FakeQuestion>(news_, asked_), wait, parking_, clock_);
  }
  static std::unique_ptr<front_door::Parked> parked(Reply reply) {
    return std::get<std::unique_ptr<front_door::Parked>>(std::move(reply));
  }
  static int status(const Reply& reply) { return std::get<HttpResponse>(reply).status; }

  Parking parking_;
  testing::FakeClock clock_;
  bool news_ = false;
  int asked_ = 0;
};

TEST_F(ParkedQuestionTest, AnswersAtOnceWhatIsKnownOrMayNotWait) {
  EXPECT_EQ(status(ask(seconds(0))), 204);
  news_ = true;
  EXPECT_EQ(status(ask(seconds(60))), 200);
  news_ = false;
  parking_.close();
  EXPECT_EQ(status(ask(seconds(60))), 204);
}

TEST_F(ParkedQuestionTest, IsWokenByWhatComesAndByWhatCameJustBefore) {
  int woken = 0;
  const auto waiting = parked(ask(seconds(60)));
  waiting->begin([&] { ++woken; });
  EXPECT_EQ(woken, 0);
  news_ = true;
  parking_.wake({&kChange, 1});
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(status(waiting->answer()), 200);
  EXPECT_EQ(parking_.count(), 0U);

  news_ = false;
  const auto late = parked(ask(seconds(60)));
  news_ = true;
  late->begin([&] { ++woken; });
  EXPECT_EQ(woken, 2);
}

TEST_F(ParkedQuestionTest, WaitsOnWhenItWasWokenInVain) {
  const auto waiting = parked(ask(seconds(60)));
  waiting->begin([] {});
  clock_.advance(seconds(20));
  const auto again = parked(waiting->answer());
  EXPECT_EQ(again->time(), seconds(40));
  clock_.advance(seconds(40));
  EXPECT_EQ(again->time(), seconds(0));
  EXPECT_EQ(status(again->answer()), 204);
  EXPECT_EQ(asked_, 3);
}

TEST_F(ParkedQuestionTest, GivesUpWithoutAskingAgain) {
  const auto waiting = parked(ask(seconds(60)));
  waiting->begin([] {});
  EXPECT_EQ(waiting->give_up().status, 204);
  EXPECT_EQ(asked_, 1);
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
