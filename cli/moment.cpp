#include "cli/moment.hpp"

#include <algorithm>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "model/bookmark.hpp"

namespace titan::cli {

Result<Timestamp> parse_moment(std::string_view text, Timestamp now) {
  if (auto time = Timestamp::parse(text)) return time;
  const auto ago = parse_duration(text);
  if (!ago) {
    return invalid(
        "expected a time such as 2026-03-01T12:00:00Z, or how long ago it was, such as "
        "10m, found " +
        quote(text));
  }
  const auto micros = std::chrono::microseconds(*ago).count();
  return Timestamp::from_micros(std::max<std::int64_t>(0, now.micros() - micros));
}

Result<std::string> since_text(std::string_view text, Timestamp now) {
  if (model::Bookmark::parse(text)) return std::string(text);
  const auto time = parse_moment(text, now);
  if (time) return time->text();
  return invalid(
      "expected a bookmark, a time such as 2026-03-01T12:00:00Z, or how long ago it "
      "was, such as 10m, found " +
      quote(text));
}

}  // namespace titan::cli
