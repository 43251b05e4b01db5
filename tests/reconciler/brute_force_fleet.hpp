#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/entity.hpp"

namespace titan::testing {

// The host query the long way round: a copy of all entities at every sequence, and the definition
// of "should have" taken literally. Shares no code with reconciler/.
class BruteForceFleet {
 public:
  // The state after the next sequence.
  void snapshot(const std::map<model::Key, model::Entity>& entities);

  // Everything that decides what `host` has of each deployment, as one text a deployment.
  [[nodiscard]] std::map<model::Key, std::string> should_have(const std::string& host,
                                                              std::uint64_t seq) const;

 private:
  std::vector<std::map<model::Key, model::Entity>> snapshots_{{}};  // by seq
};

}  // namespace titan::testing
