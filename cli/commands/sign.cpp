#include "cli/commands/sign.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/author_key.hpp"
#include "cli/limits.hpp"
#include "cli/output.hpp"
#include "cli/terminal_text.hpp"
#include "model/author_statement.hpp"
#include "model/limits.hpp"
#include "model/spec.hpp"

namespace titan::cli {
namespace {

using model::AuthorSignature;
using model::AuthorSignatures;
using model::AuthorStatement;
using model::HostStatement;

AuthorSignatures& signatures_of(model::Entity& entity) {
  if (auto* const host = std::get_if<model::HostSpec>(&entity.spec)) return host->signatures;
  return std::get<model::DeploymentSpec>(entity.spec).signatures;
}

// What was asked for, and nothing else: what is signed is named by it.
Result<model::Entity> get(client::Client& client, const model::Key& key) {
  TITAN_ASSIGN(auto entity, client.get(key));
  if (entity.kind() == key.kind && entity.workspace == key.workspace && entity.name == key.name) {
    return entity;
  }
  return internal("the server showed " + entity.key().subject() + ", not " + key.subject());
}

Result<AuthorStatement> statement_of(client::Client& client, const model::Entity& deployment) {
  const auto& spec = std::get<model::DeploymentSpec>(deployment.spec);
  TITAN_ASSIGN(const auto workload, get(client, {.organization = deployment.organization,
                                                 .kind = model::Kind::workload,
                                                 .workspace = deployment.workspace,
                                                 .name = spec.workload}));
  std::string name = spec.template_name;
  if (name.empty()) name = std::get<model::WorkloadSpec>(workload.spec).default_template;
  if (name.empty()) {
    return invalid("neither the deployment nor its workload " + quote(spec.workload) +
                   " names a template");
  }
  TITAN_ASSIGN(const auto template_, get(client, {.organization = deployment.organization,
                                                  .kind = model::Kind::template_,
                                                  .name = name}));
  const auto& source = std::get<model::TemplateSpec>(template_.spec);
  AuthorStatement statement{.key = deployment.key(),
                            .driver = source.driver,
                            .files = source.files,
                            .inputs = model::author_inputs(template_, workload, deployment),
                            .health = source.health,
                            .hooks = source.hooks,
                            .depends_on = spec.depends_on,
                            .drift_policy = spec.drift_policy};
  std::ranges::sort(statement.depends_on);
  return statement;
}

void show_yaml(std::ostream& out, const nlohmann::json& value) {
  for (const std::string& line : split(trim(yaml_text(value)), '\n')) {
    out << "  " << terminal_text(line) << '\n';
  }
}

void show(std::ostream& out, const AuthorStatement& statement) {
  out << "deployment/" << statement.key.name << " of the workspace " << statement.key.workspace
      << " of the organization " << statement.key.organization << '\n';
  out << "driver " << terminal_text(statement.driver) << ", files:\n";
  for (const model::TemplateFile& file : statement.files) {
    out << "  " << model::mode_text(file.mode) << ' ' << file.digest.text() << ' '
        << terminal_text(file.path);
    if (!file.owner.empty()) out << ", owned by " << terminal_text(file.owner);
    if (!file.escape.empty()) out << ", escaped as " << terminal_text(file.escape);
    out << '\n';
  }
  out << "filled with, besides what is the host's:\n";
  show_yaml(out, statement.inputs.json());
  if (statement.health != model::Health()) {
    out << "kept when it is healthy:\n";
    show_yaml(out, model::json_of(statement.health));
  }
  if (statement.hooks != model::Hooks()) {
    out << "with these hooks:\n";
    show_yaml(out, model::json_of(statement.hooks));
  }
  if (!statement.depends_on.empty()) {
    out << "after the deployments " << terminal_text(join(statement.depends_on, ", ")) << '\n';
  }
  if (statement.drift_policy != model::DriftPolicy::heal) {
    out << "what others change: " << model::text_of(statement.drift_policy) << '\n';
  }
}

void show(std::ostream& out, const HostStatement& statement) {
  out << "host/" << statement.key.name << " of the organization " << statement.key.organization
      << '\n';
  show_yaml(out, {{"labels", statement.labels}, {"values", statement.values.json()}});
}

// Of the next word: that of now, and greater than what is there.
Result<std::uint64_t> next_serial(const AuthorSignatures& signatures, const Env& env) {
  const auto now = static_cast<std::uint64_t>(env.clock.wall().micros());
  std::uint64_t serial = now;
  for (const AuthorSignature& signature : signatures) {
    // A server that lies must not use the numbers up.
    if (signature.serial > now + std::chrono::microseconds(kSerialAheadMax).count()) {
      return conflict("the signature by " + signature.key.text() + " has the serial " +
                      std::to_string(signature.serial) +
                      ", a moment that is still to come: the server has made it up, or a clock is "
                      "wrong");
    }
    serial = std::max(serial, signature.serial + 1);
  }
  return serial;
}

// Signs a statement about one entity.
class Signing {
 public:
  Signing(model::Entity entity, const SigningKey& key, client::Client& client, const Env& env)
      : entity_(std::move(entity)), key_(key), client_(client), env_(env) {}

  template <class Statement>
  Result<ExitCode> run(const Statement& statement, bool yes) {
    const std::string name = display_name(entity_.key());
    AuthorSignatures& signatures = signatures_of(entity_);
    for (const AuthorSignature& signature : signatures) {
      if (signature.key != key_.public_key() || !model::holds(signature, statement)) continue;
      env_.out << name << " is signed already by " << signature.key.text() << '\n';
      return ExitCode::done;
    }
    TITAN_ASSIGN(const std::uint64_t serial, next_serial(signatures, env_));
    show(env_.err, statement);
    if (!yes) {
      TITAN_ASSIGN(const bool confirmed, env_.confirm("sign this?"));
      if (!confirmed) {
        remark(env_, "nothing is signed");
        return ExitCode::failed;
      }
    }
    drop(statement, signatures);
    signatures.push_back(
        {key_.public_key(), serial, key_.sign(model::author_proof(statement, serial))});
    if (signatures.size() > model::kAuthorSignaturesMax) {
      return exhausted("it has " + std::to_string(model::kAuthorSignaturesMax) +
                       " signatures, and can have no more");
    }
    TITAN_TRY(write());
    env_.out << name << " signed by " << key_.public_key().text() << '\n';
    return ExitCode::done;
  }

 private:
  // What the new signature replaces, and what is of something else by now.
  template <class Statement>
  void drop(const Statement& statement, AuthorSignatures& signatures) {
    AuthorSignatures kept;
    for (const AuthorSignature& signature : signatures) {
      if (signature.key == key_.public_key()) continue;
      if (model::holds(signature, statement)) {
        kept.push_back(signature);
      } else {
        remark(env_, "the signature by " + signature.key.text() +
                         " is of something else, and is dropped");
      }
    }
    signatures = std::move(kept);
  }

  Result<void> write() {
    for (std::size_t tries = 1;; ++tries) {
      // What it refers to need not be there: nothing is changed about that.
      const auto written =
          client_.put(entity_, {.allow_missing = true, .if_match = as_read_.revision});
      if (written) return {};
      if (written.error().code != ErrorCode::conflict || tries == kEditRetriesMax) {
        return written.error();
      }
      TITAN_ASSIGN(model::Entity now, client_.get(entity_.key()));
      // The server moves the status by itself; that is nothing that was signed.
      const bool only_status = now.id == as_read_.id && now.revision != as_read_.revision &&
                               now.spec == as_read_.spec && now.tags == as_read_.tags;
      if (!only_status) return Error(written.error()).context("it was changed meanwhile");
      as_read_ = std::move(now);
    }
  }

  model::Entity entity_;
  model::Entity as_read_ = entity_;
  const SigningKey& key_;
  client::Client& client_;
  const Env& env_;
};

}  // namespace

Result<ExitCode> run(const NewKeyCommand& command, const Env& env) {
  TITAN_ASSIGN(const PublicKey key, create_author_key(env, command.file));
  env.out << key.text() << '\n';
  return ExitCode::done;
}

Result<ExitCode> run(const SignCommand& command, const Env& env) {
  TITAN_ASSIGN(const SigningKey key, read_author_key(env, command.key_file));
  TITAN_ASSIGN(auto session, Session::open(command.connection, env));
  client::Client& client = session.client();
  TITAN_ASSIGN(const model::Entity entity,
               get(client, session.key_of(command.what.kind, command.what.name)));
  Signing signing(entity, key, client, env);
  if (const auto* const host = std::get_if<model::HostSpec>(&entity.spec)) {
    return signing.run(HostStatement{entity.key(), host->labels, host->values}, command.yes);
  }
  TITAN_ASSIGN(const AuthorStatement statement, statement_of(client, entity));
  return signing.run(statement, command.yes);
}

}  // namespace titan::cli
