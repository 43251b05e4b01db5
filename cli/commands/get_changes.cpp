#include "cli/commands/get_changes.hpp"

#include <ostream>
#include <utility>

#include "cli/moment.hpp"
#include "cli/printer.hpp"
#include "client/limits.hpp"

namespace titan::cli {
namespace {

void tell_full(const client::ChangePage& page, const std::string& since, const Env& env) {
  if (!page.full || since.empty()) return;
  remark(env,
         "the server's log does not go back that far, or is another one now; it is shown from its "
         "beginning");
}

Result<ExitCode> follow(const GetChangesCommand& command, client::Client& client, std::string since,
                        const Env& env) {
  if (since.empty()) {
    TITAN_ASSIGN(const auto status, client.status());
    since = status.bookmark;
  }
  const Printer printer(env, command.output);
  std::vector<std::size_t> widths;
  for (bool first = true;; first = false) {
    TITAN_ASSIGN(const auto page, client.changes({.since = since,
                                                  .limit = command.limit,
                                                  .kind = command.kind,
                                                  .actor = command.actor,
                                                  .wait = client::kWaitMax}));
    tell_full(page, since, env);
    printer.more_changes(page, first, &widths);
    env.out.flush();
    since = page.bookmark.text();
  }
}

}  // namespace

Result<ExitCode> run(const GetChangesCommand& command, const Env& env) {
  std::string since;
  if (!command.since.empty()) {
    auto parsed = since_text(command.since, env.clock.wall());
    if (!parsed) return report_usage(env, std::move(parsed).error().context("--since"));
    since = *std::move(parsed);
  }
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  if (command.follow) return follow(command, session.client(), since, env);
  TITAN_ASSIGN(
      const auto page,
      session.client().changes(
          {.since = since, .limit = command.limit, .kind = command.kind, .actor = command.actor}));
  tell_full(page, since, env);
  Printer(env, command.output).changes(page);
  if (command.limit && page.items.size() == *command.limit) {
    remark(env, "there may be more; go on with --since " + page.bookmark.text());
  }
  return ExitCode::done;
}

}  // namespace titan::cli
