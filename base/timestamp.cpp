#include "base/timestamp.hpp"

#include <optional>

namespace titan {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsEnd = 253'402'300'800;  // 10000-01-01T00:00:00Z

// Reads exactly `digits` decimal digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// The fraction in microseconds; text after the dot. Digits beyond the sixth are cut off.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t micros = 0;
  int digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 6) micros = micros * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0 || digits > 9) return std::nullopt;
  for (; digits < 6; ++digits) micros *= 10;
  return micros;
}

// The offset from UTC in seconds: "Z", "+02:00", "-05:30".
std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto y = take_number(text, 4);
  if (!y || !take(text, "-")) return std::nullopt;
  const auto mo = take_number(text, 2);
  if (!mo || !take(text, "-")) return std::nullopt;
  const auto d = take_number(text, 2);
  if (!d || !take(text, "Tt ")) return std::nullopt;
  const auto h = take_number(text, 2);
  if (!h || !take(text, ":")) return std::nullopt;
  const auto mi = take_number(text, 2);
  if (!mi || !take(text, ":")) return std::nullopt;
  const auto s = take_number(text, 2);
  if (!s) return std::nullopt;
  std::optional<std::int64_t> fraction = 0;
  if (take(text, ".")) fraction = take_fraction(text);
  const auto offset = take_offset(text);
  if (!fraction || !offset || !text.empty()) return std::nullopt;

  const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)),
                            day(static_cast<unsigned>(*d))};
  if (!date.ok() || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * 86400 + *h * 3600 + *mi * 60 + *s - *offset;
  // The offset may lead out of the years that text() can write.
  if (seconds < 0 || seconds >= kSecondsEnd) return std::nullopt;
  return Timestamp::from_micros(seconds * kMicrosPerSecond + *fraction);
}

// Writes the number over `digits` zeros of the text.
void write_number(std::string& text, std::size_t at, std::size_t digits, std::int64_t number) {
  for (std::size_t i = at + digits; i > at; number /= 10) {
    text[--i] = static_cast<char>('0' + number % 10);
  }
}

}  // namespace

Result<Timestamp> Timestamp::parse(std::string_view text) {
  if (const auto parsed = parse_rfc3339(text)) return *parsed;
  return invalid("\"" + std::string(text.substr(0, 64)) +
                 "\" is not an RFC 3339 time such as 2026-03-01T12:00:00Z");
}

std::string Timestamp::text() const {
  using namespace std::chrono;
  const sys_time<microseconds> moment{microseconds(micros_)};
  const auto midnight = floor<days>(moment);
  const year_month_day date{midnight};
  const hh_mm_ss<microseconds> time{moment - midnight};
  std::string text = "0000-00-00T00:00:00.000000Z";
  write_number(text, 0, 4, int(date.year()));
  write_number(text, 5, 2, unsigned(date.month()));
  write_number(text, 8, 2, unsigned(date.day()));
  write_number(text, 11, 2, time.hours().count());
  write_number(text, 14, 2, time.minutes().count());
  write_number(text, 17, 2, time.seconds().count());
  write_number(text, 20, 6, time.subseconds().count());
  return text;
}

std::string age_text(Timestamp from, Timestamp until) {
  const std::int64_t seconds =
      until > from ? (until.micros() - from.micros()) / kMicrosPerSecond : 0;
  if (seconds >= 86400) return std::to_string(seconds / 86400) + "d";
  if (seconds >= 3600) return std::to_string(seconds / 3600) + "h";
  if (seconds >= 60) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds) + "s";
}

}  // namespace titan
