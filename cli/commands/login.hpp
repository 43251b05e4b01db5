#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan login`: takes a token, asks the server whose it is, and keeps it in a context: the named
// one, or the current one, or `default` when there is none. A context that does not exist is made,
// and becomes the current one. The token is read from --token-file, or from the terminal, or from
// standard input; never from an argument, which other users of the machine can see.
struct LoginCommand {
  std::string context = {};  // empty: the current one
  ConnectionFlags connection = {};
};
Result<ExitCode> run(const LoginCommand& command, const Env& env);

// `titan logout`: forgets the token of a context. The server goes on to take it until it is deleted
// or expires.
struct LogoutCommand {
  std::string context = {};  // empty: the current one
};
Result<ExitCode> run(const LogoutCommand& command, const Env& env);

}  // namespace titan::cli
