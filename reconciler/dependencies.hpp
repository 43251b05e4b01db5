#pragma once

#include <map>
#include <vector>

#include "model/key.hpp"

namespace titan::reconciler {

// Which deployments have to be in place before another one is applied: the key of each with those
// that it names. What is named need not be a key of the map.
using Dependencies = std::map<model::Key, std::vector<model::Key>>;

// The keys, each before all those of them that it depends on: the order in which they leave. What
// is in a cycle stands in some order. Pure; no recursion. REQUIRES: `keys` is sorted, without
// repeats.
std::vector<model::Key> dependents_first(const Dependencies& dependencies,
                                         const std::vector<model::Key>& keys);

}  // namespace titan::reconciler
