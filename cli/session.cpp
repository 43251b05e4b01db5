#include "cli/session.hpp"

#include <utility>

#include "cli/config_file.hpp"

namespace titan::cli {

Result<Session> Session::open(const ConnectionFlags& flags, const Env& env) {
  TITAN_ASSIGN(const Config config, load_config(env));
  const Context* context = config.find(config.current_context);

  std::string server(kDefaultServer);
  if (context != nullptr) server = context->server;
  if (const auto variable = env.variable("TITAN_SERVER"); variable && !variable->empty()) {
    server = *variable;
  }
  if (flags.server) server = *flags.server;

  std::string workspace(model::kDefaultWorkspace);
  if (context != nullptr && !context->workspace.empty()) workspace = context->workspace;
  if (flags.workspace) workspace = *flags.workspace;

  TITAN_ASSIGN(auto transport, env.connect(server));
  return Session(std::move(transport), std::move(server), std::move(workspace),
                 flags.workspace.has_value());
}

model::Key Session::key_of(model::Kind kind, const std::string& name) const {
  return {.kind = kind,
          .workspace = model::in_workspace(kind) ? workspace_ : std::string(),
          .name = name};
}

}  // namespace titan::cli
