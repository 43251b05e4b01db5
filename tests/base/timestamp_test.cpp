#include "base/timestamp.hpp"

#include <gtest/gtest.h>

#include <string>

namespace titan {
namespace {

TEST(Timestamp, ReadsRfc3339) {
  const struct {
    std::string text;
    std::int64_t micros;
  } rows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:00.000001Z", 1},
      {"2026-03-01T12:00:00Z", 1'772'366'400'000'000},
      {"2026-03-01T12:00:00.5Z", 1'772'366'400'500'000},
      {"2026-03-01T12:00:00.123456789Z", 1'772'366'400'123'456},
      {"2026-03-01T14:00:00+02:00", 1'772'366'400'000'000},
      {"2026-03-01T06:30:00-05:30", 1'772'366'400'000'000},
      {"2026-03-01t12:00:00z", 1'772'366'400'000'000},
      {"2026-03-01 12:00:00Z", 1'772'366'400'000'000},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000'000},
      {"1969-12-31T23:00:00-01:00", 0},
      {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999},
  };
  for (const auto& row : rows) {
    const auto time = Timestamp::parse(row.text);
    ASSERT_TRUE(time.ok()) << row.text;
    EXPECT_EQ(time->micros(), row.micros) << row.text;
  }
}

TEST(Timestamp, RefusesWhatIsNoTimeBetween1970And9999) {
  for (const std::string& text : {
           std::string(),
           std::string("now"),
           std::string("2026-03-01"),
           std::string("2026-03-01T12:00Z"),      // no seconds
           std::string("2026-03-01T12:00:00"),    // no offset
           std::string("2026-03-01T12:00:00.Z"),  // no fraction after the dot
           std::string("2026-03-01T12:00:00.0123456789Z"),
           std::string("2026-03-01T12:00:00Zx"),
           std::string("2026-03-01T12:00:00ZZ"),
           std::string(" 2026-03-01T12:00:00Z"),
           std::string("2026-3-01T12:00:00Z"),
           std::string("+026-03-01T12:00:00Z"),
           std::string("2026-00-01T12:00:00Z"),
           std::string("2026-13-01T12:00:00Z"),
           std::string("2026-02-29T12:00:00Z"),
           std::string("2026-04-31T12:00:00Z"),
           std::string("2026-03-00T12:00:00Z"),
           std::string("2026-03-01T24:00:00Z"),
           std::string("2026-03-01T12:60:00Z"),
           std::string("2026-03-01T12:00:60Z"),
           std::string("2026-03-01T12:00:00+24:00"),
           std::string("2026-03-01T12:00:00+02:60"),
           std::string("2026-03-01T12:00:00+0200"),
           std::string("2026-03-01T12:00:00,5Z"),
           std::string("1969-12-31T23:59:59Z"),
           std::string("1970-01-01T00:00:00+01:00"),  // 1969 in UTC
           std::string("9999-12-31T23:59:59-01:00"),  // 10000 in UTC
           std::string("2026-03-01T12:00:00Z\0", 21),
       }) {
    const auto time = Timestamp::parse(text);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_EQ(time.error().code, ErrorCode::invalid);
  }
}

TEST(Timestamp, WritesUtcWithSixDigitsAndReadsThemBack) {
  for (const std::string& text :
       {std::string("1970-01-01T00:00:00.000000Z"), std::string("2026-03-01T12:00:00.000001Z"),
        std::string("2024-02-29T23:59:59.999999Z"), std::string("9999-12-31T23:59:59.999999Z")}) {
    EXPECT_EQ(Timestamp::parse(text).value().text(), text);
  }
}

TEST(Timestamp, SortsAsItsTextDoes) {
  const auto early = Timestamp::from_micros(999'999);
  const auto late = Timestamp::from_micros(1'000'000);
  EXPECT_LT(early, late);
  EXPECT_LT(early.text(), late.text());
}

TEST(AgeText, ShowsTheLargestUnit) {
  const struct {
    std::int64_t seconds;
    std::string text;
  } rows[] = {{0, "0s"},     {59, "59s"},           {60, "1m"},
              {3599, "59m"}, {3600, "1h"},          {86399, "23h"},
              {86400, "1d"}, {86400 * 400, "400d"}, {-5, "0s"}};
  const auto from = Timestamp::parse("2026-03-01T12:00:00Z").value();
  for (const auto& row : rows) {
    const auto until = Timestamp::from_micros(from.micros() + row.seconds * 1'000'000);
    EXPECT_EQ(age_text(from, until), row.text) << row.seconds;
  }
}

}  // namespace
}  // namespace titan
