// One connection with a clock of the test's, on a pair of sockets: what it takes, sends and waits
// for, and when it ends.
#include "server-lite/front_door/connection.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "server-lite/front_door/limits.hpp"
#include "tests/server-lite/front_door/raw_client.hpp"

namespace titan::front_door {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Answers "/now…" at once; the rest is handed over.
class FakeHandler final : public Handler {
 public:
  std::optional<HttpResponse> answer_at_once(const HttpRequest& request, const Peer&) override {
    if (!request.target.starts_with("/now")) return std::nullopt;
    return HttpResponse{.status = 200, .body = request.method + request.target + request.body};
  }
  Reply answer(const HttpRequest&, const Peer&) override { return HttpResponse{}; }
  HttpResponse refuse(int status, const std::string& message) override {
    return {.status = status, .body = message};
  }
};

class FakeParked final : public Parked {
 public:
  explicit FakeParked(std::optional<bool>& alive, milliseconds time) : alive_(alive), time_(time) {
    alive_ = true;
  }
  ~FakeParked() override { alive_ = false; }
  [[nodiscard]] milliseconds time() const override { return time_; }
  void begin(std::function<void()> wake) override { wake_ = std::move(wake); }
  Reply answer() override { return HttpResponse{.status = 200, .body = "news"}; }
  HttpResponse give_up() override { return {.status = 204}; }

 private:
  std::optional<bool>& alive_;
  milliseconds time_;
  std::function<void()> wake_;
};

class ConnectionTest : public ::testing::Test, public Connection::Surroundings {
 protected:
  ConnectionTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    client_ = Descriptor(ends[0]);
    connection_ = std::make_unique<Connection>(0, std::make_unique<Socket>(Descriptor(ends[1])),
                                               Peer{.address = "unix"}, *this, now_);
  }

  Handler& handler() override { return handler_; }
  Numbers& numbers() override { return numbers_; }
  std::span<char> scratch() override { return scratch_; }
  std::string_view date() override { return {}; }
  Spool& spool() override { return spool_; }
  bool hand_over(Connection&, std::uint64_t number, HttpRequest request, BodyBuffer body) override {
    if (full_) return false;
    if (body.size() > 0) request.body = body.take().value();
    handed_over_.emplace_back(number, std::move(request));
    return true;
  }
  void flush_soon(Connection&, Moment) override { flushes_ = true; }
  std::function<void()> waker(Connection&, std::uint64_t) override {
    return [this] { ++wakes_; };
  }

  void send(std::string_view bytes) {
    while (!bytes.empty() && !connection_->is_closed()) {
      const auto put = ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
      while (connection_->wants_input() && has_input()) connection_->on_event(true, false, now_);
      flush();
    }
  }
  // As the loop does when it has read of all.
  void flush() {
    while (std::exchange(flushes_, false)) connection_->on_event(false, true, now_);
  }
  bool has_input() {
    char byte = 0;
    return ::recv(connection_->number(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  }
  // All that has come to the client.
  std::string received() {
    flush();
    std::string all;
    std::array<char, 65536> part{};
    while (true) {
      const auto got = ::recv(client_.get(), part.data(), part.size(), 0);
      if (got <= 0) return all;
      all.append(part.data(), static_cast<std::size_t>(got));
    }
  }
  void pass(milliseconds time) {
    now_ += time;
    connection_->check_deadlines(now_);
    flush();
  }
  void hang_up() {
    client_.close();
    connection_->on_event(true, false, now_);
  }
  void complete(std::string body) {
    connection_->complete(handed_over_.back().first, HttpResponse{.body = std::move(body)}, now_);
    flush();
  }
  void complete_in_file(const std::string& body) {
    connection_->complete(handed_over_.back().first,
                          ResponseInFile{.head = {}, .body = spool_.share("it", body).value()},
                          now_);
    flush();
  }
  std::uint64_t counted(Limit limit) { return numbers_.limits[static_cast<std::size_t>(limit)]; }

  Moment now_ = {};
  FakeHandler handler_;
  Numbers numbers_;
  std::vector<char> scratch_ = std::vector<char>(65536);
  Spool spool_{"/tmp", 3'000'000};
  bool full_ = false;
  bool flushes_ = false;
  int wakes_ = 0;
  std::vector<std::pair<std::uint64_t, HttpRequest>> handed_over_;
  Descriptor client_{-1};
  std::unique_ptr<Connection> connection_;
};

std::string answer_text(const std::string& body, const std::string& more = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more +
         "\r\n" + body;
}

TEST_F(ConnectionTest, AnswersOneRequestAfterTheOther) {
  send(get("/now/1"));
  EXPECT_EQ(received(), answer_text("GET/now/1"));
  send(get("/later"));
  EXPECT_EQ(received(), "");
  complete("x");
  EXPECT_EQ(received(), answer_text("x"));
  EXPECT_FALSE(connection_->is_closed());
}

TEST_F(ConnectionTest, AnswersPipelinedRequestsInOrder) {
  send(get("/now/1") + get("/later") + get("/now/2") + get("/now/3"));
  EXPECT_EQ(received(), answer_text("GET/now/1"));
  complete("x");
  EXPECT_EQ(received(), answer_text("x") + answer_text("GET/now/2") + answer_text("GET/now/3"));
}

TEST_F(ConnectionTest, SendsNothingBeforeTheLoopHasReadOfOthersToo) {
  const std::string requests = get("/now/1") + get("/now/2");
  ASSERT_EQ(::send(client_.get(), requests.data(), requests.size(), 0), requests.size());
  connection_->on_event(true, false, now_);
  EXPECT_TRUE(std::exchange(flushes_, false));
  EXPECT_EQ(received(), "");
  EXPECT_FALSE(connection_->wants_output()) << "the loop need not be told by the kernel";
  connection_->on_event(false, true, now_);
  EXPECT_EQ(received(), answer_text("GET/now/1") + answer_text("GET/now/2"));
}

TEST_F(ConnectionTest, GoesOnWithRequestsThatHadToWaitForRoom) {
  // Many times what may wait to be sent.
  const std::string name(8000, 'n');
  std::string requests;
  std::string answers;
  for (int i = 0; i < 40; ++i) {
    requests += get("/now/" + name);
    answers += answer_text("GET/now/" + name);
  }
  std::string all;
  for (std::size_t at = 0; at < requests.size(); at += 50'000) {
    send(std::string_view(requests).substr(at, 50'000));
    all += received();
  }
  EXPECT_EQ(all.size(), answers.size());
  EXPECT_EQ(all, answers);
}

TEST_F(ConnectionTest, TakesARequestHoweverItIsCutIntoPieces) {
  const std::string request =
      "POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + get("/now");
  const std::string expected = answer_text("POST/nowhello") + answer_text("GET/now");
  for (std::size_t cut = 0; cut <= request.size(); ++cut) {
    send(std::string_view(request).substr(0, cut));
    send(std::string_view(request).substr(cut));
    EXPECT_EQ(received(), expected) << cut;
  }
  for (const char byte : request) send({&byte, 1});
  EXPECT_EQ(received(), expected);
}

TEST_F(ConnectionTest, SaysContinueToWhoWaitsForThat) {
  send("POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(received(), "HTTP/1.1 100 Continue\r\n\r\n");
  send("ab");
  EXPECT_EQ(received(), answer_text("POST/nowab"));
  // Who sends the body at once is not waiting.
  send("POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\na");
  EXPECT_EQ(received(), answer_text("POST/nowa"));
}

TEST_F(ConnectionTest, AnswersHeadWithoutTheBody) {
  send("HEAD /now HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(received(), "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
}

TEST_F(ConnectionTest, EndsWhenTheClientWantsThat) {
  send(get("/now", "Connection: close\r\n") + get("/now"));
  EXPECT_EQ(received(), answer_text("GET/now", "Connection: close\r\n"));
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ConnectionTest, AnswersAClientThatHasEndedItsSide) {
  send(get("/later"));
  ::shutdown(client_.get(), SHUT_WR);
  connection_->on_event(true, false, now_);
  EXPECT_FALSE(connection_->is_closed());
  EXPECT_FALSE(connection_->wants_input());
  complete("x");
  EXPECT_EQ(received(), answer_text("x", "Connection: close\r\n"));
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ConnectionTest, RefusesABadRequestAndLingersSoThatTheAnswerArrives) {
  send("GET /now HTTP/1.1\nHost: a\r\n\r\n");
  EXPECT_TRUE(received().starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_FALSE(connection_->is_closed());
  send(get("/now"));  // thrown away
  EXPECT_EQ(received(), "");
  pass(kLingerTime);
  EXPECT_TRUE(connection_->is_closed());
  EXPECT_EQ(numbers_.refused, 1U);
}

TEST_F(ConnectionTest, TellsAFullQueue) {
  full_ = true;
  send(get("/later"));
  EXPECT_TRUE(received().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_EQ(counted(Limit::queue), 1U);
}

TEST_F(ConnectionTest, KeepsALargeBodyOutOfMemoryAndHandsItOverWhole) {
  std::string body;
  for (int i = 0; body.size() < kBodyInMemoryMax * 3; ++i) body += std::to_string(i);
  send("POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
       "\r\n\r\n" + body);
  ASSERT_EQ(handed_over_.size(), 1U);
  EXPECT_EQ(handed_over_[0].second.body, body);
  EXPECT_EQ(spool_.bytes(), 0U) << "it was taken out of its file";
}

// ---- deadlines ---------------------------------------------------------------------------------

TEST_F(ConnectionTest, CutsWhoIsIdleForTooLongAfterTheLastAnswer) {
  pass(kIdleTime - milliseconds(1));
  send(get("/now"));
  pass(kIdleTime - milliseconds(1));
  EXPECT_FALSE(connection_->is_closed());
  pass(milliseconds(1));
  EXPECT_TRUE(connection_->is_closed());
  EXPECT_EQ(counted(Limit::idle), 1U);
}

TEST_F(ConnectionTest, CutsAHeadThatDripsIn) {
  const std::string head = get("/now");
  for (std::size_t i = 0; i < 10; ++i) {
    send(head.substr(i, 1));
    pass(kHeadTime / 10 - milliseconds(1));
  }
  EXPECT_EQ(received(), "");
  pass(milliseconds(10));
  EXPECT_TRUE(received().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_EQ(counted(Limit::head_time), 1U);
}

TEST_F(ConnectionTest, CutsABodyThatComesTooSlowly) {
  send("POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  for (int second = 0; second < 20; ++second) {
    send(std::string(kBodyBytesPerSecond, 'x'));
    pass(seconds(1));
    EXPECT_EQ(received(), "");
  }
  pass(kBodyGrace);
  EXPECT_TRUE(received().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_EQ(counted(Limit::body_rate), 1U);
}

TEST_F(ConnectionTest, CutsABodyThatCameQuicklyAtFirstJustAsSoon) {
  send("POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  send(std::string(999'999, 'x'));
  pass(kBodyGrace);
  EXPECT_EQ(received(), "");
  pass(kBodyGrace);
  EXPECT_TRUE(received().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST_F(ConnectionTest, CountsWhatLargeBodiesTakeOnTheDiskAndRefusesTooMuch) {
  const std::string head = "POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
  send(head + std::string(500'000, 'x'));
  EXPECT_GT(spool_.bytes(), 200'000U);
  SpoolFile others = spool_.create().value();
  ASSERT_TRUE(others.append(std::string(3'000'000, 'x')));
  send("x");
  EXPECT_TRUE(received().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_EQ(counted(Limit::spool), 1U);
  EXPECT_EQ(spool_.bytes(), others.size());
}

TEST_F(ConnectionTest, CutsAReaderThatIsTooSlow) {
  send(get("/later"));
  complete(std::string(4'000'000, 'x'));
  EXPECT_GT(connection_->unsent(), 0U);
  EXPECT_EQ(numbers_.output_bytes, connection_->unsent());
  std::string got;
  for (int i = 0; i < 12; ++i) {
    std::array<char, kAnswerBytesPerSecond> part{};
    got.append(part.data(),
               static_cast<std::size_t>(::recv(client_.get(), part.data(), part.size(), 0)));
    connection_->on_event(false, true, now_);
    pass(seconds(1));
    EXPECT_FALSE(connection_->is_closed());
  }
  pass(seconds(60));
  EXPECT_TRUE(connection_->is_closed());
  EXPECT_EQ(counted(Limit::answer_rate), 1U);
  EXPECT_EQ(numbers_.output_bytes, 0U);
}

TEST_F(ConnectionTest, CutsAReaderThatWasQuickAtFirstJustAsSoon) {
  send(get("/later"));
  complete(std::string(4'000'000, 'x'));
  while (connection_->unsent() > 300'000) {
    received();
    connection_->on_event(false, true, now_);
  }
  pass(kAnswerGrace);
  EXPECT_FALSE(connection_->is_closed());
  pass(kAnswerGrace);
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ConnectionTest, SendsAnAnswerFromAFileInItsPlace) {
  std::string body;
  for (int i = 0; body.size() < 1'000'000; ++i) body += std::to_string(i) + " ";
  send(get("/later") + get("/now/1"));
  complete_in_file(body);
  EXPECT_EQ(spool_.bytes(), body.size());
  EXPECT_LT(numbers_.output_bytes, 1000U);
  send(get("/now/2"));
  std::string got = received();
  while (connection_->wants_output()) {
    connection_->on_event(false, true, now_);
    got += received();
  }
  const std::string expected =
      answer_text(body) + answer_text("GET/now/1") + answer_text("GET/now/2");
  connection_->on_event(true, false, now_);
  got += received();
  EXPECT_EQ(got.size(), expected.size());
  EXPECT_TRUE(got == expected);
  EXPECT_EQ(spool_.bytes(), 0U);
  EXPECT_EQ(numbers_.output_bytes, 0U);
}

TEST_F(ConnectionTest, AnswersHeadWithTheLengthOfTheFileAlone) {
  send("HEAD /later HTTP/1.1\r\nHost: a\r\n\r\n" + get("/now"));
  complete_in_file("12345");
  EXPECT_EQ(received(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + answer_text("GET/now"));
}

TEST_F(ConnectionTest, ReadsNoFurtherThanItsRoomWhileItAnswers) {
  send(get("/later"));
  const std::string more(1000, 'x');
  for (int i = 0; i < 1000 && connection_->wants_input(); ++i) send(more);
  EXPECT_FALSE(connection_->wants_input());
}

// ---- parked ------------------------------------------------------------------------------------

class ParkedConnectionTest : public ConnectionTest {
 protected:
  void park(milliseconds time) {
    send(get("/later"));
    number_ = handed_over_.back().first;
    connection_->complete(number_, std::make_unique<FakeParked>(alive_, time), now_);
  }
  std::optional<bool> alive_;
  std::uint64_t number_ = 0;
};

TEST_F(ParkedConnectionTest, IsAnsweredWhenItWasWoken) {
  park(seconds(60));
  EXPECT_EQ(numbers_.parked, 1U);
  pass(seconds(59));
  const auto parked = connection_->woken(number_);
  ASSERT_NE(parked, nullptr);
  EXPECT_EQ(connection_->woken(number_), nullptr);
  pass(seconds(59));  // it is with a worker now
  connection_->complete(number_, parked->answer(), now_);
  EXPECT_EQ(received(), answer_text("news"));
  EXPECT_EQ(numbers_.parked, 0U);
}

TEST_F(ParkedConnectionTest, GivesUpWhenItsTimeIsOver) {
  park(seconds(30));
  pass(seconds(29));
  EXPECT_EQ(received(), "");
  pass(seconds(1));
  EXPECT_EQ(received(), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(alive_, false);
  EXPECT_EQ(connection_->woken(number_), nullptr);
}

TEST_F(ParkedConnectionTest, IsForgottenWhenItsClientGoes) {
  park(seconds(60));
  hang_up();
  EXPECT_TRUE(connection_->is_closed());
  EXPECT_EQ(alive_, false);
  EXPECT_EQ(numbers_.parked, 0U);
}

TEST_F(ParkedConnectionTest, GivesUpWhenTheServerStops) {
  park(seconds(60));
  connection_->stop(now_);
  EXPECT_EQ(received(), "HTTP/1.1 204 No Content\r\nRetry-After: 1\r\nConnection: close\r\n\r\n");
  hang_up();
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ParkedConnectionTest, WhatFollowsItWaitsToo) {
  park(seconds(60));
  send(get("/now"));
  EXPECT_EQ(received(), "");
  pass(seconds(60));
  EXPECT_EQ(received(), "HTTP/1.1 204 No Content\r\n\r\n" + answer_text("GET/now"));
}

TEST_F(ConnectionTest, AStopLetsWhatRunsFinish) {
  send(get("/later") + get("/now"));
  connection_->stop(now_);
  EXPECT_FALSE(connection_->is_closed());
  complete("x");
  EXPECT_EQ(received(), answer_text("x", "Connection: close\r\n"));
  EXPECT_FALSE(connection_->is_closed());
  pass(kDrainTime);
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ConnectionTest, AStopAnswersARequestThatWasOnItsWay) {
  connection_->stop(now_);
  pass(kDrainTime - milliseconds(1));
  send(get("/now"));
  EXPECT_EQ(received(), answer_text("GET/now", "Connection: close\r\n"));
  hang_up();
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ConnectionTest, AStopEndsWhatStaysIdle) {
  connection_->stop(now_);
  pass(kDrainTime - milliseconds(1));
  EXPECT_FALSE(connection_->is_closed());
  pass(milliseconds(1));
  EXPECT_TRUE(connection_->is_closed());
}

TEST_F(ConnectionTest, AnAnswerToAnEarlierRequestIsDropped) {
  send(get("/later"));
  complete("x");
  complete("again");
  EXPECT_EQ(received(), answer_text("x"));
}

}  // namespace
}  // namespace titan::front_door
