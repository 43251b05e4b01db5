#include "base/text.hpp"

#include <gtest/gtest.h>

namespace titan {
namespace {

using Parts = std::vector<std::string>;

TEST(Split, GivesTheEmptyPartsToo) {
  EXPECT_EQ(split("", ','), (Parts{""}));
  EXPECT_EQ(split("a", ','), (Parts{"a"}));
  EXPECT_EQ(split(",a,,b,", ','), (Parts{"", "a", "", "b", ""}));
}

TEST(Join, ReversesSplit) {
  EXPECT_EQ(join({}, ","), "");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
  for (const std::string text : {"", ",", "a,b", ",a,,"})
    EXPECT_EQ(join(split(text, ','), ","), text);
}

TEST(Trim, TakesAwaySpaceAtBothEndsOnly) {
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim(" \t\r\n"), "");
  EXPECT_EQ(trim("\n a b\t"), "a b");
  EXPECT_EQ(trim("a"), "a");
}

TEST(Quote, CutsLongTextsBetweenCharacters) {
  const std::string most(63, 'a');
  EXPECT_EQ(quote("a"), "\"a\"");
  EXPECT_EQ(quote(most + "b"), '"' + most + "b\"");
  EXPECT_EQ(quote(most + "bc"), '"' + most + "b…\"");
  EXPECT_EQ(quote(most + "éé"), '"' + most + "…\"");
}

TEST(Utf8Prefix, EndsBeforeTheFirstByteThatIsNotUtf8) {
  const struct {
    std::string text;
    std::size_t length;
  } rows[] = {
      {"", 0},
      {"abc", 3},
      {"é€😀", 9},
      {"\xed\x9f\xbf", 3},      // U+D7FF, the last before the surrogates
      {"\xf4\x8f\xbf\xbf", 4},  // U+10FFFF, the last of all
      {"a\x80", 1},             // a continuation byte alone
      {"a\xc3", 1},             // cut short
      {"a\xe2\x82", 1},
      {"a\xf0\x9f\x98", 1},
      {"a\xc3(", 1},
      {"\xc0\x80", 0},  // overlong forms
      {"\xc1\xbf", 0},
      {"\xe0\x9f\xbf", 0},
      {"\xf0\x8f\xbf\xbf", 0},
      {"\xed\xa0\x80", 0},      // a surrogate
      {"\xf4\x90\x80\x80", 0},  // beyond U+10FFFF
      {"\xf8\x88\x80\x80\x80", 0},
      {"\xff", 0},
  };
  for (const auto& row : rows) EXPECT_EQ(utf8_prefix(row.text), row.length) << row.text;
}

TEST(DidYouMean, NamesTheClosestWithinTwoEdits) {
  const Parts hosts = {"tim-pi", "tom-pi", "attic"};
  EXPECT_EQ(did_you_mean("tim-pie", hosts), " (did you mean \"tim-pi\"?)");
  EXPECT_EQ(did_you_mean("tomp", hosts), " (did you mean \"tom-pi\"?)");
  EXPECT_EQ(did_you_mean("atttic", hosts), " (did you mean \"attic\"?)");
  EXPECT_EQ(did_you_mean("cellar", hosts), "");
  EXPECT_EQ(did_you_mean("", hosts), "");
  EXPECT_EQ(did_you_mean("x", {}), "");
}

TEST(DidYouMean, DoesNotNameAWordOfWhichNothingIsLeft) {
  EXPECT_EQ(did_you_mean("ab", {"x", "xy"}), "");
}

TEST(DidYouMean, LeavesLongWordsAlone) {
  const std::string word(65, 'a');
  EXPECT_EQ(did_you_mean(word, {word}), "");
  EXPECT_EQ(did_you_mean("a", {word}), "");
}

TEST(Clip, EndsAtAWholeCharacterAndReplacesWhatIsNoText) {
  struct Row {
    std::string text;
    std::size_t bytes_max;
    const char* expected;
  };
  const std::vector<Row> rows = {
      {"", 5, ""},
      {"abc", 5, "abc"},
      {"abc", 2, "ab"},
      {"aé", 3, "aé"},
      {"aé", 2, "a"},
      {"a\xff\xc3z", 9, "a??z"},
      {std::string("a\0b", 3), 9, "a?b"},
      {"\xed\xa0\x80", 9, "???"},
  };
  for (const Row& row : rows) EXPECT_EQ(clip(row.text, row.bytes_max), row.expected) << row.text;
}

}  // namespace
}  // namespace titan
