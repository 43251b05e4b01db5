#include "cli/run.hpp"

#include <ostream>
#include <variant>

#include "cli/arguments.hpp"

namespace titan::cli {
namespace {

ExitCode run_parsed(const Arguments& arguments, const Env& env) {
  if (!arguments.command) {
    env.out << arguments.help;
    return ExitCode::done;
  }
  const auto done =
      std::visit([&env](const auto& command) { return run(command, env); }, *arguments.command);
  return done ? *done : report(env, done.error());
}

}  // namespace

int run(const std::vector<std::string>& arguments, const Env& env) {
  const auto parsed = parse_arguments(arguments);
  return static_cast<int>(parsed ? run_parsed(*parsed, env) : report_usage(env, parsed.error()));
}

}  // namespace titan::cli
