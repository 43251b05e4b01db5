// door_load attack: what good clients notice of bad ones, and when the server is rid of those.
//
// --slow-heads N, --idle N, --slow-bodies N, --slow-readers N: the bad clients, all at once.
// --per-second N: how often good ones ask; --large-bytes N: of the large answer; --contents N: so
// many different ones are asked for by turns.
// --unloaded-seconds N: how long the good ones are measured alone, before that.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <iomanip>
#include <iostream>
#include <thread>

#include "bench/bad_clients.hpp"
#include "bench/good_clients.hpp"
#include "bench/load_mode.hpp"
#include "bench/loaded_server.hpp"
#include "bench/process_readings.hpp"
#include "server-lite/front_door/limits.hpp"

namespace titan::bench {
namespace {

using std::chrono::seconds;

// From the first bad client on, until all that are slow should be gone: the slowest are those whose
// answer the kernel takes some hundred kilobytes of.
constexpr seconds kSlowTime = front_door::kAnswerGrace + seconds(15);
constexpr seconds kIdleTime = front_door::kIdleTime + seconds(5);
constexpr double kMib = 1 << 20;

struct Plan {
  GoodClients::Options good = {};
  BadClients::Options bad = {};
  seconds unloaded{8};
};

Result<Plan> plan_of(const LoadOptions& options) {
  Plan plan;
  TITAN_ASSIGN(plan.good.server, options.server());
  plan.bad.server = plan.good.server;
  TITAN_ASSIGN(plan.bad.clients[0], options.number("slow-heads", 2000));
  TITAN_ASSIGN(plan.bad.clients[1], options.number("idle", 2000));
  TITAN_ASSIGN(plan.bad.clients[2], options.number("slow-bodies", 2000));
  TITAN_ASSIGN(plan.bad.clients[3], options.number("slow-readers", 1000));
  TITAN_ASSIGN(plan.good.per_second, options.number("per-second", 500));
  TITAN_ASSIGN(const auto unloaded, options.number("unloaded-seconds", 8));
  plan.unloaded = seconds(unloaded);
  TITAN_ASSIGN(const auto large_bytes, options.number("large-bytes", 4UL << 20U));
  TITAN_ASSIGN(const auto contents, options.number("contents", 1));
  TITAN_TRY(options.check_all_known());

  const LoadedServer server({.server = plan.good.server});
  for (std::size_t i = 0; i < contents; ++i) {
    TITAN_ASSIGN(plan.bad.large_paths.emplace_back(), server.put_blob(large_bytes, i));
  }
  plan.good.large_path = plan.bad.large_paths.at(0);
  TITAN_TRY(server.put("/v1/hosts/pi", "{}"));
  TITAN_ASSIGN(const std::string bookmark, server.settle());
  plan.good.requests = {RequestText{.method = "POST",
                                    .path = "/v1/hosts/pi/sync",
                                    .body = R"({"bookmark":")" + bookmark + R"("})"}
                            .text(),
                        RequestText{.path = "/v1/hosts/pi"}.text()};
  return plan;
}

void print(const std::string& when, const GoodClients::Counts& counts) {
  const auto print_one = [&](const std::string& what, const Latencies& times,
                             std::uint64_t failures) {
    std::cout << what << "_" << when << "_answers " << times.count() << "\n"
              << what << "_" << when << "_failures " << failures << "\n"
              << what << "_" << when << "_p50_us " << times.percentile_us(50) << "\n"
              << what << "_" << when << "_p99_us " << times.percentile_us(99) << "\n"
              << what << "_" << when << "_max_us " << times.max_us() << "\n";
  };
  const auto print_each = [&](const std::string& what, const Latencies& times) {
    std::cout << what << "_" << when << "_p99_us " << times.percentile_us(99) << "\n";
  };
  print_one("good", counts.all, counts.failures);
  print_each("poll", counts.each[0]);
  print_each("host", counts.each[1]);
  print_one("large", counts.large, counts.large_failures);
}

void print(const std::array<BadClients::Fate, BadClients::kKinds>& fates) {
  for (std::size_t i = 0; i < fates.size(); ++i) {
    const std::string name = BadClients::name_of(static_cast<BadClients::Kind>(i));
    const auto& times = fates[i].cut_after_s;
    std::cout << name << "_opened " << fates[i].opened << "\n"
              << name << "_cut " << fates[i].cut << "\n"
              << name << "_late " << fates[i].late << "\n";
    if (times.empty()) continue;
    std::cout << name << "_cut_after_s " << times.front() << " " << times[times.size() / 2] << " "
              << times.back() << "\n";
  }
}

Result<void> print_limits(const LoadedServer& server) {
  TITAN_ASSIGN(const auto metrics, server.metrics());
  for (const auto& [name, value] : metrics) {
    if (name.starts_with("titan_http_limits_total") && value > 0) {
      std::cout << name << " " << value << "\n";
    }
  }
  return {};
}

}  // namespace

Result<void> run_attack(const LoadOptions& options) {
  TITAN_ASSIGN(const auto pid, options.pid());
  TITAN_ASSIGN(const Plan plan, plan_of(options));
  ::prctl(PR_SET_TIMERSLACK, 1);
  std::cout << std::fixed << std::setprecision(1);
  GoodClients good(plan.good);
  BadClients bad(plan.bad);
  const ProcessReadings process(pid.value_or(0));
  static_cast<void>(good.run_until(std::chrono::steady_clock::now() + seconds(1)));
  const auto unloaded = good.run_until(std::chrono::steady_clock::now() + plan.unloaded);
  const double resident = static_cast<double>(process.resident_bytes()) / kMib;
  process.forget_peak();

  const Moment start = std::chrono::steady_clock::now();
  const bool some_idle = plan.bad.clients[static_cast<std::size_t>(BadClients::Kind::idle)] > 0;
  const Moment end = start + (some_idle ? kIdleTime : kSlowTime);
  std::thread playing([&] {
    // The good ones are measured: they come first.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10);
    bad.run_until(end);
  });
  const auto attacked = good.run_until(start + kSlowTime);
  const auto after = good.run_until(end);
  playing.join();
  print("unloaded", unloaded);
  print("attacked", attacked);
  std::cout << "good_p99_ratio " << attacked.all.percentile_us(99) / unloaded.all.percentile_us(99)
            << "\n"
            << "later_failures " << after.failures + after.large_failures << "\n";
  const auto fates = bad.fates(std::chrono::steady_clock::now());
  print(fates);
  if (pid) {
    std::cout << "resident_before_mib " << resident << "\nresident_peak_mib "
              << static_cast<double>(process.resident_peak_bytes()) / kMib << "\n";
  }
  TITAN_TRY(print_limits(LoadedServer({.server = plan.good.server})));
  const std::uint64_t failures =
      attacked.failures + attacked.large_failures + after.failures + after.large_failures;
  if (failures > 0) return unavailable(std::to_string(failures) + " good requests failed");
  return {};
}

}  // namespace titan::bench
