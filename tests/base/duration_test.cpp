#include "base/duration.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace titan {
namespace {

using std::chrono::seconds;

TEST(Duration, IsReadAsPeopleWriteIt) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"1s", 1},
      {"90s", 90},
      {"5m", 300},
      {"1h30m", 5'400},
      {"7d", 604'800},
      {"1d2h3m4s", 93'784},
      {"1d4s", 86'404},
      {"0d1s", 1},
      {"007m", 420},
      {"100m", 6'000},
      {"3660d", kDurationMax.count()},
      {"3659d23h59m60s", kDurationMax.count()},
      {"316224000s", kDurationMax.count()},
  };
  for (const auto& [text, count] : cases) {
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration.ok()) << duration.error().text();
    EXPECT_EQ(duration->count(), count) << text;
  }
}

TEST(Duration, IsRefusedWithTheTextQuoted) {
  const std::string form =
      R"(expected whole numbers of d, h, m and s in this order, as in "1h30m")";
  const std::string too_long = "the longest is 3660d";
  const std::string nothing = "it has to be longer than nothing";
  const std::pair<std::string, std::string> cases[] = {
      {"", form},
      {" ", form},
      {"5", form},
      {"m", form},
      {"5 m", form},
      {" 5m", form},
      {"5m ", form},
      {"5M", form},
      {"5w", form},
      {"5ms", form},
      {"1.5h", form},
      {"-5m", form},
      {"+5m", form},
      {"1h-5m", form},
      {"1m1h", form},
      {"1m1m", form},
      {"1h30", form},
      {"1s1", form},
      {std::string("5m\0", 3), form},
      {"0s", nothing},
      {"0d0h0m0s", nothing},
      {"3660d1s", too_long},
      {"3661d", too_long},
      {"316224001s", too_long},
      {"9223372036854775807d", too_long},
      {"18446744073709551615s", too_long},
      {"99999999999999999999999s", too_long},
      {"99999999999999999999999w", form},
  };
  for (const auto& [text, why] : cases) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration.ok()) << text;
    EXPECT_EQ(duration.error().code, ErrorCode::invalid);
    EXPECT_TRUE(duration.error().message.starts_with('"' + text.substr(0, 2))) << text;
    EXPECT_TRUE(duration.error().message.ends_with("\" is not a duration: " + why))
        << duration.error().message;
  }
}

TEST(Duration, IsShownWithEachUnitAsLargeAsItCanBe) {
  const std::pair<std::int64_t, const char*> cases[] = {
      {0, "0s"},       {59, "59s"},    {60, "1m"},           {5'400, "1h30m"},
      {3'601, "1h1s"}, {86'400, "1d"}, {93'784, "1d2h3m4s"}, {kDurationMax.count(), "3660d"},
  };
  for (const auto& [count, text] : cases) EXPECT_EQ(duration_text(seconds(count)), text);
}

TEST(Duration, IsReadBackFromItsText) {
  for (std::int64_t count = 1; count <= kDurationMax.count(); count += 1 + count / 7) {
    EXPECT_EQ(parse_duration(duration_text(seconds(count))).value().count(), count);
  }
}

}  // namespace
}  // namespace titan
