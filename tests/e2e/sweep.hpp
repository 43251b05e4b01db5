#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "tests/e2e/agent_world.hpp"

namespace titan::testing {

// Goes through the cases of a scenario, each in a world that any number of cases may use one after
// the other: all of them in the nightly tests; else about `sample`, evenly spread, from a place
// that the seed chooses. Many are shared by two threads, with a world each.
//
// TITAN_SWEEP_SEED=N chooses the same places again, TITAN_SWEEP_SAMPLE=N more or fewer of them (0:
// all), and TITAN_SWEEP_CASE=N runs one case alone. The seed, the number of each case that went
// wrong, and what it is, are printed.
struct Sweep {
  std::string name = {};
  std::size_t cases = 0;
  std::size_t sample = 0;
  // What is wrong; empty: nothing. For several threads at once, with a world each.
  std::function<std::string(AgentWorld& world, std::size_t number)> check = {};
};

// Test failures, one for each case that went wrong, until there are enough of them. `world` is one
// of `scenario`. How many cases it went through.
std::size_t run_sweep(const Sweep& sweep, const AgentScenario& scenario, AgentWorld& world);

}  // namespace titan::testing
