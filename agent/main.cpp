#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "agent/app.hpp"

int main(int argc, char** argv) {
  const titan::agent::AppEnv env{
      .out = std::cout,
      .err = std::cerr,
      .log_format = titan::log_format_for(STDERR_FILENO),
      .variable = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
      }};
  return static_cast<int>(titan::agent::run({argv + 1, argv + argc}, env));
}
