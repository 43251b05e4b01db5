#pragma once

#include <string_view>

#include "base/result.hpp"

namespace titan::model {

// What titan sees of an entity, as against what its spec asks for.
enum class Status { initialized, creating, ready, updating, deleting, deleted, error, missing };

// "READY", as in JSON.
std::string_view name_of(Status status);
// invalid, naming the closest status.
Result<Status> parse_status(std::string_view name);

}  // namespace titan::model
