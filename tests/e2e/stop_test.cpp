// The real server, told to end (SIGTERM) while clients read, write and wait: whoever had its ear
// gets a whole answer, what was answered is there when it is back, and all go on.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <deque>
#include <optional>
#include <set>
#include <thread>

#include "base/clock.hpp"
#include "server-lite/front_door/limits.hpp"
#include "tests/e2e/programs.hpp"
#include "tests/server-lite/front_door/raw_client.hpp"

namespace titan {
namespace {

using front_door::ListenAddress;
using front_door::RawClient;

constexpr int kStops = 4;
constexpr std::size_t kWaiters = 16;
constexpr std::size_t kClients = 3;                  // of each sort
constexpr std::uint64_t kAnswersBetweenStops = 300;  // of all of them

const std::string kEndOfHead = "\r\n\r\n";

int status_in(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}

std::string header_of(const std::string& answer, const std::string& name) {
  const std::string head = answer.substr(0, answer.find(kEndOfHead) + 2);
  const auto found = head.find("\r\n" + name + ": ");
  if (found == std::string::npos) return "";
  const auto start = found + name.size() + 4;
  return head.substr(start, head.find("\r\n", start) - start);
}

bool is_whole(const std::string& answer) {
  const auto end = answer.find(kEndOfHead);
  if (end == std::string::npos) return false;
  const std::string length = header_of(answer, "Content-Length");
  return answer.size() == end + kEndOfHead.size() + (length.empty() ? 0 : std::stoul(length));
}

// Asks again and again, and goes on when the server has gone and come back. What it sent and got no
// byte of an answer to, it counts as not taken.
class LoadingClient {
 public:
  struct Options {
    std::string name = {};
    std::string authorization = {};  // a header, with its line's end
    bool keeps_alive = true;
    bool writes = true;
  };
  LoadingClient(Options options, ListenAddress address)
      : options_(std::move(options)), address_(std::move(address)) {}

  void run(const std::atomic<bool>& ended, std::atomic<std::uint64_t>& answers) {
    for (int i = 0; !ended && wrong_.empty(); ++i) {
      const std::string host = options_.name + "-" + std::to_string(i);
      const auto answer = exchange(options_.writes ? put_of(host) : get_of("read-by-all"));
      if (!answer) {
        if (options_.writes) untaken_.insert(host);
        continue;
      }
      ++answers;
      judge(host, *answer);
    }
  }

  // Of the hosts that it wrote.
  [[nodiscard]] const std::set<std::string>& answered() const { return answered_; }
  [[nodiscard]] const std::set<std::string>& untaken() const { return untaken_; }
  // What should not have happened; empty: nothing.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  [[nodiscard]] std::string head_of(const std::string& method, const std::string& host) const {
    return method + " /v1/hosts/" + host + " HTTP/1.1\r\nHost: localhost\r\n" +
           options_.authorization + (options_.keeps_alive ? "" : "Connection: close\r\n");
  }
  [[nodiscard]] std::string get_of(const std::string& host) const {
    return head_of("GET", host) + "\r\n";
  }
  [[nodiscard]] std::string put_of(const std::string& host) const {
    return head_of("PUT", host) + "Content-Length: 2\r\n\r\n{}";
  }

  // None: nobody was there, or nobody took it.
  std::optional<std::string> exchange(const std::string& request) {
    if (!connection_) connection_ = RawClient::try_connect(address_);
    if (!connection_) {
      std::this_thread::yield();
      return std::nullopt;
    }
    connection_->send(request);
    const std::string answer = connection_->answer();
    const bool goes_on = options_.keeps_alive && header_of(answer, "Connection") != "close";
    if (!goes_on || answer.empty()) connection_.reset();
    return answer.empty() ? std::nullopt : std::optional(answer);
  }

  void judge(const std::string& host, const std::string& answer) {
    const int status = status_in(answer);
    if (!is_whole(answer)) {
      wrong_ = host + ": cut: " + answer;
    } else if (status != (options_.writes ? 201 : 200)) {
      wrong_ = host + ": " + answer;
    } else if (options_.writes) {
      answered_.insert(host);
    }
  }

  const Options options_;
  const ListenAddress address_;
  std::optional<RawClient> connection_;
  std::set<std::string> answered_;
  std::set<std::string> untaken_;
  std::string wrong_;
};

class Stop : public ::testing::Test {
 protected:
  void start() {
    server_.emplace(data_, std::vector<std::string>{}, address_ ? address_->text() : "127.0.0.1:0");
    address_ = server_->address();
  }

  void start_load() {
    const std::string authorization = server_->authorization();
    for (std::size_t i = 0; i < kClients; ++i) {
      const std::string number = std::to_string(i);
      clients_.emplace_back(
          LoadingClient::Options{.name = "kept-" + number, .authorization = authorization},
          *address_);
      clients_.emplace_back(
          LoadingClient::Options{
              .name = "fresh-" + number, .authorization = authorization, .keeps_alive = false},
          *address_);
      clients_.emplace_back(
          LoadingClient::Options{
              .name = "reads-" + number, .authorization = authorization, .writes = false},
          *address_);
    }
    for (LoadingClient& client : clients_) {
      threads_.emplace_back([&] {
        client.run(ended_, answers_);
        ++gone_;
      });
    }
  }

  // Some more answers, so that the load is at work; or something went wrong for good.
  void await_answers() {
    const std::uint64_t enough = answers_ + kAnswersBetweenStops;
    while (answers_ < enough && gone_ == 0) std::this_thread::yield();
  }

  std::deque<RawClient> park() {
    std::deque<RawClient> waiters;
    for (std::size_t i = 0; i < kWaiters; ++i) {
      const std::string body = R"({"bookmark":")" + bookmark_ + R"("})";
      waiters.emplace_back(*address_).send(
          "POST /v1/hosts/waits/sync?wait=60s HTTP/1.1\r\nHost: localhost\r\n" +
          server_->authorization() + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
          body);
    }
    while (server_->metric("titan_http_requests_parked") < kWaiters) std::this_thread::yield();
    return waiters;
  }

  static void expect_sent_home(std::deque<RawClient>& waiters) {
    for (RawClient& waiter : waiters) {
      const std::string answer = waiter.until_closed();
      EXPECT_EQ(status_in(answer), 204) << answer;
      EXPECT_TRUE(is_whole(answer)) << answer;
      EXPECT_EQ(header_of(answer, "Connection"), "close") << answer;
      EXPECT_NE(header_of(answer, "Titan-Poll-After"), "") << answer;
      EXPECT_NE(header_of(answer, "Retry-After"), "") << answer;
    }
  }

  void stop() {
    const auto begun = clock_.monotonic();
    server_->program().signal(SIGTERM);
    EXPECT_EQ(server_->program().wait(), 0);
    EXPECT_LE(clock_.monotonic() - begun, front_door::kStopTime);
  }

  void end_load() {
    ended_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  void expect_writes_kept() {
    std::set<std::string> there;
    const auto hosts = server_->client().list({.kind = model::Kind::host});
    ASSERT_TRUE(hosts);
    for (const auto& host : hosts->items) there.insert(host.name);
    for (const LoadingClient& client : clients_) {
      EXPECT_EQ(client.wrong(), "");
      for (const auto& host : client.answered()) EXPECT_TRUE(there.contains(host)) << host;
      for (const auto& host : client.untaken()) {
        EXPECT_FALSE(there.contains(host)) << host << " was written and never answered";
      }
    }
  }

  testing::TemporaryDirectory folder_;
  std::string data_ = folder_.path() + "/server";
  SystemClock clock_;
  std::optional<ListenAddress> address_;
  std::string bookmark_;  // of a host that there is no news for
  std::optional<testing::RunningServer> server_;
  std::atomic<bool> ended_ = false;
  std::atomic<std::uint64_t> answers_ = 0;
  std::atomic<std::size_t> gone_ = 0;  // clients that ended
  std::deque<LoadingClient> clients_;
  std::vector<std::thread> threads_;
};

TEST_F(Stop, AnswersAllThatItTookAndComesBack) {
  start();
  for (const char* host : {"read-by-all", "waits"}) {
    ASSERT_TRUE(server_->client().put({.name = host, .spec = model::HostSpec{}}));
  }
  server_->settle();
  bookmark_ = server_->client().sync("waits", {})->bookmark.text();
  start_load();
  for (int i = 0; i < kStops; ++i) {
    SCOPED_TRACE("stop " + std::to_string(i));
    await_answers();
    auto waiters = park();
    stop();
    expect_sent_home(waiters);
    start();
  }
  await_answers();
  end_load();
  expect_writes_kept();
}

}  // namespace
}  // namespace titan
