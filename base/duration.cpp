#include "base/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace titan {
namespace {

using std::chrono::seconds;

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array kUnits = {Unit{'d', 86'400}, Unit{'h', 3'600}, Unit{'m', 60}, Unit{'s', 1}};

}  // namespace

Result<seconds> parse_duration(std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    return invalid(quote(text) + " is not a duration: " + why);
  };
  const std::string form =
      R"(expected whole numbers of d, h, m and s in this order, as in "1h30m")";
  std::int64_t total = 0;
  std::string_view rest = text;
  const Unit* unit = kUnits.begin();  // the largest that may still come
  while (!rest.empty()) {
    std::uint64_t number = 0;  // unsigned, so that no sign is taken
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error == std::errc::invalid_argument) return refuse(form);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    while (unit != kUnits.end() && !rest.starts_with(unit->letter)) ++unit;
    if (unit == kUnits.end()) return refuse(form);
    rest.remove_prefix(1);
    const bool fits = error == std::errc() &&
                      number <= static_cast<std::uint64_t>(kDurationMax.count() / unit->seconds);
    if (fits) total += static_cast<std::int64_t>(number) * unit->seconds;
    if (!fits || total > kDurationMax.count()) {
      return refuse("the longest is " + duration_text(kDurationMax));
    }
    ++unit;
  }
  if (text.empty()) return refuse(form);
  if (total == 0) return refuse("it has to be longer than nothing");
  return seconds(total);
}

std::string duration_text(seconds duration) {
  TITAN_ASSERT(duration.count() >= 0);
  if (duration.count() == 0) return "0s";
  std::string text;
  std::int64_t rest = duration.count();
  for (const Unit& unit : kUnits) {
    if (rest >= unit.seconds) text += std::to_string(rest / unit.seconds) + unit.letter;
    rest %= unit.seconds;
  }
  return text;
}

}  // namespace titan
