#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/role.hpp"

namespace titan::model {

// A role, and where it holds. A plain value.
struct Grant {
  Role role = Role::viewer;
  std::string workspace = {};  // empty: in the whole organization
  bool operator==(const Grant&) const = default;
};

// "developer in workspace iot", "admin".
std::string text_of(const Grant& grant);

// [{"role": "developer", "workspace": "iot"}, {"role": "viewer"}]: without the workspace, the role
// holds in the whole organization.
nlohmann::json json_of(const std::vector<Grant>& grants);
// invalid: `field` begins with `path`, such as "spec.grants[1].role".
Result<std::vector<Grant>> parse_grants(const nlohmann::json& array, std::string_view path);

}  // namespace titan::model
