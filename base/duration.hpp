#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "base/result.hpp"

namespace titan {

// Durations as people write them: "90s", "5m", "1h30m", "7d". Units d, h, m, s, each at most once
// and in this order, each after a whole number.
//
// invalid, quoting the text, when it is not of this form, says no time at all ("0s"), or is longer
// than kDurationMax.
Result<std::chrono::seconds> parse_duration(std::string_view text);
// The canonical such text: each unit as large as it can be, and none that is zero: "1h30m" for
// 5400 s; "0s" for none. REQUIRES: not negative.
std::string duration_text(std::chrono::seconds duration);

}  // namespace titan
