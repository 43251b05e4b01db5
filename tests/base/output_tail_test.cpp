#include "base/output_tail.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace titan {
namespace {

std::string tail_of(std::size_t bytes_max, std::initializer_list<std::string_view> pieces) {
  OutputTail tail(bytes_max);
  for (const std::string_view piece : pieces) tail.add(piece);
  return tail.text();
}

TEST(OutputTail, IsEmptyUntilSomethingIsAdded) {
  OutputTail tail(4);
  EXPECT_TRUE(tail.empty());
  EXPECT_EQ(tail.text(), "");
  tail.add("x");
  EXPECT_FALSE(tail.empty());
}

TEST(OutputTail, KeepsTheLastBytesHoweverTheyCame) {
  EXPECT_EQ(tail_of(4, {"ab", "cd"}), "abcd");
  EXPECT_EQ(tail_of(4, {"ab", "cde"}), "bcde");
  EXPECT_EQ(tail_of(4, {"abcdef"}), "cdef");
  EXPECT_EQ(tail_of(4, {"ab", "cdefgh", "i"}), "fghi");
  EXPECT_EQ(tail_of(4, {"ab", "", ""}), "ab");
}

TEST(OutputTail, LeavesOutACharacterThatIsCutThrough) {
  EXPECT_EQ(tail_of(4, {"é123"}), "123");
  EXPECT_EQ(tail_of(4, {"日本"}), "本");
  EXPECT_EQ(tail_of(6, {"😀é12"}), "é12");
  EXPECT_EQ(tail_of(3, {"日"}), "日");
}

TEST(OutputTail, IsTextWithoutControlCharacters) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(tail_of(99, {"a\tb\nc\x1b[31m\r\x7f\0"sv}), "a\tb\nc?[31m???");
  EXPECT_EQ(tail_of(99, {"\xff\xc3 \xc3"}), "?? ?");
  EXPECT_EQ(tail_of(99, {"\xc2\x9b"}), "?") << "a control character beyond ASCII";
  EXPECT_EQ(tail_of(99, {"\xc2\xa0"}), "\xc2\xa0");
}

TEST(OutputTail, PutsACharacterTogetherThatCameInPieces) {
  EXPECT_EQ(tail_of(99, {"\xc3", "\xa9"}), "é");
}

}  // namespace
}  // namespace titan
