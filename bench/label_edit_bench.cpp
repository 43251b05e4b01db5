// One edit of a target's labels by which 100,000 hosts gain a deployment, in a whole server with
// its processors, while two threads ask for random hosts. How many rows SQLite changed, with all
// that follows from the edit, and how long it took until every question saw it. Nothing else
// changes a row meanwhile: the server has dealt with the fleet before the first edit, and its log
// is kept whole, so there is nothing to compact.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <ostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "bench/sample_fleet.hpp"
#include "bench/sqlite_counters.hpp"
#include "bench/temporary_folder.hpp"
#include "bench/timing.hpp"
#include "server-lite/server.hpp"
#include "server-lite/step_loop.hpp"
#include "store/sqlite_store.hpp"

namespace titan::bench {
namespace {

using nlohmann::json;
using Wall = std::chrono::steady_clock;

constexpr SampleFleet kFleet{.hosts = 100'000, .deployments = 1'000};
constexpr std::size_t kPollers = 2;
constexpr std::size_t kEdits = 11;
constexpr std::chrono::milliseconds kBetween{300};
constexpr std::chrono::milliseconds kLook{10};
constexpr const char* kTarget = "/v1/workspaces/default/targets/moving";
constexpr const char* kDeployment = "/v1/workspaces/default/deployments/moving";

constexpr const char* kToken = "titan_bench";
const HttpHeaders kShown = {{"Authorization", std::string("Bearer ") + kToken}};

class WholeServer {
 public:
  WholeServer() {
    watch_sqlite();
    {
      const auto store = open(store::SqliteStore::Synchronous::normal);
      kFleet.write_to(*store);
    }
    store_ = open(store::SqliteStore::Synchronous::full);
    server_ =
        must(server_lite::Server::open({*store_, clock_, random_, log_, keys_, master_},
                                       {.retention = {.changes = UINT64_MAX},
                                        .first_token = [] { return Result<std::string>(kToken); },
                                        .rates = {.token = {}},
                                        .wake = [this] { steps_.wake(); }}));
    steps_.start([this] {
      const std::lock_guard lock(stepping_);
      return server_->step();
    });
  }
  ~WholeServer() { steps_.stop(); }
  WholeServer(const WholeServer&) = delete;
  WholeServer& operator=(const WholeServer&) = delete;

  HttpResponse call(const std::string& method, const std::string& path, const json& body) {
    HttpResponse response = server_->handle({method, path, kShown, body.dump()});
    if (response.status >= 300) fail(internal(path + ": " + response.body));
    return response;
  }
  void edit_target(const std::string& fleet) {
    call("PUT", kTarget,
         {{"kind", "Target"}, {"name", "moving"}, {"spec", {{"labels", {{"fleet", fleet}}}}}});
  }
  void add_deployment() {
    call("PUT", kDeployment,
         {{"kind", "Deployment"},
          {"name", "moving"},
          {"spec", {{"workload", "workload-0"}, {"target", "moving"}}}});
  }
  // Waits until nothing is left to write: every processor has dealt with the whole log, and the
  // deployment has this status, to which the questions of hosts lead besides what is in the log.
  void settle(const std::string& status) {
    while (!is_settled(status)) std::this_thread::sleep_for(kLook);
    if (must(store_->horizon()) != 0) fail(internal("the log was compacted"));
  }
  model::Bookmark head() { return must(store_->head()); }

 private:
  json get(const std::string& path) {
    return must(parse_json(server_->handle({"GET", path, kShown, ""}).body));
  }
  bool is_settled(const std::string& status) {
    const std::lock_guard lock(stepping_);
    for (const json& processor : get("/v1/status")["processors"]) {
      if (processor["behind"] != 0) return false;
    }
    return get(kDeployment)["status"] == status;
  }
  std::unique_ptr<store::SqliteStore> open(store::SqliteStore::Synchronous synchronous) {
    return must(store::SqliteStore::open(folder_.database(), clock_, random_,
                                         {.synchronous = synchronous}));
  }

  const TemporaryFolder folder_;
  const SystemClock clock_;
  SystemRandom random_;
  std::ostream no_log_{nullptr};
  Log log_{no_log_, clock_, Log::Format::json};
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<FileSystem> files_ = must(DiskFileSystem::open(folder_.path()));
  server_lite::ServerKeys keys_ = must(server_lite::ServerKeys::open(*files_, random_));
  server_lite::MasterKey master_ = must(server_lite::MasterKey::open(*files_, {}, false, random_));
  std::mutex stepping_;  // held by each step
  server_lite::StepLoop steps_{clock_};
  std::unique_ptr<server_lite::Server> server_;
};

// Asks for random hosts from a bookmark on, until stopped.
class Pollers {
 public:
  explicit Pollers(WholeServer& server) : server_(server) {
    since_ = server.head().text();
    for (std::size_t i = 0; i < kPollers; ++i) threads_.emplace_back([this, i] { run(i); });
  }
  ~Pollers() { stop(); }
  Pollers(const Pollers&) = delete;
  Pollers& operator=(const Pollers&) = delete;

  void stop() {
    stopped_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  // The end of the last question that saw nothing new. REQUIRES: stopped.
  [[nodiscard]] Wall::time_point last_without_news() const {
    return std::max(seen_[0].last_without_news, seen_[1].last_without_news);
  }
  [[nodiscard]] Wall::duration longest() const {
    return std::max(seen_[0].longest, seen_[1].longest);
  }
  [[nodiscard]] std::size_t with_news() const { return seen_[0].with_news + seen_[1].with_news; }

 private:
  struct Seen {
    Wall::time_point last_without_news = {};
    Wall::duration longest = {};
    std::size_t with_news = 0;
  };

  void run(std::size_t number) {
    std::mt19937 random(static_cast<std::uint32_t>(number));
    Seen& seen = seen_[number];
    const json body = {{"bookmark", since_}};
    while (!stopped_) {
      const std::string host = SampleFleet::host_key(random() % kFleet.hosts).name;
      const auto start = Wall::now();
      const auto answer = server_.call("POST", "/v1/hosts/" + host + "/sync", body);
      const auto end = Wall::now();
      seen.longest = std::max(seen.longest, end - start);
      if (answer.status == 204) {
        seen.last_without_news = end;
      } else {
        ++seen.with_news;
      }
    }
  }

  WholeServer& server_;
  std::string since_;
  std::atomic<bool> stopped_ = false;
  std::array<Seen, kPollers> seen_;
  std::vector<std::thread> threads_;
};

double ms(Wall::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void label_edit_for_100000_hosts(benchmark::State& state) {
  WholeServer server;
  server.edit_target("none");
  server.add_deployment();
  server.settle("INITIALIZED");
  std::vector<double> seen;
  std::vector<double> answered;
  std::vector<double> longest;
  std::int64_t rows = 0;
  for (auto _ : state) {
    for (std::size_t edit = 0; edit < kEdits; ++edit) {
      const bool reaches_all = edit % 2 == 0;
      const auto before = sqlite_counters();
      {
        Pollers pollers(server);
        std::this_thread::sleep_for(kBetween);
        const auto start = Wall::now();
        server.edit_target(reaches_all ? "main" : "none");
        answered.push_back(ms(Wall::now() - start));
        std::this_thread::sleep_for(kBetween);
        pollers.stop();
        if (pollers.with_news() == 0) fail(internal("no host saw the edit"));
        seen.push_back(ms(pollers.last_without_news() - start));
        longest.push_back(ms(pollers.longest()));
      }
      server.settle(reaches_all ? "CREATING" : "INITIALIZED");
      rows = std::max(rows, (sqlite_counters() - before).rows_changed);
    }
    state.SetIterationTime(median(seen) / 1'000);
    state.counters["rows"] = static_cast<double>(rows);
    state.counters["seen ms"] = median(seen);
    state.counters["seen max ms"] = *std::max_element(seen.begin(), seen.end());
    state.counters["answered ms"] = median(answered);
    state.counters["longest question ms"] = *std::max_element(longest.begin(), longest.end());
  }
}
BENCHMARK(label_edit_for_100000_hosts)
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace titan::bench
