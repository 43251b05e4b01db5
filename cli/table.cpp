#include "cli/table.hpp"

#include <algorithm>
#include <ostream>

#include "base/assert.hpp"
#include "cli/terminal_text.hpp"

namespace titan::cli {
namespace {

constexpr std::string_view kStatusHeader = "STATUS";
constexpr std::size_t kGap = 3;

}  // namespace

std::string coloured_status(const std::string& word) {
  const auto in_colour = [&word](std::string_view code) {
    return "\x1b[" + std::string(code) + "m" + word + "\x1b[0m";
  };
  if (word == "READY" || word == "ok") return in_colour("32");
  if (word == "ERROR" || word == "MISSING" || word == "failing") return in_colour("31");
  return in_colour("33");
}

void Table::add(const std::vector<std::string>& cells) {
  TITAN_ASSERT(cells.size() == headers_.size());
  std::vector<std::string>& row = rows_.emplace_back();
  for (const std::string& cell : cells) {
    row.push_back(cell.empty() ? "<none>" : terminal_text(cell));
  }
}

void Table::print(std::ostream& out, const Style& style) const {
  std::vector<std::size_t> fresh;
  std::vector<std::size_t>& widths = style.widths == nullptr ? fresh : *style.widths;
  widths.resize(headers_.size());
  for (std::size_t column = 0; column < headers_.size(); ++column) {
    if (style.headers) widths[column] = std::max(widths[column], width_of(headers_[column]));
    for (const auto& row : rows_) widths[column] = std::max(widths[column], width_of(row[column]));
  }
  if (style.headers) print_row(out, headers_, widths, style, false);
  for (const auto& row : rows_) print_row(out, row, widths, style, style.colour);
}

void Table::print_row(std::ostream& out, const std::vector<std::string>& cells,
                      const std::vector<std::size_t>& widths, const Style& style,
                      bool colour) const {
  out << style.indent;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const bool is_status = colour && headers_[column] == kStatusHeader;
    out << (is_status ? coloured_status(cells[column]) : cells[column]);
    if (column + 1 == cells.size()) break;
    out << std::string(widths[column] - width_of(cells[column]) + kGap, ' ');
  }
  out << '\n';
}

}  // namespace titan::cli
