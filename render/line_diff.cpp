#include "render/line_diff.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/text.hpp"

namespace titan::render {
namespace {

using Lines = std::span<const std::string>;
using LineKind = DiffLine::Kind;

void append(std::vector<DiffLine>& to, LineKind kind, Lines lines) {
  for (const std::string& line : lines) to.push_back({kind, line});
}

// For each pair of places, how many lines the rests of both sides have in common.
class CommonLengths {
 public:
  CommonLengths(Lines before, Lines after)
      : width_(after.size() + 1), lengths_((before.size() + 1) * width_) {
    for (std::size_t i = before.size(); i-- > 0;) {
      for (std::size_t j = after.size(); j-- > 0;) {
        lengths_[i * width_ + j] =
            before[i] == after[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
      }
    }
  }
  [[nodiscard]] std::uint32_t at(std::size_t i, std::size_t j) const {
    return lengths_[i * width_ + j];
  }

 private:
  std::size_t width_;
  std::vector<std::uint32_t> lengths_;
};

void append_difference(std::vector<DiffLine>& to, Lines before, Lines after, DiffBudget& budget) {
  const bool too_long = !after.empty() && before.size() > budget.cells / after.size();
  if (!too_long) {
    budget.cells -= before.size() * after.size();
    const CommonLengths common(before, after);
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < before.size() && j < after.size()) {
      if (before[i] == after[j]) {
        to.push_back({LineKind::same, before[i]});
        ++i;
        ++j;
      } else if (common.at(i + 1, j) >= common.at(i, j + 1)) {
        to.push_back({LineKind::removed, before[i++]});
      } else {
        to.push_back({LineKind::added, after[j++]});
      }
    }
    before = before.subspan(i);
    after = after.subspan(j);
  }
  append(to, LineKind::removed, before);
  append(to, LineKind::added, after);
}

DiffHunk hunk_of(const std::vector<DiffLine>& lines, std::size_t first, std::size_t last) {
  DiffHunk hunk;
  std::size_t before = 0;
  std::size_t after = 0;
  for (std::size_t i = 0; i < last; ++i) {
    const LineKind kind = lines[i].kind;
    if (i == first) {
      hunk.before_start = before;
      hunk.after_start = after;
    }
    before += kind == LineKind::added ? 0 : 1;
    after += kind == LineKind::removed ? 0 : 1;
    if (i >= first) hunk.lines.push_back(lines[i]);
  }
  hunk.before_count = before - hunk.before_start;
  hunk.after_count = after - hunk.after_start;
  // A side without lines here names the line before, as diff -u does.
  if (hunk.before_count > 0) ++hunk.before_start;
  if (hunk.after_count > 0) ++hunk.after_start;
  return hunk;
}

std::string range_text(std::size_t start, std::size_t count) {
  return std::to_string(start) + (count == 1 ? "" : "," + std::to_string(count));
}

}  // namespace

std::string DiffHunk::header() const {
  return "@@ -" + range_text(before_start, before_count) + " +" +
         range_text(after_start, after_count) + " @@";
}

std::vector<std::string> lines_of(std::string_view text) {
  if (text.empty()) return {};
  const bool is_ended = text.ends_with('\n');
  if (is_ended) text.remove_suffix(1);
  std::vector<std::string> lines = split(text, '\n');
  if (!is_ended) lines.back() += "\n\\ No newline at end of file";
  return lines;
}

std::vector<DiffLine> diff_lines(const std::vector<std::string>& before,
                                 const std::vector<std::string>& after) {
  DiffBudget budget;
  return diff_lines(before, after, budget);
}

std::vector<DiffLine> diff_lines(const std::vector<std::string>& before,
                                 const std::vector<std::string>& after, DiffBudget& budget) {
  Lines old_lines(before);
  Lines new_lines(after);
  const auto [old_end, new_end] = std::ranges::mismatch(before, after);
  const auto start = static_cast<std::size_t>(old_end - before.begin());
  std::vector<DiffLine> lines;
  append(lines, LineKind::same, old_lines.first(start));
  old_lines = old_lines.subspan(start);
  new_lines = new_lines.subspan(start);

  std::size_t tail = 0;
  const std::size_t shorter = std::min(old_lines.size(), new_lines.size());
  while (tail < shorter &&
         old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail]) {
    ++tail;
  }
  append_difference(lines, old_lines.first(old_lines.size() - tail),
                    new_lines.first(new_lines.size() - tail), budget);
  append(lines, LineKind::same, old_lines.last(tail));
  return lines;
}

std::vector<DiffHunk> hunks_of(const std::vector<DiffLine>& lines, std::size_t context) {
  std::vector<DiffHunk> hunks;
  std::size_t first = 0;
  std::size_t last = 0;  // the end of the hunk that is open; 0: none is
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].kind == LineKind::same) continue;
    const std::size_t start = i < context ? 0 : i - context;
    if (last != 0 && start > last) {
      hunks.push_back(hunk_of(lines, first, last));
      last = 0;
    }
    if (last == 0) first = start;
    last = std::min(lines.size(), i + 1 + context);
  }
  if (last != 0) hunks.push_back(hunk_of(lines, first, last));
  return hunks;
}

std::string unified_text(const std::vector<DiffHunk>& hunks) {
  std::string text;
  for (const DiffHunk& hunk : hunks) {
    text += hunk.header() + "\n";
    for (const DiffLine& line : hunk.lines) {
      text += line.kind == LineKind::same ? ' ' : line.kind == LineKind::removed ? '-' : '+';
      text += line.text + "\n";
    }
  }
  return text;
}

}  // namespace titan::render
