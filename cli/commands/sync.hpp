#pragma once

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan sync template NAME`: the server looks at the template's repository now, and not only when
// its time comes.
struct SyncCommand {
  KindAndName what = {};
  ConnectionFlags connection = {};
};

Result<ExitCode> run(const SyncCommand& command, const Env& env);

}  // namespace titan::cli
