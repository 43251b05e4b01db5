#pragma once

#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/session.hpp"
#include "cli/waiter.hpp"

namespace titan::cli {

// `titan wait KIND/NAME… --for CONDITION`: until all of them are as wanted; see waiter.hpp.
struct WaitCommand {
  std::vector<KindAndName> what = {};
  WaitOptions options = {};
  ConnectionFlags connection = {};
};

Result<ExitCode> run(const WaitCommand& command, const Env& env);

}  // namespace titan::cli
