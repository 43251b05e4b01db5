#pragma once

#include <string>

namespace titan::model {

// A team's space inside an organization. `default` always exists.
struct WorkspaceSpec {
  std::string description = {};
  bool operator==(const WorkspaceSpec&) const = default;
};

}  // namespace titan::model
