#include "cli/commands/login.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "cli/config_file.hpp"
#include "cli/login_hint.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/terminal_text.hpp"
#include "cli/token.hpp"
#include "client/device_login.hpp"

namespace titan::cli {
namespace {

constexpr const char* kFirstContext = "default";
constexpr const char* kAskForToken = "-";  // in place of a file

Result<Secret> take_token(const ConnectionFlags& flags, const Env& env) {
  const std::string file = flags.token_file.value_or(kAskForToken);
  if (file != kAskForToken) return read_token_file(env, file);
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

Result<std::unique_ptr<Transport>> connect(const Context& context, const Env& env) {
  std::string ca_file = context.ca_file;
  if (ca_file.empty() && context.server.starts_with("https://")) {
    ca_file = env.variable("TITAN_CA_FILE").value_or("");
  }
  return env.connect({.url = context.server, .ca_file = ca_file});
}

// A token, and whose it is, as the server says. Nothing is kept yet.
Result<client::LoginAnswer> show_token(const LoginCommand& command, const Context& context,
                                       const Env& env) {
  TITAN_ASSIGN(Secret token, take_token(command.connection, env));
  TITAN_ASSIGN(auto connection, connect(context, env));
  const auto transport = with_login_hint(
      std::move(connection),
      Error{ErrorCode::denied,
            "the server does not know this token: it is mistyped, deleted or expired",
            context.server});
  client::Client client(*transport);
  client.set_token(token.copy());
  TITAN_ASSIGN(client::Whoami who, client.whoami());
  return client::LoginAnswer{.token = std::move(token), .who = std::move(who)};
}

void show(const client::DeviceLogin::Prompt& prompt, std::ostream& err) {
  err << "To log in, open this page in a browser:\n\n    " << terminal_text(prompt.verification_uri)
      << "\n\nand enter the code\n\n    " << terminal_text(prompt.user_code) << "\n\n";
  if (!prompt.verification_uri_complete.empty()) {
    err << "or open " << terminal_text(prompt.verification_uri_complete)
        << " and compare the code.\n";
  }
  err << "The code counts for " << duration_text(prompt.expires_in)
      << ". Never enter one that somebody else gave you.\n"
      << std::flush;
}

// Waits until the person has logged in at the provider.
Result<Secret> get_id_token(const client::LoginProvider& provider, const Env& env) {
  client::DeviceLogin login(
      {.issuer = provider.issuer, .client_id = provider.client_id, .scopes = provider.scopes},
      env.connect_provider, env.random);
  const Clock::Monotonic began = env.clock.monotonic();
  TITAN_ASSIGN(const auto prompt, login.begin(began));
  show(prompt, env.err);
  Progress progress(env, "seconds waited");
  std::string fault;
  while (true) {
    const Clock::Monotonic now = env.clock.monotonic();
    progress(
        static_cast<std::size_t>(std::chrono::floor<std::chrono::seconds>(now - began).count()));
    TITAN_ASSIGN(auto step, login.next(now));
    if (step.done()) return Secret::of(std::move(step.id_token));
    if (!step.fault.empty() && step.fault != fault) {
      remark(env, "the provider does not answer, and is asked again: " + terminal_text(step.fault));
    }
    fault = step.fault;
    env.sleep(step.wait);
  }
}

Result<client::LoginAnswer> log_in(const LoginCommand& command, const Context& context,
                                   const Env& env) {
  if (command.connection.token_file) return show_token(command, context, env);
  TITAN_ASSIGN(const auto transport, connect(context, env));
  client::Client client(*transport);
  const auto provider = client.login_provider();
  const bool has_none = !provider && provider.error().code == ErrorCode::not_found;
  if (has_none && command.organization.empty()) return show_token(command, context, env);
  if (has_none) {
    Error error = invalid("the server has no identity provider, so there is nothing to choose");
    error.field = "--organization";
    return error;
  }
  if (!provider) return provider.error();
  TITAN_ASSIGN(const Secret id_token, get_id_token(*provider, env));
  auto answer = client.log_in(id_token, command.organization);
  if (answer) TITAN_TRY(check_token("token", answer->token.bytes()));
  return answer;
}

// "as token/ci of the organization default".
std::string text_of(const client::Whoami& who) {
  std::string text =
      "as " + terminal_text(who.actor) + " of the organization " + terminal_text(who.organization);
  std::vector<std::string> roles;
  for (const model::Grant& grant : who.grants) {
    roles.push_back(terminal_text(model::text_of(grant)));
  }
  if (!roles.empty()) text += ", " + join(roles, ", ");
  return text;
}

}  // namespace

Result<ExitCode> run(const LoginCommand& command, const Env& env) {
  TITAN_ASSIGN(Config config, load_config(env));
  if (!command.context.empty()) {
    if (const auto checked = model::check_name("--context", command.context); !checked) {
      return report_usage(env, checked.error());
    }
  }
  if (!command.organization.empty() && command.connection.token_file) {
    return report_usage(env, invalid("--organization goes with a login at an identity provider, "
                                     "not with --token-file"));
  }
  auto context = choose_context(command, config, env);
  if (!context) return report_usage(env, context.error());
  TITAN_ASSIGN(const client::LoginAnswer login, log_in(command, *context, env));
  const client::Whoami& who = login.who;
  context->token = login.token.bytes();
  context->token_expires = who.expires.value_or(Timestamp());
  context->token_file.clear();
  const bool is_new = config.find(context->name) == nullptr;
  find_or_add(config, context->name) = *context;
  if (is_new) config.current_context = context->name;
  TITAN_TRY(save_config(env, config));
  env.out << "logged in to " << terminal_text(context->server) << ' ' << text_of(who)
          << "; the token is kept in the context " << quote(context->name);
  if (who.expires) env.out << " and counts until " << who.expires->text();
  env.out << '\n';
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
  context.token_expires = {};
  context.token_file.clear();
  TITAN_TRY(save_config(env, config));
  env.out << "the context " << quote(name)
          << (had_token ? " holds no token any more\n" : " held no token\n");
  return ExitCode::done;
}

}  // namespace titan::cli
