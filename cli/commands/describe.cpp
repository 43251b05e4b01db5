#include "cli/commands/describe.hpp"

#include <functional>
#include <utility>
#include <variant>

#include "cli/describe.hpp"
#include "cli/history.hpp"
#include "cli/limits.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"

namespace titan::cli {
namespace {

Result<std::vector<std::string>> assigned_hosts(const model::Entity& deployment,
                                                client::Client& client) {
  client::ListQuery query{.kind = model::Kind::assignment, .workspace = deployment.workspace};
  query.filter.fields = {{"spec.deployment", deployment.name}};
  TITAN_ASSIGN(const auto assignments, client.list(query));
  std::vector<std::string> hosts;
  for (const model::Entity& assignment : assignments.items) {
    hosts.push_back(std::get<model::AssignmentSpec>(assignment.spec).host);
  }
  return hosts;
}

Result<void> read_deployment(Description& description, client::Client& client, const Env& env) {
  const model::Entity& entity = description.entity;
  Progress progress(env, "hosts");
  TITAN_ASSIGN(description.hosts, client.deployment_hosts(entity.key(), std::ref(progress)));
  if (!std::get<model::DeploymentSpec>(entity.spec).replicas) return {};
  TITAN_ASSIGN(description.assigned, assigned_hosts(entity, client));
  return {};
}

Result<void> read_host(Description& description, client::Client& client) {
  TITAN_ASSIGN(description.state, client.host_state(description.entity.name));
  auto report = client.host_report(description.entity.name);
  if (!report && report.error().code != ErrorCode::not_found) return std::move(report).error();
  if (report) description.report = *std::move(report);
  return {};
}

}  // namespace

Result<ExitCode> run(const DescribeCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  client::Client& client = session.client();
  Description description;
  TITAN_ASSIGN(description.entity,
               client.get(session.key_of(command.what.kind, command.what.name)));
  if (command.what.kind == model::Kind::deployment) {
    TITAN_TRY(read_deployment(description, client, env));
  }
  if (command.what.kind == model::Kind::host) TITAN_TRY(read_host(description, client));
  TITAN_ASSIGN(description.changes, last_changes(description.entity, kDescribedChanges, client));
  print_description(env.out, description, {.now = env.clock.wall(), .colour = use_colour(env)});
  return ExitCode::done;
}

}  // namespace titan::cli
