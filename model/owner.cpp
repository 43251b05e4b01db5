#include "model/owner.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include "base/text.hpp"

namespace titan::model {
namespace {

constexpr std::size_t kNameMax = 32;
constexpr std::uint64_t kNumberMax = std::numeric_limits<std::uint32_t>::max() - 1;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

bool is_user_or_group(std::string_view text) {
  if (text.empty()) return false;
  if (std::ranges::all_of(text, is_digit)) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && number <= kNumberMax;
  }
  const auto goes_on = [](char c) { return starts_name(c) || is_digit(c) || c == '-'; };
  return text.size() <= kNameMax && starts_name(text.front()) && std::ranges::all_of(text, goes_on);
}

}  // namespace

Result<Owner> Owner::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view user = text.substr(0, colon);
  const bool has_group = colon != std::string_view::npos;
  const std::string_view group = has_group ? text.substr(colon + 1) : std::string_view();
  if (is_user_or_group(user) && (!has_group || is_user_or_group(group))) {
    return Owner{.user = std::string(user), .group = std::string(group)};
  }
  return invalid(quote(text) +
                 R"( is not an owner: expected "user" or "user:group", each a name of lower-case )"
                 "letters, digits, '_' and '-', or a number up to " +
                 std::to_string(kNumberMax));
}

}  // namespace titan::model
