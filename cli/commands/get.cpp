#include "cli/commands/get.hpp"

#include <utility>

#include "cli/printer.hpp"

namespace titan::cli {
namespace {

Result<ExitCode> get_one(const GetCommand& command, Session& session, const Env& env) {
  const model::Key key = session.key_of(command.what.kind, command.what.name);
  TITAN_ASSIGN(const model::Entity entity, session.client().get(key));
  Printer(env, command.output).one(entity);
  return ExitCode::done;
}

std::string none_found(model::Kind kind, const std::optional<std::string>& workspace) {
  std::string text = "there are no " + std::string(model::plural_of(kind));
  if (model::in_workspace(kind) && workspace) text += " in the workspace " + *workspace;
  return text;
}

Result<ExitCode> get_list(const GetCommand& command, Session& session, const Env& env) {
  const model::Kind kind = command.what.kind;
  std::optional<std::string> workspace;
  if (!command.all_workspaces) workspace = session.workspace();
  TITAN_ASSIGN(const auto entities, session.client().list(kind, workspace));
  const Output format = command.output.format;
  if (entities.empty() && (format == Output::table || format == Output::wide)) {
    remark(env, none_found(kind, workspace));
    return ExitCode::done;
  }
  Printer(env, command.output).list(kind, entities, command.all_workspaces);
  return ExitCode::done;
}

}  // namespace

Result<ExitCode> run(const GetCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  return command.what.name.empty() ? get_list(command, session, env)
                                   : get_one(command, session, env);
}

Result<ExitCode> run(const GetChangesCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  TITAN_ASSIGN(const auto page,
               session.client().changes({.since = command.since, .limit = command.limit}));
  if (page.full && !command.since.empty()) {
    remark(env,
           "the server does not know this bookmark (its store is another one now); "
           "the log is shown from its beginning");
  }
  Printer(env, command.output).changes(page);
  return ExitCode::done;
}

}  // namespace titan::cli
