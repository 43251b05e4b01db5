#include "base/program.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace titan {

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

ProgramEnv system_program_env() {
  return {.out = std::cout,
          .err = std::cerr,
          .log_format = log_format_for(STDERR_FILENO),
          .variable = environment_variable};
}

}  // namespace titan
