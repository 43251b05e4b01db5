#include "cli/commands/describe.hpp"

#include <utility>

#include "cli/describe.hpp"
#include "cli/output.hpp"

namespace titan::cli {

Result<ExitCode> run(const DescribeCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  const model::Key key = session.key_of(command.what.kind, command.what.name);
  Description description;
  TITAN_ASSIGN(description.entity, session.client().get(key));
  if (key.kind == model::Kind::deployment) {
    TITAN_ASSIGN(description.hosts, session.client().deployment_hosts(key));
  }
  if (key.kind == model::Kind::host) {
    auto report = session.client().host_report(key.name);
    if (!report && report.error().code != ErrorCode::not_found) return std::move(report).error();
    if (report) description.report = *std::move(report);
  }
  print_description(env.out, description, {.now = env.clock.wall(), .colour = use_colour(env)});
  return ExitCode::done;
}

}  // namespace titan::cli
