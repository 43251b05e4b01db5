// The real titan-server on a store of 100,000 hosts and 10,000 deployments: how long until its
// first answer, and what it keeps in memory. Then every host takes its full manifest and reports
// its deployments over HTTP, and the server is started once more on what it stored.

#include <benchmark/benchmark.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "bench/sample_fleet.hpp"
#include "bench/server_process.hpp"
#include "bench/temporary_folder.hpp"
#include "client/client.hpp"
#include "client/http_transport.hpp"
#include "store/sqlite_store.hpp"

namespace titan::bench {
namespace {

constexpr SampleFleet kFleet{.hosts = 100'000, .deployments = 10'000};
constexpr std::size_t kThreads = 8;  // that speak for the hosts

void write_store(const std::string& file) {
  const SystemClock clock;
  SystemRandom random;
  const auto store = must(store::SqliteStore::open(
      file, clock, random, {.synchronous = store::SqliteStore::Synchronous::normal}));
  kFleet.write_to(*store, model::Status::initialized);
}

// What the host would say once it has applied all of the manifest.
model::HostReport report_of(const model::Manifest& manifest) {
  model::HostReport report{.agent_version = "0.1.0"};
  for (const auto& desired : manifest.deployments) {
    report.deployments.push_back({.key = desired.key,
                                  .version = desired.version,
                                  .rendered_digest = desired.rendered_digest,
                                  .desired_digest = desired.desired_digest});
  }
  return report;
}

void take_and_report(client::Client& client, std::size_t host) {
  const std::string name = SampleFleet::host_key(host).name;
  const auto answer = must(client.sync(name, {}));
  if (!answer.manifest || answer.manifest->deployments.size() != SampleFleet::kDeploymentsOfHost) {
    fail(internal(name + " did not get its deployments"));
  }
  must(client.sync(name, {.bookmark = answer.bookmark, .report = report_of(*answer.manifest)}));
}

void let_every_host_report(const ServerProcess& server) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto transport = must(client::HttpTransport::open(server.url()));
      client::Client client(*transport);
      client.set_token(server.token());
      for (std::size_t host = next++; host < kFleet.hosts; host = next++) {
        take_and_report(client, host);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void start_of_100000_hosts(benchmark::State& state) {
  const TemporaryFolder folder;
  write_store(folder.database());
  for (auto _ : state) {
    {
      const ServerProcess server(folder.path());
      state.SetIterationTime(server.time_to_first_answer().count());
      state.counters["start s"] = server.time_to_first_answer().count();
      state.counters["start MiB"] = server.resident_mib();
      server.wait_until_idle();
      state.counters["settled MiB"] = server.resident_mib();
      state.counters["settled CPU s"] = server.cpu().count();
      let_every_host_report(server);
      server.wait_until_idle();
      state.counters["reported MiB"] = server.resident_mib();
      state.counters["peak MiB"] = server.resident_peak_mib();
      state.counters["reported CPU s"] = server.cpu().count();
    }
    const ServerProcess again(folder.path());
    state.counters["again s"] = again.time_to_first_answer().count();
    state.counters["again MiB"] = again.resident_mib();
    again.wait_until_idle();
    state.counters["again settled MiB"] = again.resident_mib();
    state.counters["again peak MiB"] = again.resident_peak_mib();
    state.counters["again CPU s"] = again.cpu().count();
  }
}
BENCHMARK(start_of_100000_hosts)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace titan::bench
