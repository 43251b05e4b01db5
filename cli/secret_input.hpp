#pragma once

#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace titan::cli {

// Reads one line of standard input, without its end. From a terminal it asks with `prompt` on
// standard error, and what is typed is not shown; the terminal is as before afterwards, unless a
// signal ends the process meanwhile. invalid when there is no line; exhausted when it is longer
// than kTokenBytesMax.
Result<Secret> read_secret(const std::string& prompt);

}  // namespace titan::cli
