#pragma once

#include <string_view>

#include "base/result.hpp"

namespace titan::model {

// What a person, or a program of theirs, may do; each may also do what those before it may.
// server-lite/identity/permissions.hpp says what that is.
enum class Role {
  viewer,     // read
  developer,  // write workloads, targets and deployments
  platform,   // write hosts, templates and workspaces, and enroll devices
  admin,      // say who may do what
};

// "developer".
std::string_view name_of(Role role);
// invalid, with the closest one, unless it is one of them, spelled exactly so.
Result<Role> parse_role(std::string_view text);

}  // namespace titan::model
