#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "base/program.hpp"

// The subcommands of titan-server that keep the store's file: docs/spec/keeping.md. Each says what
// it did on `env.out`, what went wrong on `env.err`, and gives the program's exit code. On a
// terminal it says what it is doing, too.
namespace titan::server_lite {

// The store's file in a data folder.
std::string database_in(const std::string& data);

struct StoreCommand {
  std::string data;  // the data folder
  std::string file;  // the backup
  bool force = false;
};

ExitCode run_backup(const StoreCommand& command, const ProgramEnv& env);
// locked while a server runs in the data folder.
ExitCode run_restore(const StoreCommand& command, const ProgramEnv& env);
// failed when it finds something.
ExitCode run_check(const StoreCommand& command, const ProgramEnv& env);

}  // namespace titan::server_lite
