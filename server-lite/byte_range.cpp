#include "server-lite/byte_range.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace titan::server_lite {
namespace {

constexpr std::string_view kUnit = "bytes=";
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// Digits alone; more than fit are the greatest number. nullopt: it is none.
std::optional<std::uint64_t> number_in(std::string_view text) {
  const bool is_number =
      !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? number : kMost;
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

std::string ByteRange::content_range(std::size_t size) const {
  const std::string part =
      bytes == 0 ? "*" : std::to_string(from) + "-" + std::to_string(from + bytes - 1);
  return "bytes " + part + "/" + std::to_string(size);
}

std::optional<ByteRange> read_byte_range(std::string_view header, std::size_t size) {
  // Units are compared without regard to case (RFC 9110, section 14.1).
  if (header.size() < kUnit.size() ||
      !std::equal(kUnit.begin(), kUnit.end(), header.begin(),
                  [](char unit, char given) { return unit == lower(given); })) {
    return std::nullopt;
  }
  const std::string_view range = header.substr(kUnit.size());
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = number_in(range.substr(0, dash));
  const std::string_view rest = range.substr(dash + 1);
  const auto to = rest.empty() ? std::optional(kMost) : number_in(rest);
  if (!from || !to || *to < *from) return std::nullopt;
  if (*from >= size) return ByteRange{};
  const auto last = std::min<std::uint64_t>(*to, size - 1);
  return ByteRange{.from = *from, .bytes = static_cast<std::size_t>(last - *from + 1)};
}

}  // namespace titan::server_lite
