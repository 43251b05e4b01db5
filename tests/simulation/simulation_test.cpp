// Random histories against a plain model. See README.md.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/simulation/simulation.hpp"
#include "tests/simulation/store_subject.hpp"

namespace titan::simulation {
namespace {

std::uint64_t seed_of_run(std::uint64_t seed) {
  if (const char* given = std::getenv("TITAN_SIMULATION_SEED")) return std::stoull(given);
  return seed;
}

Simulation::Outcome run(const Simulation::Options& options) {
  std::cout << "seed " << options.seed << "\n";
  const auto outcome = Simulation(options).run();
  std::cout << outcome.operations << " operations, " << outcome.reads << " reads, "
            << outcome.changes << " changes, " << outcome.restarts << " restarts, "
            << outcome.restores << " restores, horizon " << outcome.horizon << "\n";
  return outcome;
}

Result<std::unique_ptr<Subject>> on_the_store(const Simulation::Ground& ground) {
  return StoreSubject::open(ground.store);
}

TEST(Simulation, OfTheStoreAndTheHostIndexShowsEveryReaderWhatAPlainModelSays) {
  const auto outcome =
      run({.seed = seed_of_run(20'261'120), .operations = 40'000, .open = &on_the_store});
  EXPECT_FALSE(outcome.finding) << *outcome.finding;
}

}  // namespace
}  // namespace titan::simulation
