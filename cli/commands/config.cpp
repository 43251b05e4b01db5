#include "cli/commands/config.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "base/text.hpp"
#include "cli/config_file.hpp"
#include "cli/output.hpp"
#include "cli/table.hpp"
#include "model/key.hpp"

namespace titan::cli {

Result<ExitCode> run(const CurrentContextCommand&, const Env& env) {
  TITAN_ASSIGN(const Config config, load_config(env));
  if (config.current_context.empty()) {
    return not_found("there is no current context; choose one with titan config use-context NAME");
  }
  env.out << config.current_context << '\n';
  return ExitCode::done;
}

Result<ExitCode> run(const GetContextsCommand& command, const Env& env) {
  TITAN_ASSIGN(const Config config, load_config(env));
  Table table({"CURRENT", "NAME", "SERVER", "WORKSPACE"});
  for (const Context& context : config.contexts) {
    table.add({context.name == config.current_context ? "*" : " ", context.name, context.server,
               context.workspace});
  }
  table.print(env.out, {.headers = command.headers});
  return ExitCode::done;
}

Result<ExitCode> run(const UseContextCommand& command, const Env& env) {
  TITAN_ASSIGN(Config config, load_config(env));
  if (config.find(command.name) == nullptr) {
    return not_found("there is no context " + quote(command.name) +
                     did_you_mean(command.name, config.names()));
  }
  config.current_context = command.name;
  TITAN_TRY(save_config(env, config));
  env.out << "switched to context " << quote(command.name) << '\n';
  return ExitCode::done;
}

namespace {

// What is wrong with the arguments themselves.
Result<void> check(const SetContextCommand& command, const Context* before, const Env& env) {
  TITAN_TRY(model::check_name("context", command.name));
  if (before == nullptr && !command.server) {
    return invalid("the context " + quote(command.name) + " is new and needs --server URL");
  }
  if (command.token_file) TITAN_TRY(check_path("--token-file", *command.token_file));
  if (!command.server && !command.ca_file) return {};
  if (command.ca_file) TITAN_TRY(check_path("--ca-file", *command.ca_file));
  const Context known = before == nullptr ? Context{} : *before;
  TITAN_TRY(env.connect({.url = command.server.value_or(known.server),
                         .ca_file = command.ca_file.value_or(known.ca_file)}));
  return {};
}

}  // namespace

Result<ExitCode> run(const SetContextCommand& command, const Env& env) {
  TITAN_ASSIGN(Config config, load_config(env));
  const bool known = config.find(command.name) != nullptr;
  if (const auto checked = check(command, config.find(command.name), env); !checked) {
    return report_usage(env, checked.error());
  }
  if (!known) config.contexts.push_back({.name = command.name});
  Context& context = *std::ranges::find(config.contexts, command.name, &Context::name);
  if (command.server) context.server = *command.server;
  if (command.ca_file) context.ca_file = *command.ca_file;
  if (command.token_file) {
    context.token_file = *command.token_file;
    context.token.clear();
    context.token_expires = {};
  }
  if (command.workspace) context.workspace = *command.workspace;
  const bool first = config.contexts.size() == 1 && config.current_context.empty();
  if (first) config.current_context = command.name;
  TITAN_TRY(save_config(env, config));
  env.out << "context " << quote(command.name) << (known ? " modified" : " created")
          << (first ? " and made the current one" : "") << '\n';
  return ExitCode::done;
}

}  // namespace titan::cli
