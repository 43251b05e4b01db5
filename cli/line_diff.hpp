#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace titan::cli {

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

// How to come from one text to the other with the fewest lines removed and added (a longest common
// subsequence). Where the parts that differ are so long that their product passes kDiffCellsMax,
// all lines between the first and the last difference are replaced instead.
std::vector<DiffLine> diff_lines(const std::vector<std::string>& before,
                                 const std::vector<std::string>& after);

// The differences with at most `context` lines around each; none when there are no differences.
std::vector<DiffHunk> hunks_of(const std::vector<DiffLine>& lines, std::size_t context);

}  // namespace titan::cli
