#include "cli/commands/sync.hpp"

#include <ostream>

namespace titan::cli {

Result<ExitCode> run(const SyncCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  TITAN_TRY(session.client().sync_template(command.what.name));
  env.out << "template/" << command.what.name << " is looked at\n";
  return ExitCode::done;
}

}  // namespace titan::cli
