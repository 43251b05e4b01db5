#pragma once

#include <map>
#include <string>

#include "model/manifest.hpp"
#include "tests/simulation/plain_model.hpp"

namespace titan::simulation {

// What decides the form of one deployment on one host. Null: it does not exist.
struct Ingredients {
  PlainModel::State deployment = {};
  PlainModel::State workload = {};
  PlainModel::State source = {};  // the template
  PlainModel::State host = {};
  bool operator==(const Ingredients&) const = default;  // the same versions of the same entities
};

// All that the host should have at `seq`, by key: the definition taken literally, every deployment
// looked at. Shares no code with reconciler/. Empty when the host does not exist.
std::map<model::Key, Ingredients> should_have(const PlainModel& plain, const std::string& host,
                                              std::uint64_t seq);

// The form that these give, without digests of the server's own making. `error` is a word when
// something is missing.
model::DesiredDeployment form_of(const Ingredients& of);
// Whether the two forms may count as equal though their ingredients are not the same versions.
bool same_specs(const Ingredients& one, const Ingredients& other);

}  // namespace titan::simulation
