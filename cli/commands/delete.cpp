#include "cli/commands/delete.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/manifest_files.hpp"
#include "cli/output.hpp"
#include "cli/waiter.hpp"

namespace titan::cli {
namespace {

Result<ExitCode> remove(const model::Key& key, const DeleteFlags& flags, client::Client& client,
                        const Env& env) {
  const auto result = client.remove(key, {.force = flags.force});
  if (!result && result.error().code == ErrorCode::not_found && flags.ignore_not_found) {
    return ExitCode::done;
  }
  if (!result) return result.error();
  env.out << display_name(key) << ' ' << client::name_of(result->outcome) << '\n';
  if (!flags.wait || result->outcome == client::WriteOutcome::deleted) return ExitCode::done;
  env.out.flush();
  return wait_for({{.key = key, .id = result->entity.id}},
                  {.until = model::Status::deleted, .timeout = flags.timeout}, client, env);
}

// The refusal of a deletion, and those that the server says are in the way.
ExitCode report_refusal(Error error, const model::Key& key, const client::Client& client,
                        const Env& env) {
  if (error.subject.empty()) error.subject = key.subject();
  const ExitCode code = report(env, error);
  if (error.code != ErrorCode::conflict) return code;
  for (const std::string& user : client.refusal().users) remark(env, "  used by " + user);
  return code;
}

}  // namespace

Result<ExitCode> run(const DeleteCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  const model::Key key = session.key_of(command.what.kind, command.what.name);
  auto removed = remove(key, command.flags, session.client(), env);
  if (removed) return removed;
  return report_refusal(std::move(removed).error(), key, session.client(), env);
}

Result<ExitCode> run(const DeleteFilesCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  TITAN_ASSIGN(const auto files, read_manifest_files(command.path, session.workspace(),
                                                     session.workspace_given(), env));
  ExitCode worst = ExitCode::done;
  for (const Error& error : files.errors) worst = std::max(worst, report(env, error));
  // What refers to others goes before them.
  for (auto draft = files.drafts.rbegin(); draft != files.drafts.rend(); ++draft) {
    const model::Key key = draft->entity.key();
    auto removed = remove(key, command.flags, session.client(), env);
    worst = std::max(
        worst, removed ? *removed : report_refusal(removed.error(), key, session.client(), env));
    if (!removed && removed.error().code == ErrorCode::unavailable) break;
  }
  return worst;
}

}  // namespace titan::cli
