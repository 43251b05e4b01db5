#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace titan {

// A moment of the server's time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
// Written as RFC 3339 in UTC with six digits of fraction: "2026-03-01T12:00:00.000000Z".
class Timestamp {
 public:
  constexpr Timestamp() = default;
  static constexpr Timestamp from_micros(std::int64_t micros) { return Timestamp(micros); }
  // RFC 3339 with any offset and up to nine digits of fraction (cut to six), years 1970 to 9999;
  // invalid otherwise.
  static Result<Timestamp> parse(std::string_view text);

  [[nodiscard]] constexpr std::int64_t micros() const { return micros_; }
  [[nodiscard]] std::string text() const;
  auto operator<=>(const Timestamp&) const = default;

 private:
  explicit constexpr Timestamp(std::int64_t micros) : micros_(micros) {}
  std::int64_t micros_ = 0;
};

// "3d", "4h", "12m", "8s": how long ago, for people; the largest unit that is not zero.
std::string age_text(Timestamp from, Timestamp until);

}  // namespace titan
