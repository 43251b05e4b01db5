#include "tests/e2e/sweep.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <exception>
#include <iostream>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace titan::testing {
namespace {

#ifdef TITAN_NIGHTLY
constexpr bool kNightly = true;
#else
constexpr bool kNightly = false;
#endif
constexpr int kProblemsMax = 5;
constexpr std::size_t kAloneMax = 100;  // more are worth a second world

std::optional<std::uint64_t> number_in(const char* variable) {
  const char* const text = getenv(variable);
  if (text == nullptr) return std::nullopt;
  return std::stoull(text);
}

std::vector<std::size_t> choose(const Sweep& sweep, std::uint64_t seed) {
  if (const auto one = number_in("TITAN_SWEEP_CASE")) return {static_cast<std::size_t>(*one)};
  const std::size_t sample = number_in("TITAN_SWEEP_SAMPLE").value_or(kNightly ? 0 : sweep.sample);
  const std::size_t stride = sample == 0 ? 1 : std::max<std::size_t>(1, sweep.cases / sample);
  std::vector<std::size_t> chosen;
  for (std::size_t i = seed % stride; i < sweep.cases; i += stride) chosen.push_back(i);
  return chosen;
}

class Run {
 public:
  Run(const Sweep& sweep, std::vector<std::size_t> chosen)
      : sweep_(sweep), chosen_(std::move(chosen)) {}

  // For several threads.
  void work(AgentWorld& world) {
    for (std::size_t at = next_++; at < chosen_.size(); at = next_++) {
      const std::size_t number = chosen_[at];
      const std::string problem = check(world, number);
      if (problem.empty()) continue;
      ADD_FAILURE() << sweep_.name << ", TITAN_SWEEP_CASE=" << number << ": " << problem;
      if (++problems_ >= kProblemsMax) next_ = chosen_.size();
    }
  }

 private:
  std::string check(AgentWorld& world, std::size_t number) const {
    try {
      return sweep_.check(world, number);
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  const Sweep& sweep_;
  const std::vector<std::size_t> chosen_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<int> problems_ = 0;
};

}  // namespace

std::size_t run_sweep(const Sweep& sweep, const AgentScenario& scenario, AgentWorld& world) {
  const std::uint64_t seed = number_in("TITAN_SWEEP_SEED").value_or(std::random_device{}());
  const auto chosen = choose(sweep, seed);
  std::cout << sweep.name << ": " << chosen.size() << " of " << sweep.cases
            << " cases, TITAN_SWEEP_SEED=" << seed << "\n"
            << std::flush;
  Run run(sweep, chosen);
  std::thread second;
  if (chosen.size() > kAloneMax) {
    second = std::thread([&] {
      AgentWorld other(scenario);
      run.work(other);
    });
  }
  run.work(world);
  if (second.joinable()) second.join();
  return chosen.size();
}

}  // namespace titan::testing
