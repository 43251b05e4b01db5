#include "cli/commands/get.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/device_states.hpp"
#include "cli/printer.hpp"
#include "cli/progress.hpp"
#include "client/limits.hpp"

namespace titan::cli {
namespace {

// A host does not say itself how its device is.
bool shows_devices(const GetCommand& command) {
  return command.what.kind == model::Kind::host && command.output.format == Output::wide;
}

Result<ExitCode> get_one(const GetCommand& command, Session& session, const Env& env) {
  const model::Key key = session.key_of(command.what.kind, command.what.name);
  TITAN_ASSIGN(const model::Entity entity, session.client().get(key));
  DeviceStates devices;
  if (shows_devices(command)) {
    TITAN_ASSIGN(devices, device_state_of(session.client(), command.what.name));
  }
  Printer(env, command.output).one(entity, shows_devices(command) ? &devices : nullptr);
  return ExitCode::done;
}

std::string none_found(const client::ListQuery& query) {
  std::string text = "there are no " + std::string(model::plural_of(query.kind));
  if (model::in_workspace(query.kind) && query.workspace) {
    text += " in the workspace " + *query.workspace;
  }
  return query.filter.empty() ? text : text + " that match";
}

bool is_in(const model::Entity& entity, const client::ListQuery& query) {
  const bool in_workspace =
      !model::in_workspace(query.kind) || !query.workspace || entity.workspace == *query.workspace;
  return in_workspace && query.filter.matches(entity);
}

// The entity that a change is about, if the list would show it: as it is now, or as it was last.
std::optional<model::Entity> entity_of(model::Change change, const client::ListQuery& query) {
  model::Entity entity = change.after ? *std::move(change.after) : *std::move(change.before);
  if (!is_in(entity, query)) return std::nullopt;
  if (change.operation == model::Operation::deleted) entity.status = model::Status::deleted;
  return entity;
}

Result<ExitCode> watch(const client::ListQuery& query, std::string since, const Printer& printer,
                       Printer::ListStyle style, client::Client& client, const Env& env) {
  DeviceStates devices;
  while (true) {
    TITAN_ASSIGN(auto page,
                 client.changes({.since = since, .kind = query.kind, .wait = client::kWaitMax}));
    if (page.full) {
      return expired("the server's log no longer holds what changed since the list; list anew");
    }
    std::vector<model::Entity> entities;
    for (auto& change : page.items) {
      if (auto entity = entity_of(std::move(change), query)) entities.push_back(*std::move(entity));
    }
    if (style.devices != nullptr && !entities.empty()) {
      TITAN_ASSIGN(devices, all_device_states(client));
      style.devices = &devices;
    }
    printer.more(query.kind, entities, style);
    env.out.flush();
    since = page.bookmark.text();
  }
}

Result<ExitCode> get_list(const GetCommand& command, const client::ListQuery& query,
                          client::Client& client, const Env& env) {
  client::EntityList listed;
  {
    Progress progress(env, std::string(model::plural_of(query.kind)));
    TITAN_ASSIGN(listed, client.list(query, std::ref(progress)));
  }
  const Output format = command.output.format;
  const bool as_table = format == Output::table || format == Output::wide;
  const bool deleted = std::ranges::count(query.filter.statuses, model::Status::deleted) > 0;
  const Printer printer(env, command.output);
  std::vector<std::size_t> widths;
  DeviceStates devices;
  Printer::ListStyle style{
      .workspace = command.all_workspaces, .deleted = deleted, .widths = &widths};
  if (shows_devices(command)) {
    TITAN_ASSIGN(devices, all_device_states(client));
    style.devices = &devices;
  }
  if (listed.items.empty() && as_table) {
    remark(env, none_found(query));
  } else {
    printer.list(query.kind, listed.items, style);
  }
  if (listed.more) {
    remark(env, "there are more; these are the first " + std::to_string(listed.items.size()));
  }
  if (!command.watch) return ExitCode::done;
  env.out.flush();
  return watch(query, listed.bookmark.text(), printer, style, client, env);
}

}  // namespace

Result<ExitCode> run(const GetCommand& command, const Env& env) {
  auto filter = filter_of(command.list, command.what.kind, env.clock.wall());
  if (!filter) return report_usage(env, filter.error());
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  if (!command.what.name.empty()) return get_one(command, session, env);
  client::ListQuery query{
      .kind = command.what.kind, .filter = *std::move(filter), .limit = command.limit};
  if (!command.all_workspaces) query.workspace = session.workspace();
  return get_list(command, query, session.client(), env);
}

}  // namespace titan::cli
