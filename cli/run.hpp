#pragma once

#include <string>
#include <vector>

#include "cli/env.hpp"

namespace titan::cli {

// Runs one command line (without the program's name) and returns the exit code of
// base/exit_code.hpp. Data goes to env.out, errors to env.err as "titan: <text>".
int run(const std::vector<std::string>& arguments, const Env& env);

}  // namespace titan::cli
