#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "render/limits.hpp"

namespace titan::render {

// One line of two texts laid beside each other.
struct DiffLine {
  enum class Kind { same, removed, added };
  Kind kind = Kind::same;
  std::string text = {};
  bool operator==(const DiffLine&) const = default;
};

// A piece of a unified diff: lines that differ, with some that are the same around them.
struct DiffHunk {
  std::size_t before_start = 0;  // counted from 1; 0 when the side has no line here
  std::size_t before_count = 0;
  std::size_t after_start = 0;
  std::size_t after_count = 0;
  std::vector<DiffLine> lines = {};
  bool operator==(const DiffHunk&) const = default;

  // "@@ -1,3 +1,4 @@", as diff -u writes it.
  [[nodiscard]] std::string header() const;
};

// The lines of a text, without what ends them. A last one that has no end says so as diff does, in
// a line of its own: "text\n\ No newline at end of file". An empty text has none.
std::vector<std::string> lines_of(std::string_view text);

// How much several comparisons may cost together: each takes the product of the numbers of lines
// that are left between the first and the last difference.
struct DiffBudget {
  std::size_t cells = kDiffCellsMax;
};

// How to come from one text to the other with the fewest lines removed and added (a longest common
// subsequence). Where that costs more than what is left of the budget, all lines between the first
// and the last difference are replaced instead.
std::vector<DiffLine> diff_lines(const std::vector<std::string>& before,
                                 const std::vector<std::string>& after, DiffBudget& budget);
// The same with a budget of its own.
std::vector<DiffLine> diff_lines(const std::vector<std::string>& before,
                                 const std::vector<std::string>& after);

// The differences with at most `context` lines around each; none when there are no differences.
std::vector<DiffHunk> hunks_of(const std::vector<DiffLine>& lines, std::size_t context);

// As diff -u writes them, below the names of the files.
std::string unified_text(const std::vector<DiffHunk>& hunks);

}  // namespace titan::render
