#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace titan::cli {

// Columns side by side as kubectl prints them: three spaces between, each as wide as its widest
// cell, upper-case headers. Cells are made safe for a terminal; an empty one reads "<none>".
class Table {
 public:
  struct Style {
    bool headers = true;
    bool colour = false;      // of the words in the column STATUS
    std::string indent = {};  // before each line
    // Of a table that goes on later: columns are at least so wide; grown to what is printed.
    std::vector<std::size_t>* widths = nullptr;
  };

  explicit Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}

  // REQUIRES: as many cells as there are headers.
  void add(const std::vector<std::string>& cells);
  void print(std::ostream& out, const Style& style) const;

 private:
  void print_row(std::ostream& out, const std::vector<std::string>& cells,
                 const std::vector<std::size_t>& widths, const Style& style, bool colour) const;

  std::vector<std::string> headers_;
  std::vector<std::vector<std::string>> rows_;
};

// The status word in its colour: green READY, red ERROR and MISSING, yellow on the way.
std::string coloured_status(const std::string& word);

}  // namespace titan::cli
