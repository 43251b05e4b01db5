#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan {

// Durations as people write them: "90s", "5m", "1h30m", "7d". Units d, h, m, s, each at most once
// and in this order, whole numbers. invalid, quoting the text, otherwise, when it is zero-length,
// or when it is longer than kDurationMax.
inline constexpr std::chrono::seconds kDurationMax = std::chrono::hours(24 * 366 * 10);
Result<std::chrono::seconds> parse_duration(std::string_view text);
// The shortest such text: "1h30m" for 5400 s, "0s" for none. REQUIRES: not negative.
std::string duration_text(std::chrono::seconds duration);

}  // namespace titan
