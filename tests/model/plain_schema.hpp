#pragma once

#include <nlohmann/json_fwd.hpp>

namespace titan::testing {

// Whether the value fits the schema by the words of JSON Schema (draft 2020-12), read off the JSON
// each time: no limits, no reasons, no secrets. `root`: the outermost schema.
bool fits_plainly(const nlohmann::json& root, const nlohmann::json& schema,
                  const nlohmann::json& value);

}  // namespace titan::testing
