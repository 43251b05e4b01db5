#include "agent/health_gate.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/limits.hpp"
#include "model/limits.hpp"
#include "tests/agent/fake_prober.hpp"

namespace titan::agent {
namespace {

using model::Health;
using model::HealthCheck;
using std::chrono::seconds;
using testing::FakeProber;
using Kind = HealthGate::Verdict::Kind;

constexpr Clock::Monotonic kBegin = seconds(1000);

HealthCheck unit(const std::string& name) {
  return {.kind = HealthCheck::Kind::systemd, .unit = name};
}

std::string text_of(Kind kind) {
  if (kind == Kind::pending) return "pending";
  return kind == Kind::healthy ? "healthy" : "unhealthy";
}

// One call of probe(): "12+": at 12 s, and all checks would hold; "12-": one would fail.
struct Call {
  int at = 0;
  bool holds = true;
};

std::vector<Call> calls_of(const std::string& text) {
  std::vector<Call> calls;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t length = 0;
    Call call{std::stoi(text.substr(at), &length)};
    call.holds = text.at(at + length) == '+';
    calls.push_back(call);
    at += length + 2;
  }
  return calls;
}

struct GateRow {
  const char* name;
  Health health;
  const char* calls;    // the seconds since the switch
  const char* verdict;  // after the last of them, and pending before
  int rounds;           // that were asked
  int next;             // seconds since the switch, when it is pending
};

Health health(int start_period, int interval, int window) {
  return {.checks = {unit("a.service")},
          .start_period = seconds(start_period),
          .interval = seconds(interval),
          .timeout = seconds(5),
          .window = seconds(window)};
}

TEST(HealthGate, GivesItsVerdictByTheTableOfItsStates) {
  const GateRow rows[] = {
      {"the first round is due at once", health(30, 5, 10), "0+", "pending", 1, 5},
      {"held for the window", health(30, 5, 10), "0+ 5+ 10+", "healthy", 3, 0},
      {"and not before", health(30, 5, 10), "0+ 5+", "pending", 2, 10},
      {"a window of no time", health(30, 5, 0), "0+", "healthy", 1, 0},
      {"the last wait ends with the window", health(30, 4, 10), "0+ 4+ 8+", "pending", 3, 10},
      {"who comes early asks nothing", health(30, 5, 10), "0+ 1- 4- 5+", "pending", 2, 10},
      {"in the start period failing is waiting", health(30, 5, 10), "0- 5- 29-", "pending", 3, 34},
      {"and the window begins anew", health(30, 5, 10), "0+ 5+ 9- 10- 15+ 20+", "pending", 5, 25},
      {"until it is whole", health(30, 5, 10), "0- 5- 10+ 15+ 20+", "healthy", 5, 0},
      {"flapping to the end of the start period", health(20, 5, 10), "0+ 5- 10+ 15- 20+ 25+ 30+",
       "healthy", 7, 0},
      {"flapping beyond it", health(20, 5, 10), "0+ 5- 10+ 15- 20+ 25-", "unhealthy", 6, 0},
      {"failing at the end of it", health(20, 5, 10), "0- 5- 10- 15- 20-", "unhealthy", 5, 0},
      {"no start period", health(0, 5, 10), "0-", "unhealthy", 1, 0},
      {"no start period, and a break", health(0, 5, 10), "0+ 5-", "unhealthy", 2, 0},
      {"a window longer than the start period", health(5, 5, 15), "0+ 5+ 10+ 15+", "healthy", 4, 0},
      {"and a break in it", health(5, 5, 15), "0+ 5+ 10-", "unhealthy", 3, 0},
      {"no interval is one of a second", health(30, 0, 2), "0+ 1+ 2+", "healthy", 3, 0},

      // Late calls. With one check that takes at most 5 s, a round comes at most every 10 s.
      {"a late first round may fail", health(30, 5, 10), "600-", "pending", 1, 605},
      {"as often as the start period is long", health(30, 5, 10), "600- 1200- 1800-", "unhealthy",
       3, 0},
      {"what is late counts for the start period as far as a round may take", health(30, 5, 10),
       "0- 9- 18- 27-", "pending", 4, 32},
      {"a gap is no window", health(30, 5, 10), "0+ 3600+", "pending", 2, 3605},
      {"but some of it", health(30, 5, 10), "0+ 3600+ 7200+", "healthy", 3, 0},
      {"two lucky rounds are not enough", health(30, 5, 10), "0+ 3600+ 7200-", "pending", 3, 7205},
      {"what fails after a gap does not pass", health(10, 5, 10), "0+ 5+ 9+ 3600-", "unhealthy", 3,
       0},
      {"late, healthy", health(5, 5, 10), "700+ 1400+ 2100+", "healthy", 3, 0},
  };
  for (const GateRow& row : rows) {
    SCOPED_TRACE(row.name);
    HealthGate gate(row.health, kBegin);
    bool holds = true;
    FakeProber prober([&](const HealthCheck&, OutputTail&) {
      return holds ? Result<void>() : Result<void>(unavailable("a.service is failed"));
    });
    OutputTail output(model::kOutputBytesMax);
    const std::vector<Call> calls = calls_of(row.calls);
    EXPECT_EQ(gate.next(), kBegin);
    for (const Call& call : calls) {
      EXPECT_EQ(text_of(gate.verdict().kind), "pending") << "before " << call.at;
      holds = call.holds;
      gate.probe(kBegin + seconds(call.at), prober, "/run/x", output);
    }
    EXPECT_EQ(text_of(gate.verdict().kind), row.verdict);
    EXPECT_EQ(prober.asked().size(), static_cast<std::size_t>(row.rounds));
    if (gate.verdict().kind == Kind::pending) {
      EXPECT_EQ(gate.next(), kBegin + seconds(row.next));
    }
    EXPECT_EQ(gate.verdict().reason, holds ? "" : "a.service is failed");
  }
}

TEST(HealthGate, IsHealthyAtOnceWithoutChecks) {
  HealthGate gate({}, kBegin);
  EXPECT_EQ(gate.verdict().kind, Kind::healthy);
  FakeProber prober;
  OutputTail output(model::kOutputBytesMax);
  EXPECT_EQ(gate.probe(kBegin, prober, "", output).kind, Kind::healthy);
  EXPECT_TRUE(prober.asked().empty());
}

TEST(HealthGate, AsksEveryCheckAndNamesThoseThatFail) {
  Health three = health(0, 5, 0);
  three.checks = {unit("a.service"), unit("b.service"), unit("c.service")};
  HealthGate gate(three, kBegin);
  FakeProber prober([](const HealthCheck& check, OutputTail&) -> Result<void> {
    if (check.unit == "a.service") return {};
    return unavailable(check.unit + " is failed");
  });
  OutputTail output(model::kOutputBytesMax);
  const auto verdict = gate.probe(kBegin, prober, "/run/x", output);
  EXPECT_EQ(verdict.kind, Kind::unhealthy);
  EXPECT_EQ(verdict.reason, "b.service is failed; c.service is failed");
  ASSERT_EQ(prober.asked().size(), 3U);
  for (const FakeProber::Asked& asked : prober.asked()) {
    EXPECT_EQ(asked.timeout, seconds(5));
    EXPECT_EQ(asked.folder, "/run/x");
  }
}

TEST(HealthGate, AsksNoMoreOnceThereIsAVerdict) {
  for (const bool holds : {true, false}) {
    HealthGate gate(health(0, 5, 0), kBegin);
    FakeProber prober([&](const HealthCheck&, OutputTail&) {
      return holds ? Result<void>() : Result<void>(unavailable("no"));
    });
    OutputTail output(model::kOutputBytesMax);
    const Kind first = gate.probe(kBegin, prober, "", output).kind;
    EXPECT_EQ(first, holds ? Kind::healthy : Kind::unhealthy);
    EXPECT_EQ(gate.probe(kBegin + seconds(100), prober, "", output).kind, first);
    EXPECT_EQ(prober.asked().size(), 1U);
  }
}

TEST(HealthGate, KeepsTheEndOfWhatFailingChecksSaid) {
  HealthGate gate(health(10, 5, 0), kBegin);
  int round = 0;
  FakeProber prober([&](const HealthCheck&, OutputTail& output) {
    output.add(std::string(3000, static_cast<char>('a' + round++)));
    return Result<void>(unavailable("no"));
  });
  OutputTail output(model::kOutputBytesMax);
  for (const int at : {0, 5, 10}) gate.probe(kBegin + seconds(at), prober, "", output);
  EXPECT_EQ(gate.verdict().kind, Kind::unhealthy);
  EXPECT_EQ(output.text(), std::string(1096, 'b') + std::string(3000, 'c'));
}

TEST(HealthGate, KeepsItsReasonShort) {
  Health many = health(0, 5, 0);
  many.checks.assign(model::kHealthChecksMax, unit("a.service"));
  HealthGate gate(many, kBegin);
  FakeProber prober([](const HealthCheck&, OutputTail&) {
    return Result<void>(unavailable(std::string(500, 'x')));
  });
  OutputTail output(model::kOutputBytesMax);
  EXPECT_EQ(gate.probe(kBegin, prober, "", output).reason.size(), kReasonBytesMax);
}

}  // namespace
}  // namespace titan::agent
