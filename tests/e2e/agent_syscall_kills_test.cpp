// The real agent against the real server, killed before and after each system call that changes
// something: the next run has to end where a run ends that nobody killed.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/e2e/agent_world.hpp"
#include "tests/e2e/sweep.hpp"

namespace titan {
namespace {

using testing::AgentScenario;
using testing::AgentWorld;
using testing::Intervention;
using testing::SyscallTracer;
using testing::TracedCall;

constexpr std::size_t kSample = 30;      // of each scenario
constexpr std::size_t kSampleSlow = 10;  // of the one with many files

class KilledAtEachCall : public ::testing::TestWithParam<std::size_t> {};

// Each call has two cases: killed before it, and after it.
Intervention kill_of(std::size_t number) {
  return {
      .call = number / 2,
      .kind = number % 2 == 0 ? Intervention::Kind::kill_before : Intervention::Kind::kill_after};
}

std::string kill_and_check(AgentWorld& world, const std::vector<TracedCall>& calls,
                           std::size_t number) {
  world.go_back();
  const Intervention kill = kill_of(number);
  const auto killed = world.run_disturbed(kill, false);
  std::string wrong;
  // The number of requests is not always the same, so that the last calls may not be there.
  if (!killed.struck && kill.call + 8 < calls.size()) wrong += "the run ended before it\n";
  wrong += world.check_whole();
  wrong += world.recover(AgentWorld::Match::exact);
  if (wrong.empty()) return wrong;
  const std::string call = killed.calls.empty() ? "" : world.shown(killed.calls.back().text());
  return (number % 2 == 0 ? "before " : "after ") + call + "\n" + wrong;
}

TEST_P(KilledAtEachCall, EndsInTheOldStateOrTheNewAndNeedsNoPerson) {
  std::string why;
  if (!SyscallTracer::supported(why)) GTEST_SKIP() << why;
  const AgentScenario& scenario = testing::agent_scenarios()[GetParam()];
  AgentWorld world(scenario);
  const auto calls = world.list_calls(false);
  ASSERT_GT(calls.size(), 20);
  run_sweep({.name = scenario.name,
             .cases = 2 * calls.size(),
             .sample = scenario.only_git ? kSampleSlow : kSample,
             .check = [&](AgentWorld& other,
                          std::size_t number) { return kill_and_check(other, calls, number); }},
            scenario, world);
}

std::string name_of_scenario(const ::testing::TestParamInfo<std::size_t>& info) {
  std::string name;
  for (const char c : testing::agent_scenarios()[info.param].name) {
    if (c != ' ') name += c;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Agent, KilledAtEachCall,
                         ::testing::Range<std::size_t>(0, testing::agent_scenarios().size()),
                         name_of_scenario);

}  // namespace
}  // namespace titan
