#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan apply -f PATH`: creates or replaces what the documents say, all of it or nothing. They may
// refer to each other in any order. What is wrong with the documents is said of each; the exit code
// is the largest of theirs, or that of the server's refusal.
struct ApplyFilesCommand {
  std::string path = {};  // a file, a folder or "-"
  bool allow_missing = false;
  ConnectionFlags connection = {};
  OutputFlags output = {};
};

Result<ExitCode> run(const ApplyFilesCommand& command, const Env& env);

}  // namespace titan::cli
