#pragma once

#include "base/exit_code.hpp"
#include "base/result.hpp"
#include "cli/env.hpp"

namespace titan::cli {

// `titan version`: of this program.
struct VersionCommand {};

Result<ExitCode> run(const VersionCommand& command, const Env& env);

}  // namespace titan::cli
