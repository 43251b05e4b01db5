#include "cli/session.hpp"

#include <utility>

#include "cli/config_file.hpp"
#include "cli/login_hint.hpp"
#include "cli/token.hpp"

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

// `ended`: when the token did; zero: nobody here knows that it has.
Error hint_of(const Token& token, Timestamp ended, const std::string& server) {
  const std::string why = ended == Timestamp() ? std::string("is unknown, deleted or expired")
                                               : "expired at " + ended.text();
  Error hint = denied(token.secret.empty()
                          ? "the server wants to know who asks; log in with titan login, or set "
                            "TITAN_TOKEN or TITAN_TOKEN_FILE"
                          : "the server does not take the token of " + token.source + ": it " +
                                why + "; log in anew with titan login");
  hint.subject = server;
  return hint;
}

// When the context's token ended, if that is the one that is shown, and it has.
Timestamp end_of(const Token& token, const Context* context, const Env& env) {
  const bool is_shown = context != nullptr && token.secret.bytes() == context->token;
  return is_shown && context->token_expires <= env.clock.wall() ? context->token_expires
                                                                : Timestamp();
}

}  // namespace

Result<Session> Session::open(const ConnectionFlags& flags, const Env& env) {
  TITAN_ASSIGN(const Config config, load_config(env));
  const Context* context = config.find(config.current_context);

  ServerAddress server = choose_server(flags, context, env);

  std::string workspace(model::kDefaultWorkspace);
  if (context != nullptr && !context->workspace.empty()) workspace = context->workspace;
  if (flags.workspace) workspace = *flags.workspace;

  // A context's token is for that context's server alone, too.
  const bool is_of_context = context != nullptr && server.url == context->server;
  if (!is_of_context) context = nullptr;
  TITAN_ASSIGN(Token token, find_token(flags.token_file, context, env));
  const Timestamp ended = end_of(token, context, env);

  TITAN_ASSIGN(auto connection, env.connect(server));
  auto transport = with_login_hint(std::move(connection), hint_of(token, ended, server.url));
  Session session(std::move(transport), std::move(server.url), std::move(workspace),
                  flags.workspace.has_value());
  session.client().set_token(std::move(token.secret));
  return session;
}

model::Key Session::key_of(model::Kind kind, const std::string& name) const {
  return {.kind = kind,
          .workspace = model::in_workspace(kind) ? workspace_ : std::string(),
          .name = name};
}

}  // namespace titan::cli
