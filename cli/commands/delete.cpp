#include "cli/commands/delete.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/manifest_files.hpp"
#include "cli/output.hpp"

namespace titan::cli {
namespace {

Result<void> remove(const model::Key& key, const DeleteFlags& flags, client::Client& client,
                    const Env& env) {
  const auto result = client.remove(key, {.force = flags.force});
  if (!result && result.error().code == ErrorCode::not_found && flags.ignore_not_found) return {};
  if (!result) return result.error();
  env.out << display_name(key) << ' ' << client::name_of(result->outcome) << '\n';
  return {};
}

}  // namespace

Result<ExitCode> run(const DeleteCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  const model::Key key = session.key_of(command.what.kind, command.what.name);
  TITAN_TRY(remove(key, command.flags, session.client(), env));
  return ExitCode::done;
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
    if (removed) continue;
    if (removed.error().subject.empty()) removed.error().subject = key.subject();
    worst = std::max(worst, report(env, removed.error()));
    if (removed.error().code == ErrorCode::unavailable) break;
  }
  return worst;
}

}  // namespace titan::cli
