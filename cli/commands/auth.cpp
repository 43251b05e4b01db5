#include "cli/commands/auth.hpp"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/printer.hpp"
#include "cli/terminal_text.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

json json_of(const client::Whoami& who) {
  json document = {{"actor", who.actor},
                   {"organization", who.organization},
                   {"grants", model::json_of(who.grants)}};
  if (!who.host.empty()) document["host"] = who.host;
  if (who.expires) document["expires"] = who.expires->text();
  return document;
}

void print(const client::Whoami& who, const std::string& server, std::ostream& out) {
  out << "Server:        " << terminal_text(server) << '\n'
      << "Actor:         " << terminal_text(who.actor) << '\n'
      << "Organization:  " << terminal_text(who.organization) << '\n';
  const char* label = "Roles:         ";
  if (who.grants.empty()) out << label << "<none>\n";
  for (const auto& grant : who.grants) {
    out << label << terminal_text(model::text_of(grant)) << '\n';
    label = "               ";
  }
  if (!who.host.empty()) out << "Host:          " << terminal_text(who.host) << '\n';
  out << "Expires:       " << (who.expires ? who.expires->text() : std::string("never")) << '\n';
}

}  // namespace

Result<ExitCode> run(const WhoamiCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  TITAN_ASSIGN(const client::Whoami who, session.client().whoami());
  if (is_document(command.output.format)) {
    Printer(env, command.output).document(json_of(who));
  } else {
    print(who, session.server(), env.out);
  }
  return ExitCode::done;
}

Result<ExitCode> run(const CanICommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  const bool about_workspace =
      model::in_workspace(command.kind) ||
      (command.kind == model::Kind::workspace && session.workspace_given());
  TITAN_ASSIGN(const client::Permission permission,
               session.client().permission(command.verb, command.kind,
                                           about_workspace ? session.workspace() : std::string()));
  if (is_document(command.output.format)) {
    json document = {{"allowed", permission.allowed}};
    if (!permission.allowed) document["reason"] = permission.reason;
    Printer(env, command.output).document(document);
  } else if (permission.allowed) {
    env.out << "yes\n";
  } else {
    env.out << "no - " << terminal_text(permission.reason) << '\n';
  }
  return permission.allowed ? ExitCode::done : ExitCode::denied;
}

}  // namespace titan::cli
