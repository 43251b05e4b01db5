#pragma once

#include <vector>

#include "model/entity.hpp"
#include "tests/simulation/dice.hpp"

namespace titan::simulation {

// Entities over few names, few labels and few values, so that they meet often.
constexpr std::uint64_t kHosts = 12;

// A key of any kind; some kinds more often than others. Never an assignment's unless asked for.
model::Key random_key(Dice& dice, bool assignments);
// Entities whose references often lead somewhere. `blobs`: what template files may hold; not empty.
model::Entity random_entity(const model::Key& key, const std::vector<Digest>& blobs, Dice& dice);

// The assignment of a deployment to a host.
model::Key assignment_key(const std::string& workspace, const std::string& deployment,
                          const std::string& host);

}  // namespace titan::simulation
