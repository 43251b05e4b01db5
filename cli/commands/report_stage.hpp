#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// What `titan report stage` says of a stage.
struct StageFlags {
  std::string name = {};
  std::optional<std::uint64_t> version = {};  // none, and not `current`: the next one
  bool current = false;
  std::optional<std::string> time = {};  // see moment.hpp; none: now, by the server's clock
  std::string outcome = "succeeded";
  std::string revision = {};
  std::string url = {};
};

// `titan report stage STAGE deployment/NAME`: notes what happened to a version of a deployment.
// REQUIRES: `what` is a deployment.
struct ReportStageCommand {
  KindAndName what = {};
  StageFlags stage = {};
  ConnectionFlags connection = {};
  OutputFlags output = {};
};

Result<ExitCode> run(const ReportStageCommand& command, const Env& env);

}  // namespace titan::cli
