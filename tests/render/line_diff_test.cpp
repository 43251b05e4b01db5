#include "render/line_diff.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "render/limits.hpp"
#include "tests/support/seeded_random.hpp"

namespace titan::render {
namespace {

using Lines = std::vector<std::string>;
using Kind = DiffLine::Kind;

Lines letters(const std::string& text) {
  Lines lines;
  for (const char c : text) lines.emplace_back(1, c);
  return lines;
}

// "a-b+c" for a kept, b removed, c added.
std::string edits(const std::vector<DiffLine>& lines) {
  std::string text;
  for (const DiffLine& line : lines) {
    if (line.kind != Kind::same) text += line.kind == Kind::removed ? '-' : '+';
    text += line.text;
  }
  return text;
}

TEST(LineDiff, FindsTheFewestLines) {
  struct Row {
    const char* before;
    const char* after;
    const char* edits;
  };
  const Row rows[] = {
      {"", "", ""},
      {"abc", "abc", "abc"},
      {"", "ab", "+a+b"},
      {"ab", "", "-a-b"},
      {"abc", "axc", "a-b+xc"},
      {"abc", "bcd", "-abc+d"},
      {"abab", "ab", "ab-a-b"},
      {"abcabba", "cbabac", "-a-bc-ab+aba+c"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(edits(diff_lines(letters(row.before), letters(row.after))), row.edits)
        << row.before << ' ' << row.after;
  }
}

TEST(LineDiff, LeadsFromEitherSideToTheOther) {
  testing::SeededRandom random(7);
  for (int round = 0; round < 500; ++round) {
    Lines before;
    Lines after;
    for (auto i = random.below(12); i > 0; --i) before.emplace_back(1, "abc"[random.below(3)]);
    for (auto i = random.below(12); i > 0; --i) after.emplace_back(1, "abc"[random.below(3)]);
    Lines left;
    Lines right;
    for (const DiffLine& line : diff_lines(before, after)) {
      if (line.kind != Kind::added) left.push_back(line.text);
      if (line.kind != Kind::removed) right.push_back(line.text);
    }
    ASSERT_EQ(left, before) << "round " << round;
    ASSERT_EQ(right, after) << "round " << round;
  }
}

TEST(LineDiff, ReplacesTheMiddleOfTextsThatAreTooLongToCompare) {
  Lines before = {"start"};
  Lines after = {"start"};
  for (std::size_t i = 0; i * i <= kDiffCellsMax; ++i) {
    before.push_back("b" + std::to_string(i));
    after.push_back("a" + std::to_string(i));
  }
  before.insert(before.begin() + 100, "common");
  after.insert(after.begin() + 200, "common");
  before.emplace_back("end");
  after.emplace_back("end");
  const auto lines = diff_lines(before, after);
  EXPECT_EQ(lines.size(), before.size() + after.size() - 2);
  EXPECT_EQ(lines.front(), (DiffLine{Kind::same, "start"}));
  EXPECT_EQ(lines.back(), (DiffLine{Kind::same, "end"}));
}

TEST(LineDiff, CutsHunksWithLinesAround) {
  const auto lines = diff_lines(letters("abcdefghijklm"), letters("abXdefghijklmY"));
  const auto hunks = hunks_of(lines, 2);
  ASSERT_EQ(hunks.size(), 2U);
  EXPECT_EQ(hunks[0].header(), "@@ -1,5 +1,5 @@");
  EXPECT_EQ(edits(hunks[0].lines), "ab-c+Xde");
  EXPECT_EQ(hunks[1].header(), "@@ -12,2 +12,3 @@");
  EXPECT_EQ(edits(hunks[1].lines), "lm+Y");
  EXPECT_EQ(hunks_of(lines, 5).size(), 1U) << "what touches is one hunk";
  EXPECT_TRUE(hunks_of(diff_lines(letters("ab"), letters("ab")), 3).empty());
}

TEST(LineDiff, CountsLikeDiffWhenASideIsEmpty) {
  EXPECT_EQ(hunks_of(diff_lines({}, letters("ab")), 3)[0].header(), "@@ -0,0 +1,2 @@");
  EXPECT_EQ(hunks_of(diff_lines(letters("a"), {}), 3)[0].header(), "@@ -1 +0,0 @@");
  EXPECT_EQ(hunks_of(diff_lines(letters("abc"), letters("abXc")), 0)[0].header(), "@@ -2,0 +3 @@");
}

}  // namespace
}  // namespace titan::render
