#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "model/kind.hpp"

// `titan auth …`: who one is to the server, and what one may do.
namespace titan::cli {

// Name, organization and roles.
struct WhoamiCommand {
  ConnectionFlags connection = {};
  OutputFlags output = {};
};
Result<ExitCode> run(const WhoamiCommand& command, const Env& env);

// "yes", or "no - " and why not, with ExitCode::denied. The server is asked, and does nothing.
struct CanICommand {
  std::string verb = {};  // get, list, watch, create, update, apply or delete
  model::Kind kind = model::Kind::workspace;
  ConnectionFlags connection = {};
  OutputFlags output = {};
};
Result<ExitCode> run(const CanICommand& command, const Env& env);

}  // namespace titan::cli
