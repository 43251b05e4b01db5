#pragma once

#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "base/program.hpp"

namespace titan::server_lite {

// titan-server, from its arguments (without the program's name) to its exit code. With a subcommand
// it looks after the store's file (store_commands.hpp). Without one it opens the store in --data,
// listens on --listen, logs "listening" with the address, and serves until SIGTERM or SIGINT, which
// it blocks for all threads started from here on.
ExitCode run(const std::vector<std::string>& arguments, const ProgramEnv& env);

}  // namespace titan::server_lite
