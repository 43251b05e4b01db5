#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "base/log.hpp"

namespace titan::agent {

// What titan-agent takes from its surroundings; borrowed.
struct AppEnv {
  std::ostream& out;  // help and version
  std::ostream& err;  // the log, and what is wrong with the arguments
  Log::Format log_format = Log::Format::json;
  std::function<std::optional<std::string>(const std::string&)> variable;  // of the environment
};

// titan-agent, from its arguments (without the program's name) to its exit code.
// `once`: one step; failed when a deployment fails. `run`: step after step until SIGTERM or
// SIGINT, which it blocks for all threads started from here on. locked when another agent uses
// the state directory.
ExitCode run(const std::vector<std::string>& arguments, const AppEnv& env);

}  // namespace titan::agent
