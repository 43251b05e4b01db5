#include "base/byte_size.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace titan {
namespace {

struct Unit {
  std::string_view name;
  unsigned bits;
};
// The greatest first.
constexpr std::array<Unit, 4> kUnits = {{{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}}};
constexpr std::uint64_t kBytesMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  std::string_view digits = text;
  unsigned bits = 0;
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    digits.remove_suffix(unit.name.size());
    bits = unit.bits;
  }
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failure == std::errc::result_out_of_range || number > kBytesMax >> bits) {
    return invalid(quote(text) + " is more than " + std::to_string(kBytesMax) + " bytes");
  }
  if (failure != std::errc{} || end != digits.data() + digits.size()) {
    return invalid("expected a size as 256MiB, 64KiB or 4096, found " + quote(text));
  }
  return number << bits;
}

std::string byte_size_text(std::uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    const std::uint64_t whole = bytes >> unit.bits;
    if (whole > 0 && whole << unit.bits == bytes) {
      return std::to_string(whole) + std::string(unit.name);
    }
  }
  return std::to_string(bytes);
}

}  // namespace titan
