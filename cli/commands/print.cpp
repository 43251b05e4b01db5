#include "cli/commands/print.hpp"

#include <ostream>

namespace titan::cli {

Result<ExitCode> run(const PrintCommand& command, const Env& env) {
  env.out << command.text;
  return ExitCode::done;
}

}  // namespace titan::cli
