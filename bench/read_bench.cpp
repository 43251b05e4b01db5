// How fast one thread reads while 64 threads write durably, against how fast it reads alone. The
// reader is kept on one core and the writers on the other, and the time that the reader was ready
// and another program had its core does not count: what remains is waiting for the writers, and
// the shared caches. The same for a reader with SQLite's own interface, on the same file with the
// same writers: what SQLite itself makes a reader lose. Alone and beside writers take turns;
// medians.

#include <benchmark/benchmark.h>
#include <sched.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "bench/bare_sqlite.hpp"
#include "bench/rig.hpp"
#include "bench/timing.hpp"

namespace titan::bench {
namespace {

constexpr std::size_t kWriters = 64;
constexpr std::size_t kRounds = 7;
constexpr std::chrono::duration<double> kRound{0.1};
constexpr int kReaderCore = 0;
constexpr int kWriterCore = 1;
constexpr SampleFleet kFleet{.hosts = 1'000, .deployments = 1'000};

void stay_on(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  ::sched_setaffinity(0, sizeof cores, &cores);
}

// Threads that write workloads of their own, again and again, until the end.
class Writers {
 public:
  explicit Writers(Rig& rig) : rig_(rig) {
    for (std::size_t i = 0; i < kWriters; ++i) threads_.emplace_back([this, i] { run(i); });
  }
  ~Writers() {
    stopped_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  [[nodiscard]] std::size_t written() const { return written_; }

 private:
  void run(std::size_t number) {
    stay_on(kWriterCore);
    model::Entity entity{.name = "written-" + std::to_string(number),
                         .workspace = "default",
                         .spec = model::WorkloadSpec{},
                         .status = model::Status::ready};
    while (!stopped_) {
      std::get<model::WorkloadSpec>(entity.spec).repo =
          "https://git.example.org/" + std::to_string(++written_);
      must(rig_.store().commit({.mutations = {{entity.key(), {}, entity}}, .actor = "bench"}));
    }
  }

  Rig& rig_;
  std::atomic<std::size_t> written_ = 0;
  std::atomic<bool> stopped_ = false;
  std::vector<std::thread> threads_;
};

using Read = std::function<void(std::size_t host)>;

// Until the reader has had a core, or waited for a writer, for kRound.
double reads_per_second(const Read& read) {
  std::size_t reads = 0;
  const auto start = std::chrono::steady_clock::now();
  const double waited = waited_for_core();
  const auto time = [&] {
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    return wall.count() - (waited_for_core() - waited);
  };
  double seconds = 0;
  for (; seconds < kRound.count(); seconds = time()) {
    for (int i = 0; i < 200; ++i) read(reads++ % kFleet.hosts);
  }
  return static_cast<double>(reads) / seconds;
}

void compare(benchmark::State& state, Rig& rig, const Read& read) {
  std::thread reader([&] {
    stay_on(kReaderCore);
    for (auto _ : state) {
      std::vector<double> alone;
      std::vector<double> beside;
      std::vector<double> kept;
      std::vector<double> writes;
      for (std::size_t round = 0; round < kRounds; ++round) {
        alone.push_back(reads_per_second(read));
        const Writers writers(rig);
        std::this_thread::sleep_for(kRound);
        const std::size_t before = writers.written();
        const double seconds = seconds_of([&] { beside.push_back(reads_per_second(read)); });
        kept.push_back(beside.back() / alone.back());
        writes.push_back(static_cast<double>(writers.written() - before) / seconds);
      }
      state.SetIterationTime(1 / median(beside));
      state.counters["alone/s"] = median(alone);
      state.counters["beside/s"] = median(beside);
      state.counters["kept"] = median(kept);
      state.counters["writes/s"] = median(writes);
    }
  });
  reader.join();
}

void read_with_bare_sqlite(benchmark::State& state) {
  stay_on(kWriterCore);  // with the threads of the store
  Rig rig(kFleet, {.synchronous = Rig::Synchronous::full});
  BareReader reader(rig.database());
  compare(state, rig, [&](std::size_t host) {
    if (reader.get(SampleFleet::host_key(host)).empty()) fail(internal("no such host"));
  });
}

void read_from_the_store(benchmark::State& state) {
  stay_on(kWriterCore);  // with the threads of the store
  Rig rig(kFleet, {.synchronous = Rig::Synchronous::full});
  compare(state, rig,
          [&](std::size_t host) { must(rig.store().get(SampleFleet::host_key(host))); });
}

void poll_without_news(benchmark::State& state) {
  stay_on(kWriterCore);  // with the threads of the store
  Rig rig(kFleet, {.synchronous = Rig::Synchronous::full});
  const model::SyncRequest request{.bookmark = rig.head()};
  compare(state, rig, [&](std::size_t host) {
    const auto answer = must(rig.hosts().sync(SampleFleet::host_key(host), request, "req", {}));
    if (answer.changed) fail(internal("there is news"));
  });
}

void in_one_run(benchmark::internal::Benchmark* benchmark) {
  benchmark->UseManualTime()->Iterations(1)->Unit(benchmark::kMicrosecond);
}
BENCHMARK(read_with_bare_sqlite)->Apply(in_one_run);
BENCHMARK(read_from_the_store)->Apply(in_one_run);
BENCHMARK(poll_without_news)->Apply(in_one_run);

}  // namespace
}  // namespace titan::bench
