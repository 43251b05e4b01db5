#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "model/kind.hpp"

namespace titan::cli {

// `titan get changes`: the change log, oldest first. With `follow` it goes on with what comes until
// it is interrupted, from the present when there is no `since`; --limit is then that of one answer.
struct GetChangesCommand {
  std::string since = {};                 // see moment.hpp; empty: the beginning
  std::optional<std::size_t> limit = {};  // 1 to 1000; none: the server's choice
  std::optional<model::Kind> kind = {};
  std::string actor = {};  // only what this one wrote; empty: whoever it was
  bool follow = false;
  ConnectionFlags connection = {};
  OutputFlags output = {};
};

Result<ExitCode> run(const GetChangesCommand& command, const Env& env);

}  // namespace titan::cli
