#include "cli/commands/login.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "base/text.hpp"
#include "cli/config_file.hpp"
#include "cli/login_hint.hpp"
#include "cli/output.hpp"
#include "cli/terminal_text.hpp"
#include "cli/token.hpp"

namespace titan::cli {
namespace {

constexpr const char* kFirstContext = "default";

Result<Secret> take_token(const ConnectionFlags& flags, const Env& env) {
  if (flags.token_file) return read_token_file(env, *flags.token_file);
  TITAN_ASSIGN(Secret typed, env.read_secret("Token: "));
  Secret token = Secret::of(std::string(trim(typed.bytes())));
  TITAN_TRY(check_token("", token.bytes()));
  return token;
}

Context& find_or_add(Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.contexts, name, &Context::name);
  if (found != config.contexts.end()) return *found;
  return config.contexts.emplace_back(Context{.name = name});
}

// Which context the token goes into, with its server: that of the flags, or the context's own.
Result<Context> choose_context(const LoginCommand& command, const Config& config, const Env& env) {
  Context context{.name = command.context};
  if (context.name.empty()) context.name = config.current_context;
  if (context.name.empty()) context.name = kFirstContext;
  if (const Context* known = config.find(context.name); known != nullptr) context = *known;
  std::string server = command.connection.server.value_or("");
  const bool needs_server = server.empty() && context.server.empty();
  if (needs_server) server = env.variable("TITAN_SERVER").value_or(std::string(kDefaultServer));
  if (needs_server && server.empty()) server = kDefaultServer;
  const bool is_other = !server.empty() && !context.server.empty() && server != context.server;
  if (is_other && command.context.empty()) {
    return invalid("the current context " + quote(context.name) + " is of " + context.server +
                   "; --context NAME keeps one for " + server);
  }
  if (is_other) context.ca_file.clear();
  if (!server.empty()) context.server = server;
  if (command.connection.ca_file) context.ca_file = *command.connection.ca_file;
  TITAN_TRY(check_path("--ca-file", context.ca_file));
  return context;
}

// Who the token is of, as the server says; nothing is kept yet.
Result<client::Whoami> ask_who(const Context& context, const Secret& token, const Env& env) {
  std::string ca_file = context.ca_file;
  if (ca_file.empty() && context.server.starts_with("https://")) {
    ca_file = env.variable("TITAN_CA_FILE").value_or("");
  }
  TITAN_ASSIGN(auto connection, env.connect({.url = context.server, .ca_file = ca_file}));
  const auto transport = with_login_hint(
      std::move(connection),
      Error{ErrorCode::denied,
            "the server does not know this token: it is mistyped, deleted or expired",
            context.server});
  client::Client client(*transport);
  client.set_token(token.copy());
  return client.whoami();
}

}  // namespace

Result<ExitCode> run(const LoginCommand& command, const Env& env) {
  TITAN_ASSIGN(Config config, load_config(env));
  if (!command.context.empty()) {
    if (const auto checked = model::check_name("--context", command.context); !checked) {
      return report_usage(env, checked.error());
    }
  }
  auto context = choose_context(command, config, env);
  if (!context) return report_usage(env, context.error());
  TITAN_ASSIGN(const Secret token, take_token(command.connection, env));
  TITAN_ASSIGN(const client::Whoami who, ask_who(*context, token, env));
  context->token = token.bytes();
  context->token_file.clear();
  const bool is_new = config.find(context->name) == nullptr;
  find_or_add(config, context->name) = *context;
  if (is_new) config.current_context = context->name;
  TITAN_TRY(save_config(env, config));
  env.out << "logged in to " << terminal_text(context->server) << " as " << terminal_text(who.actor)
          << " of the organization " << terminal_text(who.organization)
          << "; the token is kept in the context " << quote(context->name) << '\n';
  return ExitCode::done;
}

Result<ExitCode> run(const LogoutCommand& command, const Env& env) {
  TITAN_ASSIGN(Config config, load_config(env));
  const std::string name = command.context.empty() ? config.current_context : command.context;
  if (name.empty()) return not_found("there is no current context to log out of");
  if (config.find(name) == nullptr) {
    return not_found("there is no context " + quote(name) + did_you_mean(name, config.names()));
  }
  Context& context = find_or_add(config, name);
  const bool had_token = !context.token.empty() || !context.token_file.empty();
  context.token.clear();
  context.token_file.clear();
  TITAN_TRY(save_config(env, config));
  env.out << "the context " << quote(name)
          << (had_token ? " holds no token any more\n" : " held no token\n");
  return ExitCode::done;
}

}  // namespace titan::cli
