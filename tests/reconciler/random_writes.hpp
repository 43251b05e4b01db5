#pragma once

#include <cstdint>
#include <string>

#include "model/entity.hpp"
#include "model/target.hpp"
#include "tests/reconciler/fleet_builder.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::testing {

// Random writes of every kind over few names, few labels and two workspaces, so that they meet
// often: names are used again, deletions asked for and taken back, and a good part of the writes
// should be noticed by nobody (a status, a host's capacity).
class RandomWrites {
 public:
  explicit RandomWrites(std::uint64_t seed) : random_(seed) {}

  void write(FleetBuilder& builder);

  std::uint64_t below(std::uint64_t end) { return random_.below(end); }
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }
  std::string host() { return pick("host"); }
  model::TargetSpec target();

 private:
  std::string pick(const char* prefix) { return prefix + std::to_string(below(4)); }
  model::Labels labels();
  model::Values values();
  model::Values values_with_secrets();
  model::Entity make_random_secret();
  model::AuthorSignatures signatures();
  std::string clause();
  model::Entity entity();
  model::Entity make_random_host();
  model::Entity make_random_deployment();
  void remove_one(FleetBuilder& builder);
  void touch_one(FleetBuilder& builder);

  SeededRandom random_;
};

}  // namespace titan::testing
