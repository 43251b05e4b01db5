#include "server-lite/key_commands.hpp"

#include <ostream>
#include <utility>

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "server-lite/identity/master_key.hpp"
#include "server-lite/identity/server_keys.hpp"
#include "server-lite/store_commands.hpp"
#include "store/backup.hpp"

namespace titan::server_lite {
namespace {

ExitCode fail(const Error& error, const ProgramEnv& env) {
  env.err << "titan-server: " << error.text() << "\n";
  return exit_code_of(error.code);
}

// Lets `change` work on the keys in the data folder while no server does.
template <class Change>
ExitCode change_keys(const KeyCommand& command, const ProgramEnv& env, const Change& change) {
  const auto folder = DiskFileSystem::open(command.data);
  if (!folder) return fail(folder.error(), env);
  const auto lock = store::lock_database(database_in(command.data));
  if (!lock) {
    const ExitCode code = fail(lock.error(), env);
    return lock.error().code == ErrorCode::conflict ? ExitCode::locked : code;
  }
  SystemRandom random;
  auto keys = ServerKeys::open(**folder, random);
  if (!keys) return fail(keys.error(), env);
  const Result<void> changed = change(*keys, random);
  return changed ? ExitCode::done : fail(changed.error(), env);
}

}  // namespace

ExitCode run_new_root_key(const KeyCommand& command, const ProgramEnv& env) {
  SystemRandom random;
  const SigningKey key = SigningKey::make(random);
  if (const auto written = write_key_file(command.file, key); !written) {
    return fail(written.error(), env);
  }
  env.out << key.public_key().text() << "\n";
  return ExitCode::done;
}

ExitCode run_new_master_key(const KeyCommand& command, const ProgramEnv& env) {
  SystemRandom random;
  const auto written = write_master_key(command.file, random);
  return written ? ExitCode::done : fail(written.error(), env);
}

ExitCode run_trust_root_key(const KeyCommand& command, const ProgramEnv& env) {
  const auto root = PublicKey::parse(command.key);
  if (!root) {
    env.err << "titan-server: PUBLIC: " << root.error().text() << "\n";
    return ExitCode::usage;
  }
  return change_keys(command, env, [&](ServerKeys& keys, Random&) -> Result<void> {
    TITAN_TRY(keys.trust(*root));
    env.out << "the root key is " << keys.root_key().text() << "\n";
    return {};
  });
}

ExitCode run_rotate_key(const KeyCommand& command, const ProgramEnv& env) {
  return change_keys(command, env, [&](ServerKeys& keys, Random& random) -> Result<void> {
    if (command.file.empty()) {
      TITAN_TRY(keys.rotate(random));
    } else {
      TITAN_ASSIGN(const SigningKey root, read_key_file(command.file));
      TITAN_TRY(keys.replace(random, root));
    }
    env.out << "the server's key is " << keys.key().text() << "\n";
    return {};
  });
}

}  // namespace titan::server_lite
