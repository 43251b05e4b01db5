#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "base/log.hpp"

namespace titan::server_lite {

// What titan-server takes from its surroundings; borrowed.
struct AppEnv {
  std::ostream& out;  // help and version
  std::ostream& err;  // the log, and what is wrong with the arguments
  Log::Format log_format = Log::Format::json;
  std::function<std::optional<std::string>(const std::string&)> variable;  // of the environment
};

// titan-server, from its arguments (without the program's name) to its exit code: opens the store
// in --data, listens on --listen, logs "listening" with the address, and serves until SIGTERM or
// SIGINT, which it blocks for all threads started from here on.
ExitCode run(const std::vector<std::string>& arguments, const AppEnv& env);

}  // namespace titan::server_lite
