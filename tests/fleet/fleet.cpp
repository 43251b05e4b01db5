#include "tests/fleet/fleet.hpp"

#include <utility>

#include "agent/limits.hpp"
#include "gitops/repository.hpp"
#include "tests/fleet/ending.hpp"

namespace titan::fleet {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kCronInterval{60};
constexpr seconds kRestartWait{10};        // of a daemon whose process ended
constexpr minutes kQuietStep{12};          // after so long all should be quiet
constexpr int kQuietStepsMax = 4;          // and after so many of them it must be
constexpr std::uint64_t kChangesMax = 60;  // of disks, before a step is stopped
constexpr std::int64_t kYearMicros = 31'557'600'000'000;

// As long as one repository is open, others are opened without reading the certificates.
void keep_git_loaded() {
  static const testing::TemporaryDirectory folder(testing::folder_in_memory());
  static const auto repository =
      gitops::Repository::open_or_create(folder.path() + "/nobody").value();
}

}  // namespace

Fleet::Fleet(const Options& options)
    : options_(options),
      dice_(options.seed),
      git_(testing::folder_in_memory()),
      // In a third of all fleets hosts fall behind what the server still knows.
      server_({.changes = dice_.percent(33) ? 25U : 100'000U}, server_lite::OnClone::warn,
              options.seed + 1),
      timeline_([this](Time by) { server_.advance(by); }),
      network_(server_, timeline_, dice_),
      operator_(server_, timeline_, versions_, dice_) {}

Fleet::Time Fleet::some(std::int64_t from_seconds, std::int64_t to_seconds) {
  const auto span = static_cast<std::uint64_t>(Time(seconds(to_seconds - from_seconds)).count());
  return seconds(from_seconds) + Time(static_cast<std::int64_t>(dice_.below(span)));
}

void Fleet::find(const std::string& finding) {
  if (!outcome_.finding.empty()) return;
  outcome_.finding = finding;
  timeline_.tell("FINDING", finding);
  timeline_.stop();
}

void Fleet::begin() {
  keep_git_loaded();
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < 2 + dice_.below(2); ++i) names.push_back("h" + std::to_string(i));
  operator_.begin(names);
  for (const std::string& name : names) {
    hosts_.push_back(
        std::make_unique<Host>(Host::Options{.name = name,
                                             .from_cron = dice_.percent(40),
                                             .seed = options_.seed * 1000 + hosts_.size(),
                                             .git = git_.path() + "/" + name,
                                             .mutation = options_.mutation},
                               Host::Env{timeline_, network_, versions_, dice_}));
    Host& host = *hosts_.back();
    host.clock().boot();
    turn_clock(host);
    host.enroll(server_);
    wake(host, some(0, 60));
  }
}

// ---- the life of a host ------------------------------------------------------------------------

void Fleet::wake(Host& host, Time wait) {
  const std::uint64_t number = ++host.wake_number;
  host.next_step.reset();
  timeline_.after(std::max(wait, Time(0)), [this, &host, number] {
    if (host.wake_number == number) step(host);
  });
}

void Fleet::plan_next(Host& host, const agent::StepResult& result) {
  if (host.from_cron() && !result.checking) {
    host.end_process(false);
    return wake(host, kCronInterval);
  }
  wake(host, std::max(result.next - host.clock().monotonic(), Time(1000)));
  host.next_step = result.next;
}

void Fleet::step(Host& host) {
  ++outcome_.steps;
  try {
    const auto result = host.step();
    if (!result) {
      timeline_.tell(host.name(), "does not start: " + result.error().text());
      wake(host, kRestartWait);
    } else {
      timeline_.tell(host.name(), "step: applied " + std::to_string(result->applied) + " removed " +
                                      std::to_string(result->removed) + " healed " +
                                      std::to_string(result->healed) + " failing " +
                                      std::to_string(result->failing) +
                                      (result->checking ? " checking" : "") +
                                      (result->error ? " error " + result->error->text() : ""));
      plan_next(host, *result);
    }
  } catch (const Stopped&) {
    ++outcome_.stops;
    const bool with_machine = dice_.percent(50);
    timeline_.tell(host.name(), std::string("stopped in the midst of a step") +
                                    (with_machine ? ", and the machine" : ""));
    come_back(host, with_machine);
  }
  check(host);
}

void Fleet::come_back(Host& host, bool with_machine) {
  if (!with_machine) {
    host.end_process(false);
    return wake(host, host.from_cron() ? kCronInterval : kRestartWait);
  }
  const Time down = some(1, 120);
  host.reboot(true);
  // A clock without a battery begins anew.
  if (dice_.percent(40)) host.clock().set_wall(Timestamp::from_micros(0));
  wake(host, down);
}

void Fleet::check(Host& host) {
  if (const std::string complaint = host.complaint(); !complaint.empty()) {
    find(host.name() + ": " + complaint);
  }
}

// ---- faults ------------------------------------------------------------------------------------

void Fleet::cut_network(Host& host) {
  const Time length = dice_.percent(15) ? some(600, 3000) : some(5, 600);
  timeline_.tell(host.name(), "is cut off");
  host.link().is_cut = true;
  timeline_.after(length, [this, &host] {
    if (host.link().is_cut) timeline_.tell(host.name(), "is reached again");
    host.link().is_cut = false;
  });
}

void Fleet::keep_server_busy() {
  timeline_.tell("server", "is busy");
  network_.server_is_busy = true;
  timeline_.after(some(300, 2400), [this] {
    timeline_.tell("server", "is busy no more");
    network_.server_is_busy = false;
  });
}

void Fleet::turn_clock(Host& host) {
  const std::int64_t right = server_.clock().wall().micros();
  std::int64_t wall = right;
  switch (dice_.below(6)) {
    case 0:
      wall = 0;
      break;
    case 1:
      wall = right - 3'600'000'000;
      break;
    case 2:
      wall = right + 30 * kYearMicros;
      break;
    case 3:
      wall = right - 10 * kYearMicros +
             static_cast<std::int64_t>(dice_.below(20 * static_cast<std::uint64_t>(kYearMicros)));
      break;
    default:
      break;
  }
  const Time left = host.clock().monotonic();
  host.clock().set_wall(Timestamp::from_micros(wall));
  timeline_.tell(host.name(), "its clock says " + host.clock().wall().text());
  // It sleeps by its monotonic clock, which does not jump; unless a fault on purpose makes it.
  const Time jumped = host.clock().monotonic() - left;
  if (jumped == Time(0) || !host.next_step || host.in_step()) return;
  const Time next = *host.next_step;
  wake(host, next - host.clock().monotonic());
  host.next_step = next;
}

// In its next step, at the n-th change of a disk.
void Fleet::stop_soon(Host& host) {
  if (host.stopper().is_set()) return;
  const std::uint64_t n = 1 + dice_.below(dice_.percent(70) ? 12 : kChangesMax);
  timeline_.tell(host.name(), "will be stopped at change " + std::to_string(n));
  host.stopper().stop_at(n, dice_.percent(50));
}

// At once.
void Fleet::strike(Host& host) {
  if (host.in_step()) {
    timeline_.tell(host.name(), "is stopped while it waits for an answer");
    return host.doom();
  }
  const std::uint64_t lot = dice_.below(3);
  timeline_.tell(host.name(), lot == 0   ? "its process is restarted"
                              : lot == 1 ? "its process is killed"
                                         : "its power is cut");
  if (lot == 0) {
    host.end_process(true);
    return wake(host, host.from_cron() ? kCronInterval : seconds(1));
  }
  come_back(host, lot == 2);
  check(host);
}

void Fleet::hurt_disk(Host& host) {
  Disk& disk = dice_.percent(50) ? host.state_disk() : host.root_disk();
  const bool is_full = dice_.percent(60);
  const std::string name = &disk == &host.state_disk() ? "state" : "root";
  timeline_.tell(host.name(), "its disk of " + name + (is_full ? " is full" : " is broken"));
  disk.health = is_full ? Disk::Health::full : Disk::Health::broken;
  timeline_.after(some(30, 600), [this, &host, &disk, name] {
    timeline_.tell(host.name(), "its disk of " + name + " is well");
    disk.health = Disk::Health::well;
  });
}

// Somebody changes what is applied, or removes it, on the disk; a step may be under way.
void Fleet::meddle(Host& host) {
  std::vector<std::string> paths;
  for (const auto& [path, file] : host.files()) {
    if (!path.ends_with('/') && !path.ends_with(".titan-tmp")) paths.push_back(path);
  }
  if (paths.empty() || host.in_step()) return;
  const std::string& path = dice_.one_of(paths);
  testing::MemoryFileSystem& disk = host.root_disk().memory();
  if (dice_.percent(50)) {
    timeline_.tell(host.name(), "somebody writes to " + path);
    host.hand_made.insert(path);
    (void)disk.write(path, Host::kByHand, 0644);
  } else {
    timeline_.tell(host.name(), "somebody removes " + path);
    (void)disk.remove_file(path);
  }
}

void Fleet::take_driver(Host& host) {
  timeline_.tell(host.name(), "its driver is away");
  host.driver_is_away = true;
  timeline_.after(some(60, 600), [this, &host] {
    timeline_.tell(host.name(), "its driver is back");
    host.driver_is_away = false;
  });
}

void Fleet::restart_server() {
  const bool in_order = dice_.percent(50);
  timeline_.tell("server", in_order ? "stops and starts" : "is killed and starts");
  in_order ? server_.stop_and_start() : server_.restart();
}

void Fleet::operate() {
  if (is_calm_) return;
  const std::uint64_t lot = dice_.below(100);
  if (lot < 45) return operator_.act();
  if (lot < 52) return cut_network(some_host());
  if (lot < 56) return keep_server_busy();
  if (lot < 63) return turn_clock(some_host());
  if (lot < 74) return stop_soon(some_host());
  if (lot < 83) return strike(some_host());
  if (lot < 89) return hurt_disk(some_host());
  if (lot < 95) return meddle(some_host());
  if (lot < 97) return take_driver(some_host());
  restart_server();
}

// ---- the end -----------------------------------------------------------------------------------

void Fleet::calm() {
  timeline_.tell("all", "faults are over");
  is_calm_ = true;
  network_.be_calm();
  operator_.want_healing();
  for (const auto& host : hosts_) {
    host->faults_are_over = true;
    host->driver_is_away = false;
    host->link().is_cut = false;
    host->stopper().forget();
    host->state_disk().health = Disk::Health::well;
    host->root_disk().health = Disk::Health::well;
  }
}

// What was stopped three times in a row, or was unhealthy for a while as often, is given up, and
// rightly so: somebody has to say that it is worth another try.
void Fleet::ask_for_retries() {
  for (const auto& host : hosts_) {
    const auto state = host->state();
    if (!state) continue;
    for (const auto& [key, attempts] : state->attempts) {
      const auto wanted = state->desired.find(key);
      if (attempts.count < agent::kAttemptsMax || wanted == state->desired.end()) continue;
      const bool was_stopped = attempts.reason.starts_with("the agent or the machine stopped");
      const Fate fate = versions_.of(wanted->second.template_digest).fate;
      if (is_bad(fate) || (!was_stopped && fate != Fate::fickle)) continue;
      timeline_.tell(host->name(), "somebody asks to try " + key.short_text() + " again");
      host->retry(key);
    }
  }
}

Fleet::Outcome Fleet::run() {
  begin();
  Time when{};
  for (std::uint64_t i = 0; i < options_.operations; ++i) {
    when += some(0, 75);
    timeline_.at(when, [this] { operate(); });
  }
  timeline_.run_until(when);
  if (!timeline_.is_stopped()) calm();
  for (int i = 0; i < kQuietStepsMax && !timeline_.is_stopped(); ++i) {
    timeline_.run_until(timeline_.now() + kQuietStep);
    ask_for_retries();
    if (timeline_.is_stopped()) break;
    Ending ending({server_, versions_, options_.looks_into_git});
    const std::string finding = ending.look(hosts_);
    outcome_.stalled = ending.stalled();
    outcome_.ready = ending.ready();
    if (finding.empty()) break;
    timeline_.tell("all", "not yet: " + finding);
    if (i + 1 == kQuietStepsMax) find(finding);
  }
  outcome_.story = timeline_.story();
  return outcome_;
}

}  // namespace titan::fleet
