#include "cli/terminal_text.hpp"

#include <gtest/gtest.h>

namespace titan::cli {
namespace {

TEST(TerminalText, KeepsPrintableTextAsItIs) {
  for (const char* text : {"", "plain", "größe", "日本語", "🛰 ok", "tab-free ~"}) {
    EXPECT_EQ(terminal_text(text), text);
  }
}

TEST(TerminalText, MakesWhatCouldSteerATerminalVisible) {
  struct Row {
    std::string text;
    const char* shown;
  };
  const Row rows[] = {
      {"\x1b[31m", "\\x1b[31m"},
      {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
      {std::string("a\0b", 3), "a\\x00b"},
      {"\x7f", "\\x7f"},
      {"\xc2\x9b", "\\x9b"},
      {"a\xe2\x80\xae"
       "b",
       "a\\u202eb"},
      {"\xe2\x81\xa6", "\\u2066"},
      {"\xff\xfe", "\\xff\\xfe"},
      {"\xc3", "\\xc3"},
      {"\xe2\x80", "\\xe2\\x80"},
      {"\xc0\xaf", "\\xc0\\xaf"},
      {"\x9b"
       "31m",
       "\\x9b31m"},
  };
  for (const Row& row : rows) EXPECT_EQ(terminal_text(row.text), row.shown);
}

TEST(TerminalText, KeepsLineEndsWhenAsked) {
  EXPECT_EQ(terminal_lines("a\nb\x1b"), "a\nb\\x1b");
}

TEST(TerminalText, CountsCharacters) {
  EXPECT_EQ(width_of(""), 0U);
  EXPECT_EQ(width_of("abc"), 3U);
  EXPECT_EQ(width_of("größe"), 5U);
}

}  // namespace
}  // namespace titan::cli
