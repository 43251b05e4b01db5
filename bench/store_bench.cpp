// What a durable write costs when 64 threads ask for one at a time, through the store alone and
// through the server's Writer, against SQLite's own interface: one thread that writes the very
// same rows, in groups of the same mean size, with prepared statements. The two take turns, since a
// disk may be quick for a while and slow later: `ratio` is the speed in terms of that loop's, the
// median of the rounds. `group` is how many writes became durable together, `cpu us` the CPU time
// of all threads per write.

#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/bare_sqlite.hpp"
#include "bench/rig.hpp"
#include "bench/timing.hpp"

namespace titan::bench {
namespace {

constexpr std::size_t kThreads = 64;
constexpr std::size_t kWritesEach = 40;  // in one round
constexpr std::size_t kRounds = 16;      // the first is not measured
constexpr std::size_t kWrites = kThreads * kWritesEach;
constexpr SampleFleet kFleet{.hosts = 1'000, .deployments = 1'000};

// Deployments of the fleet's first round, and of later ones when each is to be a new one.
model::Entity deployment(std::size_t number, int interval) {
  model::Entity entity = kFleet.deployment(number % kFleet.deployments, interval);
  entity.name = "written-" + std::to_string(number);
  entity.status = model::Status::ready;
  return entity;
}

// One write in the bench's hands: the entity wanted, and what the store has of it; null: nothing.
struct Item {
  model::Entity entity;
  std::shared_ptr<const model::Entity> stored;
};
using Write = std::function<void(Rig&, Item&)>;

void commit(Rig& rig, Item& item) {
  const auto changes = must(rig.store().commit(
      {.mutations = {{.key = item.entity.key(),
                      .expected_revision = item.stored ? item.stored->revision : 0,
                      .entity = item.entity,
                      .seen = item.stored}},
       .actor = "bench",
       .request_id = "req-" + item.entity.name}));
  item.stored = std::make_shared<const model::Entity>(*changes.at(0).after);
}

void propose(Rig& rig, Item& item) {
  const auto written =
      rig.writer().propose({.id = "req-" + item.entity.name,
                            .changes = {{.key = item.entity.key(), .entity = item.entity}}});
  if (!written) fail(written.error().error);
}

// The deployments with numbers from `first` on, upon what is there.
std::vector<Item> items(Rig& rig, std::size_t first, int interval) {
  std::vector<Item> items;
  for (std::size_t i = 0; i < kWrites; ++i) {
    auto& item = items.emplace_back(Item{.entity = deployment(first + i, interval)});
    auto stored = rig.store().get(item.entity.key());
    if (stored) item.stored = std::make_shared<const model::Entity>(*std::move(stored));
  }
  return items;
}

// Each thread writes its own part of them.
void write_from_threads(Rig& rig, const Write& write, std::vector<Item>& items) {
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t i = 0; i < kWritesEach; ++i) write(rig, items[thread * kWritesEach + i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void compare(benchmark::State& state, const Write& write, bool updates) {
  Rig rig(kFleet, {.synchronous = Rig::Synchronous::full, .copied = true});
  BareWriter bare(rig.copy());
  for (auto _ : state) {
    double seconds = 0;
    double bare_seconds = 0;
    double cpu = 0;
    double bare_cpu = 0;
    std::size_t groups = 0;
    std::vector<double> ratios;
    for (std::size_t round = 0; round < kRounds; ++round) {
      const auto head = static_cast<std::int64_t>(rig.head().seq);
      const std::size_t groups_before = rig.groups();
      auto written = items(rig, updates ? 0 : round * kWrites, 1'000 + static_cast<int>(round));
      const double cpu_before = process_cpu();
      const double taken = seconds_of([&] { write_from_threads(rig, write, written); });
      const double cpu_taken = process_cpu() - cpu_before;
      const std::size_t groups_now = rig.groups() - groups_before;
      const auto rows = rows_of_log(rig.database(), head);
      if (rows.size() != kWrites) fail(internal("not every write is in the log"));
      const double bare_cpu_before = process_cpu();
      const double bare_taken = seconds_of([&] {
        bare.write(rows, static_cast<double>(kWrites) / static_cast<double>(groups_now));
      });
      if (round == 0) continue;
      ratios.push_back(bare_taken / taken);
      seconds += taken;
      bare_seconds += bare_taken;
      cpu += cpu_taken;
      bare_cpu += process_cpu() - bare_cpu_before;
      groups += groups_now;
    }
    const double writes = static_cast<double>(kWrites * (kRounds - 1));
    state.SetIterationTime(seconds);
    state.counters["writes/s"] = writes / seconds;
    state.counters["bare/s"] = writes / bare_seconds;
    state.counters["cpu us"] = cpu / writes * 1e6;
    state.counters["bare cpu us"] = bare_cpu / writes * 1e6;
    state.counters["ratio"] = median(ratios);
    state.counters["group"] = writes / static_cast<double>(groups);
  }
}

void commit_new_from_64_threads(benchmark::State& state) {
  compare(state, &commit, false);
}
void commit_edits_from_64_threads(benchmark::State& state) {
  compare(state, &commit, true);
}
void propose_new_from_64_threads(benchmark::State& state) {
  compare(state, &propose, false);
}
void propose_edits_from_64_threads(benchmark::State& state) {
  compare(state, &propose, true);
}

void in_one_run(benchmark::internal::Benchmark* benchmark) {
  benchmark->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
}
BENCHMARK(commit_new_from_64_threads)->Apply(in_one_run);
BENCHMARK(commit_edits_from_64_threads)->Apply(in_one_run);
BENCHMARK(propose_new_from_64_threads)->Apply(in_one_run);
BENCHMARK(propose_edits_from_64_threads)->Apply(in_one_run);

}  // namespace
}  // namespace titan::bench
