#include "model/bookmark.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace titan::model {
namespace {

constexpr std::size_t kEpochDigits = 16;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

Result<Bookmark> Bookmark::parse(std::string_view text) {
  const auto refuse = [&] {
    return invalid(quote(text) +
                   " is not a bookmark: expected 16 hex digits, a dot and a sequence number");
  };
  if (text.size() < kEpochDigits + 2 || text[kEpochDigits] != '.') return refuse();
  const std::string_view epoch = text.substr(0, kEpochDigits);
  const std::string_view digits = text.substr(kEpochDigits + 1);
  if (!std::all_of(epoch.begin(), epoch.end(), is_hex)) return refuse();
  if (digits.size() > 1 && digits.front() == '0') return refuse();
  Bookmark bookmark{.epoch = std::string(epoch)};
  const char* end = digits.data() + digits.size();
  const auto [parsed, error] = std::from_chars(digits.data(), end, bookmark.seq);
  const bool fits = bookmark.seq <= std::uint64_t(std::numeric_limits<std::int64_t>::max());
  if (error != std::errc() || parsed != end || !fits) return refuse();
  return bookmark;
}

}  // namespace titan::model
