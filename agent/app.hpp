#pragma once

#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "base/program.hpp"

namespace titan::agent {

// titan-agent, from its arguments (without the program's name) to its exit code.
// `once`: one step; failed when a deployment fails. `run`: step after step until SIGTERM or
// SIGINT, which it blocks for all threads started from here on. locked when another agent uses
// the state directory.
ExitCode run(const std::vector<std::string>& arguments, const ProgramEnv& env);

}  // namespace titan::agent
