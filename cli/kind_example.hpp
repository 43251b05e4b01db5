#pragma once

#include <string>

#include "model/kind.hpp"

namespace titan::cli {

// How an entity of the kind is written by flags, as help shows it: "host --name tim-pi …". Of a
// kind that `create` and `apply` take.
std::string example_of(model::Kind kind);

}  // namespace titan::cli
