#include "cli/commands/write.hpp"

#include <utility>

#include "cli/printer.hpp"

namespace titan::cli {
namespace {

Result<client::WriteResult> send(client::Client& client, const model::Entity& entity,
                                 WriteCommand::Mode mode, bool allow_missing) {
  const client::WriteOptions options{.create_workspace = !entity.workspace.empty(),
                                     .allow_missing = allow_missing};
  return mode == WriteCommand::Mode::create ? client.create(entity, options)
                                            : client.put(entity, options);
}

}  // namespace

std::string_view applied_word(client::WriteOutcome outcome) {
  return outcome == client::WriteOutcome::updated ? "configured" : client::name_of(outcome);
}

Result<client::WriteResult> write(Draft& draft, WriteCommand::Mode mode, bool allow_missing,
                                  client::Client& client, const Env& env) {
  TITAN_TRY(make_ready(draft, client, env));
  return send(client, draft.entity, mode, allow_missing);
}

Result<ExitCode> run(const WriteCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  auto draft = draft_of(command.kind, command.name, command.entity,
                        {.folder = {},
                         .workspace = session.workspace(),
                         .workspace_given = session.workspace_given()},
                        env);
  // What is invalid at this point stood on the command line.
  if (!draft && draft.error().code == ErrorCode::invalid) return report_usage(env, draft.error());
  if (!draft) return std::move(draft).error();
  TITAN_ASSIGN(const auto result,
               write(*draft, command.mode, command.allow_missing, session.client(), env));
  const Printer printer(env, command.output);
  printer.write(result, applied_word(result.outcome));
  printer.written({result.entity});
  return ExitCode::done;
}

}  // namespace titan::cli
