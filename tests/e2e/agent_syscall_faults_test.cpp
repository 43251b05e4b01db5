// The real agent against the real server, while each system call in turn fails in each way that it
// can: a full disk, a broken one, a signal, a part of what was asked for. Nothing may crash, every
// file stays whole, the agent says what went wrong, and the next run repairs it.
#include <gtest/gtest.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <map>
#include <mutex>

#include "tests/e2e/agent_world.hpp"
#include "tests/e2e/sweep.hpp"

namespace titan {
namespace {

using testing::AgentScenario;
using testing::AgentWorld;
using testing::Intervention;
using testing::SyscallRule;
using testing::SyscallTracer;
using testing::TracedCall;
using testing::TracedRun;
using Kind = Intervention::Kind;

constexpr std::size_t kSample = 30;      // of each scenario
constexpr std::size_t kSampleSlow = 10;  // of the one with many files

std::vector<Intervention> faults_of(const TracedCall& call, std::size_t number) {
  const SyscallRule& rule = *call.rule;
  const auto may = [&](SyscallRule::Failure failure) { return (rule.failures & failure) != 0; };
  const bool locks = rule.effect == SyscallRule::Effect::locks || rule.name == "flock";
  const bool opens = rule.effect == SyscallRule::Effect::opens;
  std::vector<Intervention> faults;
  if (call.path.starts_with("socket:")) {
    const int broken = rule.name == "connect" ? ENETUNREACH : ECONNRESET;
    faults.push_back({number, Kind::fail, broken});
  } else if (!locks) {
    faults.push_back({number, Kind::fail, EIO});
  }
  // Nothing needs space to open what is there.
  if (may(SyscallRule::no_space) && (!opens || call.makes)) {
    faults.push_back({number, Kind::fail, ENOSPC});
    faults.push_back({number, Kind::fail_on, ENOSPC});
  }
  if (may(SyscallRule::interrupted)) faults.push_back({number, Kind::fail, EINTR});
  if (may(SyscallRule::shortened) && call.bytes > 1) faults.push_back({number, Kind::shorten});
  return faults;
}

std::string text_of(const Intervention& fault) {
  if (fault.kind == Kind::shorten) return "a part of ";
  std::string text = strerrorname_np(fault.error);
  if (fault.kind == Kind::fail_on) text += " from here on";
  return text + " of ";
}

// The codes that the manual of the agent names.
bool is_documented(int exit_code) {
  constexpr std::array<int, 7> kCodes = {0, 1, 3, 4, 5, 6, 7};
  return std::ranges::find(kCodes, exit_code) != kCodes.end();
}

// How often the agent took no harm from a fault, by what it was.
class Harmless {
 public:
  void note(const Intervention& fault, const TracedCall& call) {
    const std::lock_guard hold(mutex_);
    ++counts_[text_of(fault) + std::string(call.rule->name)];
  }
  void print() const {
    for (const auto& [what, count] : counts_) {
      std::cout << "  harmless: " << what << ": " << count << "\n";
    }
  }

 private:
  std::mutex mutex_;  // of counts_
  std::map<std::string, std::size_t> counts_;
};

std::string check_outcome(AgentWorld& world, const TracedRun& run, const Intervention& fault) {
  std::string wrong;
  if (!is_documented(run.exit_code)) {
    wrong += "the agent ended with " + std::to_string(run.exit_code) + "\n";
  }
  wrong += world.check_whole();
  const std::string missing = world.check_done(AgentWorld::Match::tried_again);
  if (missing.empty()) return wrong;
  if (run.exit_code == 0) wrong += "the agent says that all is well, but:\n" + missing;
  if (!world.complained(strerrordesc_np(fault.error)))
    wrong += "the agent does not say why this is so:\n" + missing;
  return wrong;
}

std::string fail_and_check(AgentWorld& world, const Intervention& fault, Harmless& harmless) {
  world.go_back();
  const TracedRun run = world.run_disturbed(fault, true);
  if (!run.struck || fault.call >= run.calls.size()) return "";  // there were fewer calls this time
  const TracedCall& call = run.calls[fault.call];
  std::string wrong = check_outcome(world, run, fault);
  if (!wrong.empty()) wrong += world.log();
  if (run.exit_code == world.exit_code()) harmless.note(fault, call);
  wrong += world.recover(AgentWorld::Match::tried_again);
  return wrong.empty() ? wrong : text_of(fault) + world.shown(call.text()) + "\n" + wrong;
}

class FailingAtEachCall : public ::testing::TestWithParam<std::size_t> {};

TEST_P(FailingAtEachCall, LosesNothingSaysWhatIsWrongAndRecoversByItself) {
  std::string why;
  if (!SyscallTracer::supported(why)) GTEST_SKIP() << why;
  const AgentScenario& scenario = testing::agent_scenarios()[GetParam()];
  AgentWorld world(scenario);
  std::vector<Intervention> faults;
  const auto calls = world.list_calls(true);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto more = faults_of(calls[i], i);
    faults.insert(faults.end(), more.begin(), more.end());
  }
  Harmless harmless;
  run_sweep({.name = scenario.name,
             .cases = faults.size(),
             .sample = scenario.only_git ? kSampleSlow : kSample,
             .check =
                 [&](AgentWorld& other, std::size_t number) {
                   return fail_and_check(other, faults[number], harmless);
                 }},
            scenario, world);
  harmless.print();
}

TEST(FullDisk, IsToldInTheLogWhereGitMeetsIt) {
  std::string why;
  if (!SyscallTracer::supported(why)) GTEST_SKIP() << why;
  AgentWorld world(testing::agent_scenarios().front());
  const auto calls = world.list_calls(true);
  const auto write = std::ranges::find_if(calls, [](const TracedCall& call) {
    return call.rule->name == "write" && call.path.find("/git/objects/") != std::string::npos;
  });
  ASSERT_NE(write, calls.end());
  world.go_back();
  const auto number = static_cast<std::size_t>(write - calls.begin());
  const TracedRun run = world.run_disturbed({number, Kind::fail_on, ENOSPC}, true);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_TRUE(world.complained(strerrordesc_np(ENOSPC))) << world.log();
  EXPECT_EQ(world.recover(AgentWorld::Match::tried_again), "");
}

std::string name_of_scenario(const ::testing::TestParamInfo<std::size_t>& info) {
  std::string name = testing::agent_scenarios()[info.param].name;
  std::erase(name, ' ');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Agent, FailingAtEachCall,
                         ::testing::Range<std::size_t>(0, testing::agent_scenarios().size()),
                         name_of_scenario);

}  // namespace
}  // namespace titan
