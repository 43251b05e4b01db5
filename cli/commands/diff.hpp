#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan diff -f PATH`: what `titan apply -f PATH` would change, as a unified diff of spec and tags
// per entity. ExitCode::done when it would change nothing, failed (1) when it would, and a greater
// one after an error, as diff does: usage (2) in place of failed.
struct DiffCommand {
  std::string path = {};  // a file, a folder or "-"
  ConnectionFlags connection = {};
};

Result<ExitCode> run(const DiffCommand& command, const Env& env);

}  // namespace titan::cli
