#include "cli/commands/status.hpp"

#include <ostream>
#include <utility>

#include "cli/output.hpp"
#include "cli/table.hpp"
#include "cli/terminal_text.hpp"

namespace titan::cli {

Result<ExitCode> run(const StatusCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  TITAN_ASSIGN(const client::ServerStatus status, session.client().status());
  const bool colour = use_colour(env);
  const std::string word = terminal_text(status.status);
  env.out << "Server:     " << terminal_text(session.server()) << '\n'
          << "Status:     " << (colour ? coloured_status(word) : word) << '\n'
          << "Version:    " << terminal_text(status.version) << '\n'
          << "Bookmark:   " << terminal_text(status.bookmark) << '\n';
  if (!status.dependencies.empty()) {
    Table table({"DEPENDENCY", "STATUS", "MESSAGE"});
    for (const auto& [name, dependency] : status.dependencies) {
      table.add({name, dependency.status, dependency.message});
    }
    env.out << '\n';
    table.print(env.out, {.colour = colour});
  }
  if (!status.processors.empty()) {
    Table table({"PROCESSOR", "BEHIND"});
    for (const auto& [name, behind] : status.processors) {
      table.add({name, std::to_string(behind)});
    }
    env.out << '\n';
    table.print(env.out, {});
  }
  return status.ok() ? ExitCode::done : ExitCode::failed;
}

}  // namespace titan::cli
