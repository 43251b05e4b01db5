// Two more attacks of The Update Framework (section 1.5.2): data without an end, and data that
// comes too slowly. Somebody between a host and its server answers one of its requests himself,
// over a real connection. Within one poll the host gives up, keeps what it has, remembers nothing
// of what came, and says so in `titan-agent status`.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "client/http_transport.hpp"
#include "tests/agent/attack_variants.hpp"
#include "tests/agent/test_host.hpp"
#include "tests/client/loopback_server.hpp"

namespace titan::agent {
namespace {

using client::HttpTransport;
using client::LoopbackServer;
using std::chrono::milliseconds;
using titan::testing::AttackVariants;
using titan::testing::TestHost;
using titan::testing::TestServer;
using Outcome = StepResult::Outcome;

// Goes to the attacker for one target, and to the real server for all else.
class ForkedTransport final : public Transport {
 public:
  ForkedTransport(Transport& real, Transport& attacker, std::string target)
      : real_(real), attacker_(attacker), target_(std::move(target)) {}
  Result<HttpResponse> send(const HttpRequest& request) override {
    const bool attacked = request.target.find(target_) != std::string::npos;
    return (attacked ? attacker_ : real_).send(request);
  }

 private:
  Transport& real_;
  Transport& attacker_;
  const std::string target_;
};

// `piece` after `piece`, with a pause before each, until nobody listens any more.
struct Flow {
  const char* name = "";
  std::string head = {};
  std::string piece = {};
  milliseconds pause{};
};

bool send_all(int socket, const std::string& bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
}

// Waits, or until the host has closed: then false.
bool pause(int socket, milliseconds time) {
  if (time.count() == 0) return true;
  timeval timeout{.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  char byte = 0;
  return ::recv(socket, &byte, 1, 0) < 0;
}

LoopbackServer::Script script_of(const Flow& flow) {
  return [flow](LoopbackServer::Peer& peer, std::vector<std::string>& requests) {
    requests.push_back(peer.read_request());
    peer.write(flow.head);
    while (pause(peer.socket(), flow.pause) &&
           (flow.piece.empty() || send_all(peer.socket(), flow.piece))) {
    }
  };
}

// What a host asks for in a run that brings news.
constexpr const char* kTargets[] = {"/v1/sessions/challenge", "/sync", "/v1/blobs/"};

class StallingAttack : public ::testing::Test {
 protected:
  StallingAttack() {
    server_.put_prod();
    host_.once_done();
  }
  nlohmann::json desired() {
    return parse_json(host_.state().disk().read("state.json", 1U << 20U).value())
        .value()["applied"];
  }

  // One poll with news, in which the answer to one request flows like this.
  void expect_given_up(const Flow& flow, const std::string& target,
                       const HttpTransport::Options& options, const std::string& code) {
    const std::string what = std::string(flow.name) + " for " + target;
    server_.put_template("service", what + "\n");
    const auto files = host_.files();
    const auto applied = desired();
    if (target == kTargets[0]) host_.reboot();
    {
      LoopbackServer attacker({script_of(flow)});
      const auto attacked = HttpTransport::open(attacker.url(), options).value();
      host_.between = [&](Transport& real) -> std::unique_ptr<Transport> {
        return std::make_unique<ForkedTransport>(real, *attacked, target);
      };
      const StepResult result = host_.once().value();
      EXPECT_EQ(result.outcome, Outcome::retry) << what;
      EXPECT_EQ(result.applied + result.removed, 0U) << what;
      host_.between = nullptr;
    }
    EXPECT_EQ(host_.files(), files) << what;
    EXPECT_EQ(desired(), applied) << what;
    ASSERT_TRUE(host_.status().memory.last_failure) << what;
    EXPECT_EQ(host_.status().memory.last_failure->what, code)
        << what << ": " << host_.status().memory.last_failure->message;
    EXPECT_NE(host_.status_text().find("last failure   " + code), std::string::npos) << what;
    variants_.note(what);
    // Then the real server is heard again, and all is well.
    host_.once_done();
    EXPECT_EQ(host_.files().at("etc/prod.conf"), what + "\n");
  }

  TestServer server_;
  TestHost host_{server_};
  AttackVariants variants_;
};

TEST_F(StallingAttack, EndlessDataEndsAtALimitAndIsNoticed) {
  const std::string line = "HTTP/1.1 200 OK\r\n";
  const std::string many(4096, 'x');
  std::string headers;
  std::string continues;
  for (int i = 0; i < 100; ++i) {
    headers += "X-Header: value\r\n";
    continues += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  const Flow flows[] = {
      {"a body of 4 GB", line + "Content-Length: 4000000000\r\n\r\n", many},
      {"a body of no length", line + "\r\n", many},
      {"chunks without an end", line + "Transfer-Encoding: chunked\r\n\r\n",
       "1000\r\n" + many + "\r\n"},
      {"headers without an end", line, headers},
      {"a header without an end", line + "X-Header: ", many},
      {"a first line without an end", "HTTP/1.1 200 ", many},
      {"an error without an end", "HTTP/1.1 503 Service Unavailable\r\n\r\n", many},
      {"answers that come before the answer", "", continues},
  };
  for (const Flow& flow : flows) {
    for (const char* target : kTargets) {
      expect_given_up(flow, target, {.answer_bytes_max = 100'000}, "exhausted");
    }
  }
  variants_.expect_enough();
}

TEST_F(StallingAttack, SlowRetrievalEndsInTimeAndIsNoticed) {
  const std::string line = "HTTP/1.1 200 OK\r\n";
  const milliseconds drip{2};
  const milliseconds silence{1000};
  const Flow flows[] = {
      {"no answer at all", "", "", silence},
      {"half a first line", "HTTP/1.1 2", "", silence},
      {"half a head", line + "Content-Length: 10\r\n", "", silence},
      {"half a body", line + "Content-Length: 10\r\n\r\nhalf", "", silence},
      {"a body that drips", line + "Content-Length: 100000\r\n\r\n", "x", drip},
      {"chunks that drip", line + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", drip},
      {"a head that drips", line + "X-Header: ", "x", drip},
  };
  for (const Flow& flow : flows) {
    for (const char* target : kTargets) {
      expect_given_up(flow, target,
                      {.read_timeout = milliseconds(50), .answer_timeout = milliseconds(50)},
                      "unavailable");
    }
  }
  variants_.expect_enough();
}

}  // namespace
}  // namespace titan::agent
