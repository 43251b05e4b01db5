#pragma once

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan trace deployment/NAME`: the life of the current version of a deployment, stage by stage,
// and where each of its hosts is. REQUIRES: `what` is a deployment.
struct TraceCommand {
  KindAndName what = {};
  bool no_colour = false;
  ConnectionFlags connection = {};
  OutputFlags output = {};  // table, wide, json or yaml
};

Result<ExitCode> run(const TraceCommand& command, const Env& env);

}  // namespace titan::cli
