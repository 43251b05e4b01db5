#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "base/result.hpp"
#include "cli/env.hpp"

namespace titan::cli {

// Prints what is known without a server: the script of `titan completion SHELL`.
struct PrintCommand {
  std::string text = {};
};

Result<ExitCode> run(const PrintCommand& command, const Env& env);

}  // namespace titan::cli
