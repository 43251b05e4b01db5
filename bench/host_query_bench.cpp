// What a host's question costs, for fleets of several sizes in which every host has ten
// deployments. 1,000 hosts at 125 sites are asked for, drawn at random, the same number whatever
// the size, each by its key; or 96 hosts at 12 sites. With 1,000 the caches have their part: in a
// small fleet these hosts are neighbours in memory, in a large one each has its own pages. The
// sizes take turns, and the times are medians of CPU time.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "bench/rig.hpp"
#include "bench/sqlite_counters.hpp"
#include "bench/timing.hpp"
#include "reconciler/host_query.hpp"

namespace titan::bench {
namespace {

using model::Bookmark;
using model::Key;

constexpr std::size_t kSitesAsked = 125;
constexpr std::size_t kFewSitesAsked = 12;
constexpr std::size_t kHostsOfSiteAsked = 8;
constexpr std::size_t kRounds = 31;
constexpr std::array<SampleFleet, 4> kFleets = {
    SampleFleet{.hosts = 1'000, .deployments = 1'000},
    SampleFleet{.hosts = 100'000, .deployments = 1'000},
    SampleFleet{.hosts = 10'000, .deployments = 10'000},
    SampleFleet{.hosts = 100'000, .deployments = 10'000}};

// Some hosts of a fleet, and the sites that they stand at.
struct Sample {
  std::vector<std::size_t> sites;
  std::vector<Key> hosts;
};

Sample draw(const SampleFleet& fleet, std::size_t sites, std::mt19937& random) {
  Sample sample;
  sample.sites.resize(fleet.sites());
  std::iota(sample.sites.begin(), sample.sites.end(), 0);
  std::shuffle(sample.sites.begin(), sample.sites.end(), random);
  sample.sites.resize(sites);
  for (const std::size_t site : sample.sites) {
    std::vector<std::size_t> hosts;
    for (std::size_t host = site; host < fleet.hosts; host += fleet.sites()) hosts.push_back(host);
    std::shuffle(hosts.begin(), hosts.end(), random);
    hosts.resize(kHostsOfSiteAsked);
    for (const std::size_t host : hosts) sample.hosts.push_back(SampleFleet::host_key(host));
  }
  std::shuffle(sample.hosts.begin(), sample.hosts.end(), random);
  return sample;
}

struct Subject {
  explicit Subject(const SampleFleet& fleet) : rig(fleet, {}) {}
  Rig rig;
  std::mt19937 random{7};
  int edits = 1'000;  // made so far; each sets a value that was not there before
  Sample few = draw(rig.fleet(), kFewSitesAsked, random);
  Sample sample = draw(rig.fleet(), kSitesAsked, random);
};

// Made once, for all benchmarks.
std::vector<std::unique_ptr<Subject>>& subjects() {
  static std::vector<std::unique_ptr<Subject>> subjects;
  if (subjects.empty()) {
    watch_sqlite();
    for (const SampleFleet& fleet : kFleets) subjects.push_back(std::make_unique<Subject>(fleet));
  }
  return subjects;
}

std::string size_name(const SampleFleet& fleet) {
  return std::to_string(fleet.hosts / 1'000) + "k/" + std::to_string(fleet.deployments / 1'000) +
         "k";
}

// `ask` gives the CPU time of one question, as the mean of many. Tells it for each fleet, and the
// greatest in terms of that for the smallest fleet.
void compare(benchmark::State& state, const std::function<double(Subject&)>& ask) {
  for (auto _ : state) {
    std::vector<std::vector<double>> times(subjects().size());
    for (std::size_t round = 0; round < kRounds; ++round) {
      for (std::size_t i = 0; i < subjects().size(); ++i) {
        const double seconds = ask(*subjects()[i]);
        if (round > 0) times[i].push_back(seconds);
      }
    }
    double greatest = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      state.counters["ns " + size_name(kFleets[i])] = median(times[i]) * 1e9;
      greatest = std::max(greatest, median(times[i]));
    }
    state.SetIterationTime(greatest);
    state.counters["ratio"] = greatest / median(times[0]);
  }
}

// Asks for all hosts of the sample, again and again: kQuestions in all.
double time_of_question(const Sample& sample, const std::function<void(const Key&)>& ask) {
  constexpr std::size_t kQuestions = 10'000;
  const std::size_t passes = kQuestions / sample.hosts.size();
  const double seconds = cpu_seconds_of([&] {
    for (std::size_t pass = 0; pass < passes; ++pass) {
      for (const Key& host : sample.hosts) ask(host);
    }
  });
  return seconds / static_cast<double>(passes * sample.hosts.size());
}

template <Sample Subject::*kSample>
void nothing_new_in_the_index(benchmark::State& state) {
  compare(state, [](Subject& subject) {
    const Bookmark head = subject.rig.head();
    return time_of_question(subject.*kSample, [&](const Key& host) {
      subject.rig.state().read([&](const server_lite::FleetView& view) {
        const auto changes = must(reconciler::changes_for_host(view.fleet, head.epoch, host, head));
        if (!changes.nothing_new()) std::abort();
      });
    });
  });
}

template <Sample Subject::*kSample>
void nothing_new_for_sync(benchmark::State& state) {
  compare(state, [](Subject& subject) {
    const model::SyncRequest request{.bookmark = subject.rig.head()};
    return time_of_question(subject.*kSample, [&](const Key& host) {
      const auto answer = must(subject.rig.hosts().sync(host, request, "req", {}));
      if (answer.changed) std::abort();
    });
  });
}

// One of the eight deployments of each site asked, with another value than before.
void edit_deployments(Subject& subject) {
  const SampleFleet& fleet = subject.rig.fleet();
  store::Batch batch{.actor = "bench"};
  for (const std::size_t site : subject.sample.sites) {
    const std::size_t nth = subject.random() % SampleFleet::kDeploymentsOfSite;
    model::Entity entity = fleet.deployment(site + nth * fleet.sites(), ++subject.edits);
    entity.status = model::Status::ready;
    batch.mutations.push_back({entity.key(), {}, std::move(entity)});
  }
  must(subject.rig.store().commit(batch));
}

model::Manifest ask_for_one_change(Subject& subject, const Key& host, const Bookmark& since) {
  auto answer = must(subject.rig.hosts().sync(host, {.bookmark = since}, "req", {}));
  const auto& changed = answer.manifest.deployments;
  if (changed.size() != 1) fail(internal(std::to_string(changed.size()) + " changes, expected 1"));
  if (!changed[0].error.empty()) fail(internal(changed[0].error));
  return std::move(answer.manifest);
}

void one_of_ten_changed(benchmark::State& state) {
  compare(state, [](Subject& subject) {
    const Bookmark before = subject.rig.head();
    edit_deployments(subject);
    const double seconds = cpu_seconds_of([&] {
      for (const Key& host : subject.sample.hosts) ask_for_one_change(subject, host, before);
    });
    return seconds / static_cast<double>(subject.sample.hosts.size());
  });
}

// SQLite's steps for one host that asks just after a start of the server, when no template is
// compiled yet, gets one change, and reports it.
void sqlite_steps_of_a_change(benchmark::State& state) {
  for (auto _ : state) {
    for (std::size_t i = 0; i < subjects().size(); ++i) {
      Subject& subject = *subjects()[i];
      const Bookmark before = subject.rig.head();
      edit_deployments(subject);
      subject.rig.forget_rendered();
      const auto start = sqlite_counters();
      const Key& host = subject.sample.hosts.front();
      const model::Manifest manifest = ask_for_one_change(subject, host, before);
      const auto asked = sqlite_counters();
      const model::HostReport report{
          .deployments = {{.key = manifest.deployments[0].key,
                           .version = manifest.deployments[0].version,
                           .rendered_digest = manifest.deployments[0].rendered_digest,
                           .desired_digest = manifest.deployments[0].desired_digest}}};
      must(subject.rig.hosts().sync(host, {.bookmark = manifest.bookmark, .report = report}, "req",
                                    {}));
      const auto reported = sqlite_counters();
      state.counters["first " + size_name(kFleets[i])] = static_cast<double>((asked - start).steps);
      state.counters["report " + size_name(kFleets[i])] =
          static_cast<double>((reported - asked).steps);
    }
  }
}

void in_one_run(benchmark::internal::Benchmark* benchmark) {
  benchmark->UseManualTime()->Iterations(1)->Unit(benchmark::kNanosecond);
}
BENCHMARK(nothing_new_in_the_index<&Subject::few>)
    ->Apply(in_one_run)
    ->Name("nothing_new_in_the_index/96_hosts");
BENCHMARK(nothing_new_in_the_index<&Subject::sample>)
    ->Apply(in_one_run)
    ->Name("nothing_new_in_the_index/1000_hosts");
BENCHMARK(nothing_new_for_sync<&Subject::few>)
    ->Apply(in_one_run)
    ->Name("nothing_new_for_sync/96_hosts");
BENCHMARK(nothing_new_for_sync<&Subject::sample>)
    ->Apply(in_one_run)
    ->Name("nothing_new_for_sync/1000_hosts");
BENCHMARK(one_of_ten_changed)->Apply(in_one_run);
BENCHMARK(sqlite_steps_of_a_change)->Iterations(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace titan::bench
