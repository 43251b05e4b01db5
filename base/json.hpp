#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "base/result.hpp"

namespace titan {

// Reads one JSON text (RFC 8259) of at most `bytes_max` bytes and kJsonDepthMax levels.
// A repeated key in an object is refused, since readers disagree on which one counts.
// invalid: says line, column and what was expected. exhausted: too long or too deep.
Result<nlohmann::json> parse_json(std::string_view text, std::size_t bytes_max = kJsonBytesMax);

// The one spelling that titan hashes and compares: keys sorted, no white space, UTF-8; bytes
// that are not UTF-8 become U+FFFD. Never fails.
std::string canonical_json(const nlohmann::json& value);
// Indented by two spaces, for people.
std::string pretty_json(const nlohmann::json& value);

}  // namespace titan
