#include "cli/commands/wait.hpp"

#include <utility>

namespace titan::cli {

Result<ExitCode> run(const WaitCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  std::vector<Awaited> awaited;
  for (const KindAndName& one : command.what) {
    awaited.push_back({.key = session.key_of(one.kind, one.name)});
  }
  return wait_for(awaited, command.options, session.client(), env);
}

}  // namespace titan::cli
