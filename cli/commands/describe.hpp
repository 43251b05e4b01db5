#pragma once

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan describe KIND NAME`: all that is known of one entity, for a person.
struct DescribeCommand {
  KindAndName what = {};
  ConnectionFlags connection = {};
};

Result<ExitCode> run(const DescribeCommand& command, const Env& env);

}  // namespace titan::cli
