#include "cli/commands/version.hpp"

#include <ostream>

namespace titan::cli {

Result<ExitCode> run(const VersionCommand&, const Env& env) {
  env.out << "titan " TITAN_VERSION "\n";
  return ExitCode::done;
}

}  // namespace titan::cli
