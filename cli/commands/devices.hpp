#pragma once

#include <optional>
#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

// Which devices are hosts, and which tokens count.
namespace titan::cli {

// `titan get lobby`: the devices that wait to be approved.
struct GetLobbyCommand {
  ConnectionFlags connection = {};
  OutputFlags output = {};
};
Result<ExitCode> run(const GetLobbyCommand& command, const Env& env);

// `titan approve ID --host NAME`: the device that waits under the id becomes the host, which is
// made with the labels if it does not exist. conflict when the host has a device that is not
// revoked, or exists already and labels are given.
struct ApproveCommand {
  std::string id = {};
  std::string host = {};
  std::optional<std::string> labels = {};  // k=v,…
  ConnectionFlags connection = {};
};
Result<ExitCode> run(const ApproveCommand& command, const Env& env);

// `titan revoke host NAME`: the key of its device opens nothing any more. `titan revoke token NAME`
// deletes the token.
struct RevokeCommand {
  KindAndName what = {};  // REQUIRES: a host, a device or a token
  ConnectionFlags connection = {};
};
Result<ExitCode> run(const RevokeCommand& command, const Env& env);

}  // namespace titan::cli
