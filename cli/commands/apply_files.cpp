#include "cli/commands/apply_files.hpp"

#include <algorithm>
#include <utility>

#include "cli/commands/write.hpp"
#include "cli/manifest_files.hpp"
#include "cli/printer.hpp"

namespace titan::cli {

Result<ExitCode> run(const ApplyFilesCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  TITAN_ASSIGN(auto files, read_manifest_files(command.path, session.workspace(),
                                               session.workspace_given(), env));
  ExitCode worst = ExitCode::done;
  for (const Error& error : files.errors) worst = std::max(worst, report(env, error));

  const Printer printer(env, command.output);
  std::vector<model::Entity> written;
  for (Draft& draft : files.drafts) {
    const auto result =
        write(draft, WriteCommand::Mode::apply, command.allow_missing, session.client(), env);
    if (result) {
      printer.write(*result, applied_word(result->outcome));
      written.push_back(result->entity);
      continue;
    }
    Error error = result.error();
    if (error.subject.empty()) error.subject = draft.entity.key().subject();
    worst = std::max(worst, report(env, error));
    if (error.code == ErrorCode::unavailable) break;
  }
  printer.written(written);
  return worst;
}

}  // namespace titan::cli
