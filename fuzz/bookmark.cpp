// Bookmarks: what is accepted is the only spelling of what it means.

#include "model/bookmark.hpp"

#include <limits>

#include "fuzz/target.hpp"

namespace titan::fuzz {

void run(std::string_view input) {
  const auto bookmark = model::Bookmark::parse(input);
  if (!bookmark) return;
  require(bookmark->text() == input, "a bookmark prints as it was read", bookmark->text());
  require(bookmark->seq <= std::numeric_limits<std::int64_t>::max(), "a seq fits the store");
  require(model::Bookmark::parse(bookmark->text()) == *bookmark, "a bookmark reads back equal");
}

}  // namespace titan::fuzz
