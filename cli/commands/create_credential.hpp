#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "model/role.hpp"

// Makes what somebody proves to be somebody with: a secret that is printed once, alone on a line of
// standard output, and kept nowhere, since the server gets its digest. With -o json or yaml it is a
// field beside the entity.
namespace titan::cli {

// `titan create token NAME`.
struct CreateTokenCommand {
  std::string name = {};
  model::Role role = model::Role::viewer;
  std::string in_workspace = {};                  // where the role holds; empty: everywhere
  std::optional<std::chrono::seconds> life = {};  // none: for ever
  std::string description = {};
  ConnectionFlags connection = {};
  OutputFlags output = {};
};
Result<ExitCode> run(const CreateTokenCommand& command, const Env& env);

// `titan create enrollment [NAME]`: prints the enrollment string (model/enrollment_string.hpp). The
// server's key in it is the one that the server names over this connection.
struct CreateEnrollmentCommand {
  std::string name = {};  // empty: the host's, and some letters
  std::string host = {};
  std::optional<std::string> labels = {};  // k=v,…
  std::chrono::seconds life{};
  std::string server_url = {};  // as the device sees the server; empty: as this program does
  ConnectionFlags connection = {};
  OutputFlags output = {};
};
Result<ExitCode> run(const CreateEnrollmentCommand& command, const Env& env);

}  // namespace titan::cli
