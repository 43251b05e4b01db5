#include "cli/commands/apply_files.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "cli/batch_error.hpp"
#include "cli/commands/write.hpp"
#include "cli/manifest_files.hpp"
#include "cli/printer.hpp"

namespace titan::cli {
namespace {

ExitCode make_ready(std::vector<Draft>& drafts, client::Client& client, const Env& env) {
  ExitCode worst = ExitCode::done;
  for (Draft& draft : drafts) {
    const auto ready = cli::make_ready(draft, client, env);
    if (ready) continue;
    Error error = ready.error();
    if (error.subject.empty()) error.subject = draft.entity.key().subject();
    worst = std::max(worst, report(env, error));
    if (error.code == ErrorCode::unavailable) break;
  }
  return worst;
}

// The workspaces that the server is going to make beside the documents: which ones it made, its
// answer does not tell.
Result<std::set<std::string>> missing_workspaces(const std::vector<Draft>& drafts,
                                                 client::Client& client) {
  std::set<std::string> named;
  for (const Draft& draft : drafts) named.insert(draft.entity.workspace);
  named.erase("");
  named.erase(std::string(model::kDefaultWorkspace));  // always there
  for (const Draft& draft : drafts) {
    if (draft.entity.kind() == model::Kind::workspace) named.erase(draft.entity.name);
  }
  std::set<std::string> missing;
  for (const std::string& name : named) {
    const auto found = client.get({.kind = model::Kind::workspace, .name = name});
    if (!found && found.error().code != ErrorCode::not_found) return found.error();
    if (!found) missing.insert(name);
  }
  return missing;
}

Result<client::BatchResult> write(const std::vector<Draft>& drafts, bool allow_missing,
                                  client::Client& client) {
  TITAN_ASSIGN(auto missing, missing_workspaces(drafts, client));
  std::vector<client::BatchChange> changes;
  for (const Draft& draft : drafts) changes.push_back(client::EntityWrite{.entity = draft.entity});
  auto result = client.change(changes, {.create_workspaces = true, .allow_missing = allow_missing});
  if (!result) return in_terms_of_files(std::move(result).error(), drafts);
  for (client::WriteResult& one : result->items) {
    one.workspace_created = result->workspace_created && missing.erase(one.entity.workspace) > 0;
  }
  return result;
}

ExitCode nothing_applied(const Env& env, ExitCode code) {
  remark(env, "nothing was applied");
  return code;
}

}  // namespace

Result<ExitCode> run(const ApplyFilesCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  TITAN_ASSIGN(auto files, read_manifest_files(command.path, session.workspace(),
                                               session.workspace_given(), env));
  ExitCode worst = ExitCode::done;
  for (const Error& error : files.errors) worst = std::max(worst, report(env, error));
  if (worst == ExitCode::done) worst = make_ready(files.drafts, session.client(), env);
  if (worst != ExitCode::done) return nothing_applied(env, worst);
  if (files.drafts.empty()) return ExitCode::done;

  const auto result = write(files.drafts, command.allow_missing, session.client());
  if (!result) return nothing_applied(env, report(env, result.error()));
  const Printer printer(env, command.output);
  std::vector<model::Entity> written;
  for (const client::WriteResult& one : result->items) {
    printer.write(one, applied_word(one.outcome));
    written.push_back(one.entity);
  }
  printer.written(written);
  return ExitCode::done;
}

}  // namespace titan::cli
