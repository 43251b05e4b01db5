#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/timestamp.hpp"

namespace titan::cli {

// A time as a person writes it: RFC 3339, or how long ago it was ("10m", "1h30m"), counted from
// `now`. invalid, quoting the text.
Result<Timestamp> parse_moment(std::string_view text, Timestamp now);

// What --since says, as the server reads it: a bookmark as it is, or the time of parse_moment().
// invalid, quoting the text.
Result<std::string> since_text(std::string_view text, Timestamp now);

}  // namespace titan::cli
