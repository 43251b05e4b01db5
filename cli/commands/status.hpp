#pragma once

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan status`: how the server is. Ends with ExitCode::failed when it says that it is failing.
struct StatusCommand {
  ConnectionFlags connection = {};
};

Result<ExitCode> run(const StatusCommand& command, const Env& env);

}  // namespace titan::cli
