#include "agent/prober.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/limits.hpp"
#include "model/limits.hpp"
#include "tests/client/loopback_server.hpp"
#include "tests/support/fake_process_runner.hpp"
#include "tests/support/temporary_directory.hpp"

namespace titan::agent {
namespace {

using client::LoopbackServer;
using model::HealthCheck;
using std::chrono::seconds;
using testing::FakeProcessRunner;

constexpr seconds kTimeout{5};

// "" when the check holds, else what is said.
struct Said {
  std::string text = {};
  std::string output = {};
};

Said ask(ProcessRunner& processes, const HealthCheck& check, const std::string& folder = "",
         seconds timeout = kTimeout) {
  SystemProber prober(processes);
  OutputTail output(model::kOutputBytesMax);
  const auto held = prober.probe(check, timeout, folder, output);
  return {held ? "" : held.error().text(), output.text()};
}

Said ask(const HealthCheck& check, seconds timeout = kTimeout) {
  FakeProcessRunner processes;
  return ask(processes, check, "", timeout);
}

HealthCheck exec(std::vector<std::string> command) {
  return {.kind = HealthCheck::Kind::exec, .command = std::move(command)};
}

HealthCheck http(const std::string& url, std::uint32_t status = 0) {
  return {.kind = HealthCheck::Kind::http, .url = url, .status = status};
}

HealthCheck tcp(const std::string& address) {
  return {.kind = HealthCheck::Kind::tcp, .address = address};
}

HealthCheck unit(const std::string& name) {
  return {.kind = HealthCheck::Kind::systemd, .unit = name};
}

// A port of loopback that is bound, so that nobody else gets it, but where nothing listens.
class DeafPort {
 public:
  DeafPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, raw, size), 0);
    EXPECT_EQ(::getsockname(socket_, raw, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~DeafPort() { ::close(socket_); }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  [[nodiscard]] int socket() const { return socket_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

TEST(Prober, RunsAProgramInTheFolderWithTheTimeout) {
  FakeProcessRunner processes;
  processes.answer(Outcome{.output = "fine\n"});
  const Said said = ask(processes, exec({"bin/check", "--fast"}), "/var/lib/x", seconds(7));
  EXPECT_EQ(said.text, "");
  EXPECT_EQ(said.output, "") << "of a check that holds nothing is kept";
  const Command& command = processes.commands().at(0);
  EXPECT_EQ(command.arguments, (std::vector<std::string>{"bin/check", "--fast"}));
  EXPECT_EQ(command.directory, "/var/lib/x");
  EXPECT_EQ(command.timeout, seconds(7));
}

TEST(Prober, SaysHowAProgramEndedAndWhatItWrote) {
  struct Row {
    Result<Outcome> outcome;
    const char* text;
    const char* output;
  };
  const Row rows[] = {
      {Outcome{.exit_code = 3, .output = "one", .errors = "two\n"}, "/opt/check ended with 3",
       "one\ntwo\n"},
      {Outcome{.exit_code = 137}, "/opt/check ended with 137", ""},
      {Outcome{.exit_code = 137, .output = "slow", .timed_out = true},
       "/opt/check had not ended after 5 s", "slow\n"},
      {Outcome{.exit_code = 0, .timed_out = true}, "/opt/check had not ended after 5 s", ""},
      {not_found("starting \"/opt/check\": no such file"), "starting \"/opt/check\": no such file",
       ""},
  };
  for (const Row& row : rows) {
    FakeProcessRunner processes;
    processes.answer(row.outcome);
    const Said said = ask(processes, exec({"/opt/check", "--token", "hunter2"}));
    EXPECT_EQ(said.text, row.text);
    EXPECT_EQ(said.output, row.output);
  }
  EXPECT_EQ(ask(exec({})).text, "the check names no program");
}

TEST(Prober, RunsRealPrograms) {
  SystemProcessRunner processes;
  testing::TemporaryDirectory folder;
  EXPECT_EQ(ask(processes, exec({"true"}), folder.path()).text, "");
  EXPECT_EQ(ask(processes, exec({"false"})).text, "false ended with 1");
  const Said loud = ask(processes, exec({"sh", "-c", "pwd; seq 1 5000; exit 9"}), folder.path());
  EXPECT_EQ(loud.text, "sh ended with 9");
  EXPECT_EQ(loud.output.size(), model::kOutputBytesMax);
  EXPECT_TRUE(loud.output.ends_with("\n4999\n5000\n"));
  const Said gone = ask(processes, exec({"./no-such-check"}), folder.path());
  EXPECT_NE(gone.text.find("no-such-check"), std::string::npos) << gone.text;
}

TEST(Prober, AsksSystemdWhetherAUnitIsActive) {
  FakeProcessRunner processes;
  processes.answer(Outcome{.output = "active\n"});
  EXPECT_EQ(ask(processes, unit("mosquitto.service")).text, "");
  EXPECT_EQ(processes.commands().at(0).arguments,
            (std::vector<std::string>{"systemctl", "is-active", "--", "mosquitto.service"}));
}

TEST(Prober, SaysInWhichStateAUnitIs) {
  struct Row {
    std::vector<Result<Outcome>> outcomes;
    const char* text;
    const char* output;
  };
  const Row rows[] = {
      {{Outcome{.exit_code = 3, .output = "activating\n"}},
       "mosquitto.service is activating, expected active",
       ""},
      {{Outcome{.exit_code = 3, .output = "failed\n"},
        Outcome{.exit_code = 3, .output = "Main process exited\n"}},
       "mosquitto.service is failed, expected active",
       "Main process exited\n"},
      {{Outcome{.exit_code = 3, .output = "failed\n"}, unavailable("no")},
       "mosquitto.service is failed, expected active",
       ""},
      {{Outcome{.exit_code = 4, .output = "inactive\n"}},
       "mosquitto.service is inactive, expected active",
       ""},
      {{Outcome{.exit_code = 1, .errors = "Failed to connect to bus\nmore\n"}},
       "systemctl does not say whether mosquitto.service is active: Failed to connect to bus",
       "Failed to connect to bus\nmore\n"},
      {{Outcome{.exit_code = 1}},
       "systemctl does not say whether mosquitto.service is active: it printed nothing",
       ""},
      {{Outcome{.exit_code = 137, .timed_out = true}},
       "systemctl did not say within 5 s whether mosquitto.service is active",
       ""},
      {{not_found("starting \"systemctl\": it does not exist")},
       "systemctl cannot be asked: starting \"systemctl\": it does not exist",
       ""},
  };
  for (const Row& row : rows) {
    FakeProcessRunner processes;
    for (const auto& outcome : row.outcomes) processes.answer(outcome);
    const Said said = ask(processes, unit("mosquitto.service"));
    EXPECT_EQ(said.text, row.text);
    EXPECT_EQ(said.output, row.output);
    EXPECT_EQ(processes.commands().size(), row.outcomes.size());
  }
}

// A server that answers one request with these bytes.
LoopbackServer::Script answering(const std::string& bytes) {
  return [bytes](LoopbackServer::Peer& peer, std::vector<std::string>& requests) {
    requests.push_back(peer.read_request());
    peer.write(bytes);
  };
}

std::string answer_with(int status, const std::string& body = "") {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(Prober, GetsAUrlAndLooksAtItsStatus) {
  struct Row {
    std::uint32_t wanted;
    int status;
    const char* text;  // after the URL
  };
  const Row rows[] = {
      {0, 200, ""},
      {0, 204, ""},
      {0, 299, ""},
      {0, 301, ": status 301, expected 200 to 299"},
      {0, 503, ": status 503, expected 200 to 299"},
      {401, 401, ""},
      {302, 302, ""},
      {401, 200, ": status 200, expected 401"},
  };
  for (const Row& row : rows) {
    LoopbackServer server({answering(answer_with(row.status))});
    const std::string text = row.text;
    EXPECT_EQ(ask(http(server.url() + "/health", row.wanted)).text,
              text.empty() ? "" : server.url() + "/health" + text);
    const auto requests = server.finish();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_TRUE(requests.at(0).starts_with("GET /health HTTP/1.1\r\n")) << requests.at(0);
  }
}

TEST(Prober, SplitsAUrlAsTheServerWantsIt) {
  struct Row {
    const char* rest;
    const char* target;
  };
  const Row rows[] = {
      {"", "/"},         {"/", "/"},        {"/a/b", "/a/b"}, {"/a?b=/c&d=e", "/a?b=/c&d=e"},
      {"?x=1", "/?x=1"}, {"/a#part", "/a"}, {"#part", "/"},   {"/a:b@c", "/a:b@c"},
  };
  for (const Row& row : rows) {
    LoopbackServer server({answering(answer_with(200))});
    EXPECT_EQ(ask(http(server.url() + row.rest)).text, "") << row.rest;
    const auto requests = server.finish();
    ASSERT_EQ(requests.size(), 1U) << row.rest;
    EXPECT_TRUE(requests.at(0).starts_with("GET " + std::string(row.target) + " HTTP/1.1\r\n"))
        << requests.at(0);
  }
}

TEST(Prober, KeepsTheBodyOfAnAnswerThatIsNotWanted) {
  LoopbackServer server(
      {answering(answer_with(500, "the database is away")), answering(answer_with(200, "fine"))});
  EXPECT_EQ(ask(http(server.url())).output, "the database is away");
  EXPECT_EQ(ask(http(server.url())).output, "");
}

TEST(Prober, ShowsNoQueryOfAUrl) {
  LoopbackServer server({answering(answer_with(403))});
  EXPECT_EQ(ask(http(server.url() + "/a?token=hunter2")).text,
            server.url() + "/a: status 403, expected 200 to 299");
}

TEST(Prober, SaysWhyNothingAnsweredAUrl) {
  const DeafPort deaf;
  const std::string url = "http://127.0.0.1:" + deaf.port();
  EXPECT_EQ(ask(http(url + "/x")).text, url + "/x: cannot connect");

  LoopbackServer cut({answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")});
  EXPECT_TRUE(ask(http(cut.url())).text.starts_with(cut.url() + ": the connection"));

  LoopbackServer endless({answering(answer_with(200, std::string(kProbeAnswerBytesMax + 1, 'x')))});
  EXPECT_EQ(ask(http(endless.url())).text,
            endless.url() + ": the answer is longer than 1048576 bytes");
}

TEST(Prober, DoesNotWaitForAServerThatSaysNothing) {
  LoopbackServer silent({[](LoopbackServer::Peer& peer, std::vector<std::string>&) {
    peer.read_request();
    peer.read_request();  // until the client lets go
  }});
  EXPECT_NE(ask(http(silent.url()), seconds(0)).text, "");
}

TEST(Prober, RefusesUrlsThatItCannotAsk) {
  for (const char* url :
       {"", "localhost:80", "ftp://x/", "http://", "http:///a", "http://x:0/", "http://x:99999/",
        "http://127.0.0.1:1/a b", "http://127.0.0.1:1/a\r\nb", "http://u:hunter2@x/"}) {
    const Said said = ask(http(url));
    EXPECT_NE(said.text, "") << url;
    EXPECT_EQ(said.text.find("hunter2"), std::string::npos) << said.text;
  }
}

TEST(Prober, ConnectsToAnAddress) {
  const DeafPort port;
  const std::string address = "127.0.0.1:" + port.port();
  EXPECT_EQ(ask(tcp(address)).text,
            "nothing accepts connections at " + address + ": connection refused");
  ASSERT_EQ(::listen(port.socket(), 8), 0);
  EXPECT_EQ(ask(tcp(address)).text, "");
  EXPECT_EQ(ask(tcp("localhost:" + port.port())).text, "");
}

TEST(Prober, ConnectsToAnIpv6AddressInBrackets) {
  const int listener = ::socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, raw, size) != 0) {
    ::close(listener);
    GTEST_SKIP() << "this machine has no IPv6";
  }
  ASSERT_EQ(::listen(listener, 8), 0);
  ASSERT_EQ(::getsockname(listener, raw, &size), 0);
  const std::string port = std::to_string(ntohs(address.sin6_port));
  EXPECT_EQ(ask(tcp("[::1]:" + port)).text, "");
  ::close(listener);
  EXPECT_EQ(ask(tcp("[::1]:" + port)).text,
            "nothing accepts connections at [::1]:" + port + ": connection refused");
}

// A listener whose queue is full lets further connections wait.
TEST(Prober, GivesUpAConnectionAtTheTimeout) {
  const DeafPort port;
  ASSERT_EQ(::listen(port.socket(), 0), 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::getsockname(port.socket(), raw, &size), 0);
  std::vector<int> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    (void)::connect(waiting.back(), raw, size);
  }
  const std::string text = "127.0.0.1:" + port.port();
  EXPECT_EQ(ask(tcp(text), seconds(0)).text,
            "nothing accepts connections at " + text + ": no answer within 0 s");
  for (const int socket : waiting) ::close(socket);
}

TEST(Prober, RefusesAddressesThatItCannotRead) {
  for (const char* address :
       {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x",
        "127.0.0.1:-1", "127.0.0.1:+80", "127.0.0.1:999999", "::1:80", "[::1]", "[::1]80", "[]:80",
        "[127.0.0.1]:80"}) {
    const std::string text = ask(tcp(address)).text;
    EXPECT_NE(text.find("is not HOST:PORT"), std::string::npos) << address << ": " << text;
  }
}

TEST(Prober, SaysThatANameLeadsNowhere) {
  const std::string text = ask(tcp("no-such-host.invalid:80")).text;
  EXPECT_TRUE(text.starts_with("the name \"no-such-host.invalid\" leads to no address: ")) << text;
}

}  // namespace
}  // namespace titan::agent
