// The front door as a whole, on real sockets.
#include "server-lite/front_door/front_door.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "server-lite/front_door/limits.hpp"
#include "tests/server-lite/front_door/raw_client.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::front_door {
namespace {

// Parks what asks for "/wait" until release(); keeps its thread with "/block" until unblock(), and
// the loop's with "/hold" until unhold(); answers the rest with what was asked.
class EchoHandler final : public Handler {
 public:
  std::optional<HttpResponse> answer_at_once(const HttpRequest& request, const Peer&) override {
    if (request.target == "/hold") wait_until(holds_);
    if (request.target != "/now" && request.target != "/hold") return std::nullopt;
    return HttpResponse{.status = 204};
  }
  Reply answer(const HttpRequest& request, const Peer& peer) override {
    if (request.target == "/wait") return std::make_unique<EchoParked>(*this);
    if (request.target == "/block") wait_until(blocks_);
    if (request.target == "/big") {
      return HttpResponse{.headers = {{"Content-Type", "text/plain"}},
                          .body = std::string(100'000, 'x')};
    }
    if (request.target == "/part") {
      return HttpResponse{.status = 206,
                          .headers = {{"Content-Range", request.headers.at("Range")}},
                          .body = std::string(kBodyInMemoryMax + 1, 'x')};
    }
    return HttpResponse{.body = request.method + " " + request.target + " " +
                                std::to_string(request.body.size()) + " " + peer.address};
  }
  HttpResponse refuse(int status, const std::string& message) override {
    return {.status = status, .body = message};
  }

  void release() {
    const std::lock_guard lock(mutex_);
    for (EchoParked* parked : parked_) parked->wake();
  }
  void unblock() { end(blocks_); }
  void unhold() { end(holds_); }
  std::size_t parked() {
    const std::lock_guard lock(mutex_);
    return parked_.size();
  }

 private:
  class EchoParked final : public Parked {
   public:
    explicit EchoParked(EchoHandler& handler) : handler_(handler) {}
    ~EchoParked() override {
      const std::lock_guard lock(handler_.mutex_);
      std::erase(handler_.parked_, this);
    }
    [[nodiscard]] std::chrono::milliseconds time() const override {
      return std::chrono::minutes(1);
    }
    void begin(std::function<void()> wake) override {
      const std::lock_guard lock(handler_.mutex_);
      wake_ = std::move(wake);
      handler_.parked_.push_back(this);
    }
    Reply answer() override { return HttpResponse{.body = "news"}; }
    HttpResponse give_up() override { return {.headers = {{"Retry-After", "1"}}, .body = "none"}; }
    void wake() { wake_(); }

   private:
    EchoHandler& handler_;
    std::function<void()> wake_;
  };

  void wait_until(const bool& waits) {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [&waits] { return !waits; });
  }
  void end(bool& waits) {
    const std::lock_guard lock(mutex_);
    waits = false;
    told_.notify_all();
  }

  std::mutex mutex_;  // guards the next
  std::vector<EchoParked*> parked_;
  bool blocks_ = true;
  bool holds_ = true;
  std::condition_variable told_;
};

class FrontDoorTest : public ::testing::Test {
 protected:
  FrontDoorTest() {
    door_ = FrontDoor::open(
                {
                    .listen = {{.host = "127.0.0.1"}, {.path = folder_.path() + "/s"}},
                },
                spool_, handler_)
                .value();
    thread_ = std::thread([this] { door_->serve(); });
  }
  ~FrontDoorTest() override {
    handler_.unblock();
    handler_.unhold();
    stop();
  }
  void stop() {
    door_->stop();
    if (thread_.joinable()) thread_.join();
  }
  const ListenAddress& tcp() { return door_->addresses()[0]; }
  const ListenAddress& unix_socket() { return door_->addresses()[1]; }

  testing::TemporaryDirectory folder_;
  Spool spool_{folder_.path()};
  EchoHandler handler_;
  std::unique_ptr<FrontDoor> door_;
  std::thread thread_;
};

std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

TEST_F(FrontDoorTest, ServesTcpAndUnixSockets) {
  RawClient tcp_client(tcp());
  RawClient unix_client(unix_socket());
  for (int i = 0; i < 3; ++i) {
    tcp_client.send(get("/a"));
    EXPECT_EQ(body_of(tcp_client.answer()), "GET /a 0 127.0.0.1");
    unix_client.send(get("/b"));
    EXPECT_EQ(body_of(unix_client.answer()), "GET /b 0 unix");
    unix_client.send(get("/now"));
    EXPECT_TRUE(unix_client.answer().starts_with("HTTP/1.1 204 No Content\r\nDate: "));
  }
  struct stat socket {};
  ASSERT_EQ(::stat(unix_socket().path.c_str(), &socket), 0);
  EXPECT_EQ(socket.st_mode & 0777U, 0660U);
}

TEST_F(FrontDoorTest, AnswersManyPipelinedRequestsInOrder) {
  RawClient client(tcp());
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += get("/" + std::to_string(i));
  client.send(requests);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(body_of(client.answer()), "GET /" + std::to_string(i) + " 0 127.0.0.1");
  }
}

// Answers of workers go out together, but not when the last of them takes long.
TEST_F(FrontDoorTest, AQuickAnswerWaitsForNoSlowOneBehindIt) {
  RawClient first(tcp());
  RawClient quick(tcp());
  std::vector<std::unique_ptr<RawClient>> slow;
  for (std::size_t i = 0; i < kWorkers; ++i) slow.push_back(std::make_unique<RawClient>(tcp()));
  // What a connection brings along is read as it is accepted, before what others have sent earlier.
  while (door_->numbers().connections < kWorkers + 2) std::this_thread::yield();
  first.send(get("/hold"));
  // The loop finds all of these at once, and gives them to the workers together.
  quick.send(get("/quick"));
  for (const auto& client : slow) client->send(get("/block"));
  handler_.unhold();
  EXPECT_EQ(body_of(quick.answer()), "GET /quick 0 127.0.0.1");
  handler_.unblock();
  for (const auto& client : slow) EXPECT_EQ(body_of(client->answer()), "GET /block 0 127.0.0.1");
}

TEST_F(FrontDoorTest, TakesLargeBodiesAndRefusesLargerOnes) {
  RawClient client(tcp());
  client.send("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n" +
              std::string(8'388'608, 'x'));
  EXPECT_EQ(body_of(client.answer()), "PUT /a 8388608 127.0.0.1");
  client.send("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8388609\r\n\r\n");
  EXPECT_TRUE(client.until_closed().starts_with("HTTP/1.1 413 Content Too Large\r\n"));
}

TEST_F(FrontDoorTest, HandsARangeOnAndSendsAPartAsItIs) {
  RawClient client(tcp());
  client.send(get("/part", "Range: bytes=5-\r\nAccept-Encoding: gzip\r\n"));
  const std::string answer = client.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 206 Partial Content\r\n")) << answer.substr(0, 200);
  EXPECT_NE(answer.find("Content-Range: bytes=5-\r\n"), std::string::npos);
  EXPECT_EQ(body_of(answer), std::string(kBodyInMemoryMax + 1, 'x'));
  // One value, or none that counts: several could be read in two ways.
  client.send(get("/part", "Range: bytes=5-\r\nRange: bytes=6-\r\n"));
  EXPECT_TRUE(client.until_closed().starts_with("HTTP/1.1 400 "));
}

TEST_F(FrontDoorTest, CompressesLargeAnswersForWhoTakesThat) {
  RawClient client(tcp());
  client.send(get("/big"));
  EXPECT_EQ(body_of(client.answer()).size(), 100'000U);
  client.send(get("/big", "Accept-Encoding: deflate, gzip;q=0.5\r\n"));
  const std::string packed = client.answer();
  EXPECT_NE(packed.find("Content-Encoding: gzip\r\n"), std::string::npos);
  EXPECT_LT(packed.size(), 2'000U);
  client.send(get("/big", "Accept-Encoding: gzip;q=0\r\n"));
  EXPECT_EQ(body_of(client.answer()).size(), 100'000U);
}

TEST_F(FrontDoorTest, WakesParkedRequestsWithoutAThreadEach) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawClient>(tcp()));
    clients.back()->send(get("/wait"));
  }
  while (handler_.parked() < clients.size()) std::this_thread::yield();
  EXPECT_EQ(door_->numbers().parked, clients.size());
  RawClient other(tcp());
  other.send(get("/a"));
  EXPECT_EQ(body_of(other.answer()), "GET /a 0 127.0.0.1");
  handler_.release();
  for (const auto& client : clients) EXPECT_EQ(body_of(client->answer()), "news");
  EXPECT_EQ(door_->numbers().parked, 0U);
}

TEST_F(FrontDoorTest, ForgetsAParkedRequestWhoseClientHasGone) {
  auto client = std::make_unique<RawClient>(tcp());
  client->send(get("/wait"));
  while (handler_.parked() < 1) std::this_thread::yield();
  client.reset();
  while (handler_.parked() > 0) std::this_thread::yield();
}

TEST_F(FrontDoorTest, AStopAnswersWhatWasTakenAndTellsTheParked) {
  RawClient parked(tcp());
  parked.send(get("/wait"));
  while (handler_.parked() < 1) std::this_thread::yield();
  RawClient idle(tcp());
  idle.send(get("/a"));
  EXPECT_EQ(body_of(idle.answer()), "GET /a 0 127.0.0.1");
  stop();
  const std::string told = parked.until_closed();
  EXPECT_NE(told.find("Retry-After: 1\r\n"), std::string::npos);
  EXPECT_NE(told.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(idle.until_closed(), "");
  EXPECT_EQ(door_->numbers().connections, 0U);
}

// Clients that ask all the time, while the door closes: each answer is whole, or there is none.
TEST_F(FrontDoorTest, AStopCutsNoAnswer) {
  std::atomic<int> cut = 0;
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      RawClient client(tcp());
      while (true) {
        client.send(get("/big"));
        const std::string answer = client.answer();
        if (answer.empty()) return;
        body_of(answer).size() == 100'000 ? ++answered : ++cut;
      }
    });
  }
  while (answered < 100) std::this_thread::yield();
  stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cut, 0);
}

TEST_F(FrontDoorTest, RefusesAnAddressThatIsTaken) {
  EchoHandler handler;
  EXPECT_FALSE(FrontDoor::open({.listen = {tcp()}}, spool_, handler));
  EXPECT_FALSE(FrontDoor::open({.listen = {unix_socket()}}, spool_, handler));
}

TEST_F(FrontDoorTest, ReplacesTheUnixSocketOfADeadServer) {
  const ListenAddress address = unix_socket();
  stop();
  EchoHandler handler;
  EXPECT_TRUE(FrontDoor::open({.listen = {address}}, spool_, handler));
}

TEST(FrontDoor, StopsAlsoWhenItWasToldToBeforeItServes) {
  EchoHandler handler;
  Spool spool("/tmp");
  const auto door = FrontDoor::open({.listen = {{.host = "127.0.0.1"}}}, spool, handler).value();
  door->stop();
  door->serve();
}

}  // namespace
}  // namespace titan::front_door
