#include "client/answer_bounds.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace titan::client {
namespace {

using std::chrono::milliseconds;
using Found = AnswerBounds::Found;

constexpr AnswerBounds::Clock::time_point kBegun = AnswerBounds::Clock::time_point(milliseconds(7));

struct Read {
  int at_ms;  // since the request was begun
  std::size_t bytes;
};
struct BoundsRow {
  const char* name;
  AnswerBounds::Limits limits;
  std::vector<Read> reads;
  Found found;
};

TEST(AnswerBounds, FindsWhatIsTooLateTooLongOrTooSlow) {
  const AnswerBounds::Limits wide{.time_max = milliseconds(600'000), .bytes_max = 1'000'000};
  const AnswerBounds::Limits slow{.time_max = milliseconds(600'000),
                                  .bytes_max = 1'000'000,
                                  .rate_min = 1024,
                                  .rate_grace = milliseconds(30'000)};
  const AnswerBounds::Limits strict{.time_max = milliseconds(600'000),
                                    .bytes_max = 1'000'000,
                                    .rate_min = 1000,
                                    .rate_grace = milliseconds(0)};
  const BoundsRow rows[] = {
      {"in time", wide, {{600'000, 1}}, Found::nothing},
      {"not in time", wide, {{1, 1}, {600'001, 1}}, Found::too_late},
      {"a byte is left", wide, {{1, 999'999}, {2, 1}}, Found::nothing},
      {"none is left", wide, {{1, 1'000'000}, {2, 1}}, Found::too_long},
      {"slow is no matter", wide, {{1, 1}, {500'000, 1}}, Found::nothing},
      {"slow within the grace", slow, {{1, 1}, {30'001, 1}}, Found::nothing},
      {"slow after it", slow, {{1, 1}, {30'002, 1}}, Found::too_slow},
      {"just quick enough", slow, {{0, 40'960}, {40'000, 1}}, Found::nothing},
      {"just too slow", slow, {{0, 40'960}, {40'001, 1}}, Found::too_slow},
      {"on average, not always", slow, {{0, 1}, {29'000, 99'999}, {90'000, 1}}, Found::nothing},
      {"until it is not", slow, {{0, 1}, {29'000, 99'999}, {98'000, 1}}, Found::too_slow},
      {"the server thinks first", slow, {{100'000, 10}, {129'000, 10}}, Found::nothing},
      {"without grace", strict, {{5000, 100}, {5100, 1}}, Found::nothing},
      {"and too slow", strict, {{5000, 100}, {5101, 1}}, Found::too_slow},
  };
  for (const BoundsRow& row : rows) {
    AnswerBounds bounds(row.limits, kBegun);
    bool allowed = true;
    for (const Read& read : row.reads) {
      EXPECT_TRUE(allowed) << row.name;
      const auto now = kBegun + milliseconds(read.at_ms);
      allowed = bounds.allow(now);
      if (allowed) bounds.note(read.bytes, now);
    }
    EXPECT_EQ(allowed, row.found == Found::nothing) << row.name;
    EXPECT_EQ(bounds.found(), row.found) << row.name;
  }
}

}  // namespace
}  // namespace titan::client
