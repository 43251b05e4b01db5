#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace titan::cli {

// Text of a server, a file or a person, made safe for a terminal: control characters, invisible
// marks that turn the direction of writing, and bytes that are not UTF-8 become visible escapes
// ("\x1b", "\u202e"). Line ends become "\n" and tabs "\t", so that the text stays on its line.
std::string terminal_text(std::string_view text);
// The same, with line ends kept.
std::string terminal_lines(std::string_view text);

// How many characters a UTF-8 text has.
std::size_t width_of(std::string_view text);

}  // namespace titan::cli
