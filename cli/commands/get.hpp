#pragma once

#include <cstddef>
#include <optional>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/list_flags.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan get KIND [NAME]`: one entity, or those that the flags pick. With `watch` it goes on with
// a row for each that changes, until it is interrupted.
struct GetCommand {
  KindAndName what = {};
  bool all_workspaces = false;
  ListFlags list = {};
  std::optional<std::size_t> limit = {};  // at least 1
  bool watch = false;
  ConnectionFlags connection = {};
  OutputFlags output = {};
};
Result<ExitCode> run(const GetCommand& command, const Env& env);

}  // namespace titan::cli
