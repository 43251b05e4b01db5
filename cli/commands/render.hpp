#pragma once

#include <optional>
#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan render deployment/prod --host tim-pi` and `titan render host/tim-pi`: the files that a
// host gets, now or at an earlier moment, byte for byte; in the place of secrets' values stand
// their digests. Each file below its path; a single one that was asked for alone; or written below
// a folder, those of a host below <workspace>/<deployment>/. ExitCode::failed when a deployment
// cannot be rendered: its error is reported, and the others are shown.
struct RenderCommand {
  KindAndName what = {};  // a deployment or a host
  std::string host = {};  // of a deployment
  std::string at = {};    // a bookmark, a time, or how long ago; empty: now
  std::string file = {};  // this path alone; empty: all
  std::optional<std::string> output_folder = {};
  ConnectionFlags connection = {};
  OutputFlags output = {};  // table, json or yaml
};

Result<ExitCode> run(const RenderCommand& command, const Env& env);

}  // namespace titan::cli
