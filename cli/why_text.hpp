#pragma once

#include <iosfwd>

#include "client/provenance.hpp"

namespace titan::cli {

// Where one line comes from, for a person. REQUIRES: the answer is about one line.
void print_line_origin(std::ostream& out, const client::Why& why, bool colour);

// The same of a whole file in short: a row for each line, with the line of the template, the names
// and layers of its values, and the text; and what brought the file to the host.
void print_file_origins(std::ostream& out, const client::Why& why, bool colour);

}  // namespace titan::cli
