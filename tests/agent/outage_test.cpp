// A fleet that loses its server: how often it asks meanwhile, and when the server is back.
//
// The agents are the real PollSchedule, the server is its real rule of slots, time is virtual. A
// request takes up to 50 ms. Rates are counted over each window that ends with a request, in
// windows of a 60th and of a 12th of the poll interval: one and five seconds of the usual minute.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "agent/poll_schedule.hpp"
#include "base/digest.hpp"
#include "reconciler/poll_slot.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::agent {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using testing::SeededRandom;
using Time = Clock::Monotonic;

constexpr std::size_t kAgents = 10'000;
constexpr microseconds kRequestMax{50'000};

// What the server says, by its own rule (reconciler/poll_slot.hpp).
class Slots {
 public:
  explicit Slots(seconds interval) : interval_(interval) {}

  [[nodiscard]] seconds poll_after(const std::string& host, Time now) const {
    return reconciler::poll_after(slot_of(host), now, interval_);
  }
  // How far the host was from its place when it asked.
  [[nodiscard]] Time distance(const std::string& host, Time asked) const {
    const Time whole = interval_;
    const auto place = static_cast<double>(slot_of(host)) / 4294967296.0;
    const auto slot = Time(static_cast<std::int64_t>(place * static_cast<double>(whole.count())));
    const Time late = (asked - slot + whole) % whole;
    return std::min(late, whole - late);
  }

 private:
  static reconciler::PollSlot slot_of(const std::string& host) {
    return reconciler::poll_slot_of(
        {.organization = "default", .kind = model::Kind::host, .name = host});
  }

  seconds interval_;
};

struct Faults {
  Time from{0};
  Time until{0};
  std::optional<seconds> retry_after = {};  // none: nobody answers
  bool at_once = false;                     // at the beginning of it, every agent asks once more
};

// All requests of a fleet over ten intervals, the faults, and four intervals after.
class Fleet {
 public:
  Fleet(seconds interval, const Faults& faults, std::uint64_t seed)
      : interval_(interval), faults_(faults), slots_(interval), random_(seed), agents_(kAgents) {
    for (std::size_t i = 0; i < kAgents; ++i) {
      agents_[i].name = "host-" + std::to_string(i);
      ask_at(Time(random_.below(static_cast<std::uint64_t>(Time(interval).count()))), i);
    }
  }

  void run() {
    const Time end = faults_.until + 6 * interval_;
    while (!queue_.empty() && queue_.top().at <= end) {
      const Event event = queue_.top();
      queue_.pop();
      Agent& agent = agents_[event.agent];
      if (event.lot != agent.lot) continue;  // it asked sooner
      if (faults_.at_once && !gathered_ && event.at >= faults_.from) {
        gathered_ = true;
        for (std::size_t i = 0; i < kAgents; ++i) ask_at(faults_.from, i);
        continue;
      }
      ask(agent, event);
    }
  }

  // The most requests in any window of this length that ends in the time, times the steady number.
  [[nodiscard]] double peak(Time window, Time from, Time until) const {
    std::size_t most = 0;
    std::size_t first = 0;
    for (std::size_t last = 0; last < requests_.size(); ++last) {
      while (requests_[last] - requests_[first] >= window) ++first;
      if (requests_[last] >= from && requests_[first] < until && requests_[last] < until &&
          requests_[first] >= from) {
        most = std::max(most, last - first + 1);
      }
    }
    const double steady = static_cast<double>(kAgents) * static_cast<double>(window.count()) /
                          static_cast<double>(Time(interval_).count());
    return static_cast<double>(most) / steady;
  }
  // When the last agent had an answer again, since the end of the faults.
  [[nodiscard]] Time converged() const {
    Time last{0};
    for (const Agent& agent : agents_) {
      last = std::max(last, agent.back ? *agent.back - faults_.until : Time::max());
    }
    return last;
  }
  // How far the farthest was from its place when it asked last.
  [[nodiscard]] Time displaced() const {
    Time most{0};
    for (const Agent& agent : agents_) {
      most = std::max(most, slots_.distance(agent.name, agent.asked));
    }
    return most;
  }
  [[nodiscard]] Time end() const { return faults_.until + 6 * interval_; }

 private:
  struct Agent {
    std::string name = {};
    PollSchedule schedule = {};
    std::optional<Time> back = {};
    Time asked{0};          // last
    std::uint64_t lot = 0;  // of the event that counts
  };
  struct Event {
    Time at{0};
    std::size_t agent = 0;
    std::uint64_t lot = 0;
    bool operator>(const Event& other) const {
      return at != other.at ? at > other.at : agent > other.agent;
    }
  };

  void ask_at(Time at, std::size_t agent) { queue_.push({at, agent, ++agents_[agent].lot}); }

  void ask(Agent& agent, const Event& event) {
    requests_.push_back(event.at);
    agent.asked = event.at;
    const Time answered = event.at + microseconds(1 + random_.below(kRequestMax.count()));
    if (event.at >= faults_.from && event.at < faults_.until) {
      agent.schedule.failed(faults_.retry_after);
    } else {
      agent.schedule.succeeded(slots_.poll_after(agent.name, answered));
      if (event.at >= faults_.until && !agent.back) agent.back = event.at;
    }
    ask_at(agent.schedule.next(answered, random_), event.agent);
  }

  seconds interval_;
  Faults faults_;
  Slots slots_;
  SeededRandom random_;
  std::vector<Agent> agents_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue_;
  std::vector<Time> requests_;  // sorted
  bool gathered_ = false;
};

struct Peaks {
  double usual = 0;
  double meanwhile = 0;     // in windows of a 12th
  double after = 0;         // in windows of a 60th
  double after_longer = 0;  // in windows of a 12th
  Time converged{0};
  Time displaced{0};
};

Peaks peaks_of(seconds interval, const Faults& faults, std::uint64_t seed) {
  Fleet fleet(interval, faults, seed);
  fleet.run();
  const Time one = Time(interval) / 60;
  const Time five = Time(interval) / 12;
  const Peaks peaks{.usual = fleet.peak(one, 2 * interval, faults.from),
                    .meanwhile = fleet.peak(five, faults.from + microseconds(1), faults.until),
                    .after = fleet.peak(one, faults.until, fleet.end()),
                    .after_longer = fleet.peak(five, faults.until, fleet.end()),
                    .converged = fleet.converged(),
                    .displaced = fleet.displaced()};
  std::printf(
      "interval %4lld s, seed %llu: peaks usual %.2f, meanwhile %.2f, after %.2f (60ths) and %.2f "
      "(12ths) of the steady rate; all back after %.1f intervals\n",
      static_cast<long long>(interval.count()), static_cast<unsigned long long>(seed), peaks.usual,
      peaks.meanwhile, peaks.after, peaks.after_longer,
      static_cast<double>(peaks.converged.count()) / static_cast<double>(Time(interval).count()));
  return peaks;
}

Faults lasting(seconds interval, seconds time) {
  return {.from = 10 * interval, .until = 10 * interval + time};
}

TEST(Outage, IsNotMadeWorseByTheFleetNorIsTheServerWhenItIsBack) {
  constexpr seconds kOutage{600};
  struct Row {
    int interval;
    std::uint64_t seed;
  };
  for (const Row& row : {Row{10, 1}, {60, 1}, {60, 2}, {60, 3}, {300, 1}, {3600, 1}}) {
    const seconds interval(row.interval);
    const Peaks peaks = peaks_of(interval, lasting(interval, kOutage), row.seed);
    EXPECT_LE(peaks.after, 2.0);
    EXPECT_LE(peaks.after_longer, 2.0);
    EXPECT_LE(peaks.meanwhile, 2.0);
    EXPECT_LE(peaks.converged, 2 * interval + kRequestMax);
    EXPECT_LE(peaks.displaced, seconds(1)) << "all have their places again";
  }
}

TEST(Outage, OfAnyLengthIsLeftBehindWithinTwoIntervals) {
  constexpr seconds kInterval{60};
  for (const int outage : {1, 30, 60, 90, 120, 3600}) {
    const Peaks peaks = peaks_of(kInterval, lasting(kInterval, seconds(outage)), 4);
    EXPECT_LE(peaks.after, 2.0);
    EXPECT_LE(peaks.converged, 2 * kInterval + kRequestMax);
  }
}

// An overloaded server sheds whom it cannot serve.
TEST(Outage, OfAServerThatAsksToWaitEndsAsEvenly) {
  constexpr seconds kInterval{60};
  for (const std::uint64_t seed : {5, 6, 7}) {
    Faults faults = lasting(kInterval, seconds(600));
    faults.retry_after = seconds(30);
    const Peaks peaks = peaks_of(kInterval, faults, seed);
    EXPECT_LE(peaks.after, 2.0);
    EXPECT_LE(peaks.meanwhile, 2.0);
    EXPECT_LE(peaks.converged, 2 * kInterval + kRequestMax);
  }
}

TEST(Outage, DoesNotBringBackAtOnceThoseThatWereToldToWaitAtOnce) {
  constexpr seconds kInterval{60};
  for (const std::uint64_t seed : {8, 9, 10}) {
    // All of them ask within a moment, and are told to come back in 30 s.
    Faults faults = lasting(kInterval, seconds(1));
    faults.retry_after = seconds(30);
    faults.at_once = true;
    const Peaks peaks = peaks_of(kInterval, faults, seed);
    EXPECT_LE(peaks.after, 2.0);
    EXPECT_LE(peaks.converged, 2 * kInterval + kRequestMax);
  }
}

}  // namespace
}  // namespace titan::agent
