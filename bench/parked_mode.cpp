// door_load parked: what requests that wait for news cost a server, and how soon all are answered.
//
// --count N: how many wait at once; --what changes: all for any change; --what sync: each for news
// of its own host, which a deployment to all of them brings. --tls 1.3. Run it with --prepare
// first, which makes the hosts, and start the server anew, so that what the server needed memory
// for until then is not there for the requests.
#include <ctime>
#include <iomanip>
#include <iostream>
#include <vector>

#include "bench/epoll.hpp"
#include "bench/latencies.hpp"
#include "bench/load_mode.hpp"
#include "bench/loaded_server.hpp"
#include "bench/process_readings.hpp"

namespace titan::bench {
namespace {

using State = LoadClient::State;

constexpr std::size_t kHostsAtOnce = 1000;
constexpr std::size_t kWarmUp = 200;  // enough for the allocator to have its arenas

std::string host_name(std::size_t number) {
  return "host-" + std::to_string(number);
}

// The requests of one round, and the write that answers them.
struct Round {
  std::vector<std::string> waits = {};
  std::string write = {};
};

class Waiters {
 public:
  Waiters(const LoadClient::Options& options, const Round& round) : round_(round) {
    const std::size_t clients = round.waits.size() + 1;
    for (std::size_t i = 0; i < clients; ++i) clients_.emplace_back(options);
    left_ = clients;
  }

  // Connects and asks; a hundred at a time, so that the server keeps up.
  void ask() {
    for (std::size_t i = 0; i < round_.waits.size(); ++i) {
      begin(i, round_.waits[i]);
      if (i % 100 == 99) handle(std::chrono::milliseconds(20));
    }
    for (int i = 0; i < 100; ++i) handle(std::chrono::milliseconds(10));
  }
  [[nodiscard]] std::size_t answered() const { return clients_.size() - left_; }

  // Writes, and waits for all answers, for half a minute at most.
  void write() {
    begun_ = std::chrono::steady_clock::now();
    begin(round_.waits.size(), round_.write);
    const Moment end = begun_ + std::chrono::seconds(30);
    while (left_ > 0 && std::chrono::steady_clock::now() < end) {
      handle(std::chrono::milliseconds(100));
    }
  }
  void print() const {
    Latencies since_write;
    Latencies since_answer;
    for (const Moment& moment : woken_) {
      since_write.add(moment - begun_);
      since_answer.add(moment - written_);
    }
    const auto line = [](const char* name, const Latencies& times) {
      std::cout << name << " " << times.percentile_us(50) / 1000 << " "
                << times.percentile_us(99) / 1000 << " " << times.max_us() / 1000 << "\n";
    };
    std::cout << "woken " << woken_.size() << "\nfailed " << failed_ << "\n";
    line("ms_since_write_p50_p99_max", since_write);
    line("ms_since_its_answer_p50_p99_max", since_answer);
  }
  [[nodiscard]] std::size_t failed() const { return failed_ + left_; }

 private:
  void begin(std::size_t place, const std::string& request) {
    LoadClient& client = clients_[place];
    if (client.begin(request, std::chrono::steady_clock::now()) == State::failed) {
      --left_;
      ++failed_;
      return;
    }
    epoll_.watch(client.number(), place);
  }

  void handle(std::chrono::nanoseconds time) {
    for (const epoll_event& event : epoll_.wait(time)) {
      const std::size_t place = event.data.u64;
      if (clients_[place].state() != State::running) continue;
      const State state = clients_[place].go_on();
      if (state == State::running) continue;
      --left_;
      if (state == State::failed || clients_[place].answer().status() / 100 != 2) ++failed_;
      const Moment now = std::chrono::steady_clock::now();
      if (place == round_.waits.size()) {
        written_ = now;
      } else {
        woken_.push_back(now);
      }
    }
  }

  const Round& round_;
  Epoll epoll_;
  std::vector<LoadClient> clients_;
  std::size_t left_ = 0;
  std::size_t failed_ = 0;
  Moment begun_ = {};
  Moment written_ = {};
  std::vector<Moment> woken_;
};

// Hosts, and all that a deployment to them needs but itself.
Result<void> prepare(const LoadedServer& server, std::size_t hosts) {
  for (std::size_t first = 0; first < hosts; first += kHostsAtOnce) {
    std::string body;
    for (std::size_t i = first; i < std::min(hosts, first + kHostsAtOnce); ++i) {
      body += std::string(body.empty() ? "" : ",") +
              R"({"operation":"APPLY","entity":{"kind":"Host","name":")" + host_name(i) +
              R"(","spec":{"labels":{"site":"lab"}}}})";
    }
    TITAN_TRY(server.post("/v1/changes", R"({"changes":[)" + body + "]}"));
  }
  TITAN_ASSIGN(const std::string blob, server.put_blob(100));
  const std::string digest = blob.substr(blob.rfind('/') + 1);
  TITAN_TRY(server.put(
      "/v1/templates/wake",
      R"({"spec":{"files":[{"path":"root/etc/wake","digest":")" + digest + R"(","size":100}]}})"));
  TITAN_TRY(server.put("/v1/workspaces/default/workloads/wake?createWorkspace=true",
                       R"({"spec":{"template":"wake"}})"));
  TITAN_TRY(
      server.put("/v1/workspaces/default/targets/wake", R"({"spec":{"labels":{"site":"lab"}}})"));
  return {};
}

Round round_of(const std::string& what, const std::string& bookmark, std::size_t count,
               const std::string& name) {
  Round round;
  for (std::size_t i = 0; i < count; ++i) {
    if (what == "changes") {
      round.waits.push_back(
          RequestText{.path = "/v1/changes?since=" + bookmark + "&wait=60s"}.text());
    } else {
      round.waits.push_back(RequestText{.method = "POST",
                                        .path = "/v1/hosts/" + host_name(i) + "/sync?wait=60s",
                                        .body = R"({"bookmark":")" + bookmark + R"("})"}
                                .text());
    }
  }
  RequestText write{.method = "PUT", .path = "/v1/hosts/" + name, .body = "{}"};
  if (what == "sync") {
    write.path = "/v1/workspaces/default/deployments/" + name;
    write.body = R"({"spec":{"workload":"wake","target":"wake"}})";
  }
  round.write = write.text();
  return round;
}

}  // namespace

Result<void> run_parked(const LoadOptions& options) {
  TITAN_ASSIGN(const auto address, options.server());
  TITAN_ASSIGN(const auto pid, options.pid());
  TITAN_ASSIGN(const auto count, options.number("count", 5000));
  TITAN_ASSIGN(const auto tls, LoadTls::from(options));
  const std::string what = options.text("what", "changes");
  if (what != "changes" && what != "sync") return invalid("--what: expected changes or sync");
  const bool prepares = options.flag("prepare");
  TITAN_TRY(options.check_all_known());
  const LoadClient::Options client{.server = address, .socket = {.tls = tls.get()}};
  const LoadedServer server(client);
  if (prepares) return prepare(server, count);

  // No entity of an earlier run is called so.
  const std::string unique = "news-" + std::to_string(std::time(nullptr));
  // A server that was just started first looks at its log when something is written.
  TITAN_TRY(server.put("/v1/hosts/" + unique, "{}"));
  TITAN_ASSIGN(std::string bookmark, server.settle());
  const Round warm_up = round_of(what, bookmark, std::min(kWarmUp, count), unique + "a");
  {
    Waiters waiters(client, warm_up);
    waiters.ask();
    waiters.write();
  }
  TITAN_TRY(server.await_metric("titan_http_connections", 1));
  TITAN_ASSIGN(bookmark, server.settle());
  const ProcessReadings process(pid.value_or(0));
  const auto resident = static_cast<double>(process.resident_bytes());
  const std::size_t threads = process.threads();

  const Round round = round_of(what, bookmark, count, unique + "b");
  Waiters waiters(client, round);
  waiters.ask();
  TITAN_TRY(server.await_metric("titan_http_requests_parked", static_cast<double>(count)));
  const double parked = static_cast<double>(process.resident_bytes()) - resident;
  const std::size_t threads_parked = process.threads();
  waiters.write();
  std::cout << std::fixed << std::setprecision(1) << "parked " << count << "\n";
  if (pid) {
    std::cout << "bytes_each " << parked / static_cast<double>(count) << "\nthreads_before "
              << threads << "\nthreads_parked " << threads_parked << "\n";
  }
  waiters.print();
  if (waiters.failed() > 0) return unavailable(std::to_string(waiters.failed()) + " failed");
  return {};
}

}  // namespace titan::bench
