#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan login`: gets a token, and keeps it in a context: the named one, or the current one, or
// `default` when there is none. A context that does not exist is made, and becomes the current one.
//
// With --token-file the token is in that file, or, when that is "-", on the terminal or on standard
// input; never in an argument, which other users of the machine can see. Without the flag, a person
// logs in at the server's identity provider (client::DeviceLogin): the code and the URL are shown
// on the error stream, and the ID token goes to the server and is not kept. Where the server has no
// provider, it is as with "-".
struct LoginCommand {
  std::string context = {};       // empty: the current one
  std::string organization = {};  // of a login at a provider; empty: the server chooses
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
