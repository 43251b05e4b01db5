#pragma once

#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "base/program.hpp"

namespace titan::agent {

// titan-agent, from its arguments (without the program's name) to its exit code.
// `once`: one step; failed when a deployment fails. `run`: step after step until SIGTERM or
// SIGINT, which it blocks for all threads started from here on, as it does SIGHUP. `doctor`: failed
// when something stands in the way. locked when another agent uses the state directory; usage when
// an argument or the configuration is wrong.
ExitCode run(const std::vector<std::string>& arguments, const ProgramEnv& env);

}  // namespace titan::agent
