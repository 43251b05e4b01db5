#include "server-lite/token_commands.hpp"

#include <ostream>

#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "model/entity.hpp"
#include "server-lite/actors.hpp"
#include "server-lite/identity/token_text.hpp"
#include "server-lite/store_commands.hpp"
#include "store/sqlite_store.hpp"

namespace titan::server_lite {
namespace {

constexpr const char* kTokenFile = "admin-token";
constexpr std::size_t kTokenFileBytesMax = 4096;

// Where the fault is, as the flag says it.
Error at(const char* flag, Error error) {
  error.field = flag;
  return error;
}

Result<model::Entity> token_of(const TokenCommand& command, const Secret& text, Timestamp now) {
  if (const auto checked = model::check_name("--name", command.name); !checked) {
    return checked.error();
  }
  if (const auto checked = model::check_name("--organization", command.organization); !checked) {
    return checked.error();
  }
  model::TokenSpec spec{.digest = Digest::of(text.bytes()), .description = command.description};
  const auto role = model::parse_role(command.role);
  if (!role) return at("--role", role.error());
  if (!command.workspace.empty()) TITAN_TRY(model::check_name("--workspace", command.workspace));
  spec.grants = {{.role = *role, .workspace = command.workspace}};
  if (!command.ttl.empty()) {
    const auto ttl = parse_duration(command.ttl);
    if (!ttl) return at("--ttl", ttl.error());
    spec.expires = Timestamp::from_micros(now.micros() + std::chrono::microseconds(*ttl).count());
  }
  return model::Entity{.name = command.name,
                       .organization = command.organization,
                       .spec = std::move(spec),
                       .status = model::Status::ready};
}

Result<void> write(store::Store& store, const model::Entity& token) {
  store::Batch batch{.actor = std::string(kServerActor)};
  const model::Entity workspace{.name = std::string(model::kDefaultWorkspace),
                                .organization = token.organization,
                                .spec = model::WorkspaceSpec{},
                                .status = model::Status::ready};
  const auto there = store.get(workspace.key());
  if (!there && there.error().code != ErrorCode::not_found) return there.error();
  if (!there) batch.mutations.push_back({workspace.key(), 0, workspace});
  if (store.get(token.key())) {
    Error error = conflict("it exists already; expected another --name");
    error.subject = token.key().subject();
    return error;
  }
  batch.mutations.push_back({token.key(), 0, token});
  const auto committed = store.commit(batch);
  return committed ? Result<void>() : committed.error();
}

}  // namespace

Result<std::string> first_token(FileSystem& data, const std::string& folder, Random& random,
                                std::ostream& out) {
  const auto kept = data.read(kTokenFile, kTokenFileBytesMax);
  if (kept && !trim(*kept).empty()) return std::string(trim(*kept));
  if (!kept && kept.error().code != ErrorCode::not_found) return kept.error();
  const Secret token = make_token_text(random);
  std::string text(token.bytes());
  TITAN_TRY(write_atomically(data, kTokenFile, text + "\n", 0600));
  out << "admin token, also in " << folder << "/" << kTokenFile << ":\n" << text << std::endl;
  return text;
}

ExitCode run_create_token(const TokenCommand& command, const ProgramEnv& env) {
  const auto fail = [&](const Error& error) {
    env.err << "titan-server: " << error.text() << "\n";
    return error.code == ErrorCode::invalid ? ExitCode::usage : exit_code_of(error.code);
  };
  const SystemClock clock;
  SystemRandom random;
  const Secret text = make_token_text(random);
  const auto token = token_of(command, text, clock.wall());
  if (!token) return fail(token.error());
  if (const auto folder = DiskFileSystem::create(command.data); !folder) {
    return fail(folder.error());
  }
  const auto store = store::SqliteStore::open(database_in(command.data), clock, random);
  if (!store && store.error().code == ErrorCode::conflict) {
    env.err << "titan-server: a server runs in " << command.data
            << "; ask it for a token: titan create token " << command.name << " --role "
            << command.role << "\n";
    return ExitCode::locked;
  }
  if (!store) return fail(store.error());
  if (const auto written = write(**store, *token); !written) return fail(written.error());
  env.out << text.bytes() << "\n";
  return ExitCode::done;
}

}  // namespace titan::server_lite
