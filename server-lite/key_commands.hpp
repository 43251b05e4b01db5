#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "base/program.hpp"

// The subcommands of titan-server that look after its keys: docs/spec/identity.md. Each says what
// it did on `env.out`, what went wrong on `env.err`, and gives the program's exit code. Those that
// have a data folder end with `locked` while a server runs in it.
namespace titan::server_lite {

struct KeyCommand {
  std::string data;  // the data folder
  std::string file;  // of the secret root key, or of the master key; empty: none
  std::string key;   // a public key
};

// A new root key: the secret half into the file (mode 0600), the public half on `env.out`.
// conflict: the file exists.
ExitCode run_new_root_key(const KeyCommand& command, const ProgramEnv& env);
// A new master key, into the file (mode 0600). conflict: the file exists.
ExitCode run_new_master_key(const KeyCommand& command, const ProgramEnv& env);
// The server takes the public root key, and states so to its hosts. conflict: it has another one.
ExitCode run_trust_root_key(const KeyCommand& command, const ProgramEnv& env);
// A new key for the server, stated by the one before; or, with a file, by the root key, when the
// one before was stolen.
ExitCode run_rotate_key(const KeyCommand& command, const ProgramEnv& env);

}  // namespace titan::server_lite
