#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan apply -f PATH`: creates or replaces what the documents say, in the order in which they
// can refer to each other. A document that fails holds back no other; only a server that cannot
// be reached ends it. The exit code is the largest of all documents'.
struct ApplyFilesCommand {
  std::string path = {};  // a file, a folder or "-"
  bool allow_missing = false;
  ConnectionFlags connection = {};
  OutputFlags output = {};
};

Result<ExitCode> run(const ApplyFilesCommand& command, const Env& env);

}  // namespace titan::cli
