#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace titan::model {

// What a host does when somebody else changed what it applied.
enum class DriftPolicy : std::uint8_t {
  heal,    // puts it back, and says so
  report,  // only says so
};

// "heal", "report".
std::string_view text_of(DriftPolicy policy);
// invalid: neither of them.
Result<DriftPolicy> parse_drift_policy(std::string_view text);

}  // namespace titan::model
