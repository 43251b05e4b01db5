#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "base/log.hpp"

namespace titan {

// What a program takes from its surroundings; borrowed. A test gives its own.
struct ProgramEnv {
  std::ostream& out;  // help and version
  std::ostream& err;  // the log, and what is wrong with the arguments
  Log::Format log_format = Log::Format::json;
  std::function<std::optional<std::string>(const std::string&)> variable;  // of the environment
};

// A variable of the process's environment; none when it is not set.
std::optional<std::string> environment_variable(const std::string& name);

// The real surroundings: standard output and error, with a log for people on a terminal.
ProgramEnv system_program_env();

}  // namespace titan
