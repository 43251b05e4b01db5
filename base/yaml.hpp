#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace titan {

// Reads the documents of a YAML text as JSON values. JSON is YAML too, so a JSON text gives one
// document. Plain scalars become null, bool, integer or float by the YAML 1.2 core schema
// ("yes" and "0o7" stay strings); quoted ones stay strings. Empty documents are left out.
// invalid: says line and column. exhausted: longer, deeper or more aliases than limits.hpp allows.
Result<std::vector<nlohmann::json>> parse_yaml(std::string_view text);

// Block style, keys in the order of the JSON value, strings quoted wherever they would read back
// as something else.
std::string yaml_text(const nlohmann::json& value);

}  // namespace titan
