#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan get KIND [NAME]`.
struct GetCommand {
  KindAndName what = {};
  bool all_workspaces = false;
  ConnectionFlags connection = {};
  OutputFlags output = {};
};
Result<ExitCode> run(const GetCommand& command, const Env& env);

// `titan get changes`: the change log.
struct GetChangesCommand {
  std::string since = {};  // a bookmark or a time; empty: the beginning
  std::optional<std::size_t> limit = {};
  ConnectionFlags connection = {};
  OutputFlags output = {};
};
Result<ExitCode> run(const GetChangesCommand& command, const Env& env);

}  // namespace titan::cli
