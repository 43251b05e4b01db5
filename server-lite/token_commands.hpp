#pragma once

#include <iosfwd>
#include <string>

#include "base/exit_code.hpp"
#include "base/file_system.hpp"
#include "base/program.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

// How somebody gets into a server for the first time: docs/security.md.
namespace titan::server_lite {

// The token that stands in the file `admin-token` of the data folder; it is made if there is no
// such file, with mode 0600, and printed. Errors: those of FileSystem.
Result<std::string> first_token(FileSystem& data, const std::string& folder, Random& random,
                                std::ostream& out);

struct TokenCommand {
  std::string data;  // the data folder
  std::string name;
  std::string role;
  std::string organization;  // its workspace `default` is made if absent
  std::string workspace;     // where the role holds; empty: in the whole organization
  std::string ttl;           // a duration; empty: for ever
  std::string description;
};
// Makes a token while no server runs, and prints it. conflict when the name is taken; locked while
// a server runs in the data folder.
ExitCode run_create_token(const TokenCommand& command, const ProgramEnv& env);

}  // namespace titan::server_lite
