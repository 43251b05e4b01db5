#include "cli/session.hpp"

#include <utility>

#include "cli/config_file.hpp"

namespace titan::cli {
namespace {

// The variable's value, unless it is empty.
std::optional<std::string> variable(const Env& env, const char* name) {
  auto value = env.variable(name);
  return value && !value->empty() ? value : std::nullopt;
}

// A context's file of trusted certificates is for that context's server alone.
ServerAddress choose_server(const ConnectionFlags& flags, const Context* context, const Env& env) {
  ServerAddress server{.url = std::string(kDefaultServer)};
  if (context != nullptr) server = {.url = context->server, .ca_file = context->ca_file};
  if (const auto url = variable(env, "TITAN_SERVER")) server = {.url = *url};
  if (flags.server) server = {.url = *flags.server};

  const auto file = variable(env, "TITAN_CA_FILE");
  if (file && server.url.starts_with("https://")) server.ca_file = *file;
  if (flags.ca_file) server.ca_file = *flags.ca_file;
  return server;
}

}  // namespace

Result<Session> Session::open(const ConnectionFlags& flags, const Env& env) {
  TITAN_ASSIGN(const Config config, load_config(env));
  const Context* context = config.find(config.current_context);

  ServerAddress server = choose_server(flags, context, env);

  std::string workspace(model::kDefaultWorkspace);
  if (context != nullptr && !context->workspace.empty()) workspace = context->workspace;
  if (flags.workspace) workspace = *flags.workspace;

  TITAN_ASSIGN(auto transport, env.connect(server));
  return Session(std::move(transport), std::move(server.url), std::move(workspace),
                 flags.workspace.has_value());
}

model::Key Session::key_of(model::Kind kind, const std::string& name) const {
  return {.kind = kind,
          .workspace = model::in_workspace(kind) ? workspace_ : std::string(),
          .name = name};
}

}  // namespace titan::cli
