#include "cli/commands/create_credential.hpp"

#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "base/digest.hpp"
#include "cli/kind_word.hpp"
#include "cli/printer.hpp"
#include "cli/token.hpp"
#include "model/enrollment_string.hpp"
#include "model/limits.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

constexpr const char* kTokenPrefix = "titan_";  // by which scanners for leaked secrets find it
constexpr std::size_t kNameEndLetters = 6;

Timestamp after(Timestamp now, std::chrono::seconds life) {
  return Timestamp::from_micros(now.micros() + std::chrono::microseconds(life).count());
}

// `field`: what the secret is called in a document.
void print_once(const model::Entity& entity, const char* field, const Secret& secret,
                const OutputFlags& output, const Env& env) {
  if (is_document(output.format)) {
    Printer(env, output)
        .document({{"entity", model::json_of(entity)}, {field, std::string(secret.bytes())}});
    return;
  }
  remark(env, display_name(entity.key()) + " created; what follows is shown this once");
  env.out << secret.bytes() << '\n';
}

// The host's name, cut if need be, and random letters.
std::string name_after(const std::string& host, Random& random) {
  const std::string end = "-" + make_token(random).substr(0, kNameEndLetters);
  return host.substr(0, model::kNameBytesMax - end.size()) + end;
}

}  // namespace

Result<ExitCode> run(const CreateTokenCommand& command, const Env& env) {
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  const Secret secret = make_secret_text(kTokenPrefix, env.random);
  model::TokenSpec spec{.grants = {{.role = command.role, .workspace = command.in_workspace}},
                        .digest = Digest::of(secret.bytes()),
                        .description = command.description};
  if (command.life) spec.expires = after(env.clock.wall(), *command.life);
  TITAN_ASSIGN(const auto created,
               session.client().create({.name = command.name, .spec = std::move(spec)}));
  print_once(created.entity, "token", secret, command.output, env);
  return ExitCode::done;
}

Result<ExitCode> run(const CreateEnrollmentCommand& command, const Env& env) {
  model::Labels labels;
  if (command.labels) {
    auto parsed = model::parse_labels(*command.labels);
    if (!parsed) return report_usage(env, std::move(parsed).error().context("--labels"));
    labels = *std::move(parsed);
  }
  if (!command.server_url.empty()) {
    const auto checked = env.connect({.url = command.server_url});
    if (!checked) return report_usage(env, Error(checked.error()).context("--server-url"));
  }
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  TITAN_ASSIGN(const PublicKey server, session.client().server_key());
  model::EnrollmentString string{
      .url = command.server_url.empty() ? session.server() : command.server_url,
      .server = server,
      .secret = make_secret_text("", env.random)};
  const model::Entity enrollment{
      .name = command.name.empty() ? name_after(command.host, env.random) : command.name,
      .spec = model::EnrollmentSpec{.host = command.host,
                                    .labels = std::move(labels),
                                    .digest = Digest::of(string.secret.bytes()),
                                    .expires = after(env.clock.wall(), command.life)}};
  TITAN_ASSIGN(const auto created, session.client().create(enrollment));
  print_once(created.entity, "enrollmentString", string.text(), command.output, env);
  return ExitCode::done;
}

}  // namespace titan::cli
