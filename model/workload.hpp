#pragma once

#include <string>

#include "model/values.hpp"

namespace titan::model {

// What a team ships.
struct WorkloadSpec {
  std::string repo = {};              // where its source lives
  std::string default_template = {};  // `template` in JSON; used by deployments that name none
  Values values = {};
  bool operator==(const WorkloadSpec&) const = default;
};

}  // namespace titan::model
