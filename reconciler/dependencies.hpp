#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/key.hpp"

namespace titan::reconciler {

// Which deployments have to be in place before another one is applied: the key of each with those
// that it names. What is named need not be a key of the map.
using Dependencies = std::map<model::Key, std::vector<model::Key>>;

// A way from a deployment back to itself, such as {a, b, a}; empty: there is none from `start`.
// Linear in the size of the map; no recursion.
std::vector<model::Key> cycle_from(const Dependencies& dependencies, const model::Key& start);
// "default/a -> default/b -> default/a".
std::string cycle_text(const std::vector<model::Key>& cycle);

// The keys, each before all those of them that it depends on: the order in which they leave. What
// is in a cycle stands in the order of the keys. REQUIRES: `keys` is sorted, without repeats.
std::vector<model::Key> dependents_first(const Dependencies& dependencies,
                                         const std::vector<model::Key>& keys);

}  // namespace titan::reconciler
