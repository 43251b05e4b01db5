#pragma once

#include <optional>
#include <string>

#include "base/exit_code.hpp"
#include "base/result.hpp"
#include "cli/env.hpp"

// `titan config …`: see config_file.hpp for what is kept, and where.
namespace titan::cli {

// Prints the name of the current context; not_found when there is none.
struct CurrentContextCommand {};
Result<ExitCode> run(const CurrentContextCommand& command, const Env& env);

// A table of all contexts, the current one with a star.
struct GetContextsCommand {
  bool headers = true;
};
Result<ExitCode> run(const GetContextsCommand& command, const Env& env);

struct UseContextCommand {
  std::string name = {};
};
Result<ExitCode> run(const UseContextCommand& command, const Env& env);

// Adds a context, or changes what is given of one. The first context becomes the current one.
struct SetContextCommand {
  std::string name = {};
  std::optional<std::string> server = {};      // needed for a new one
  std::optional<std::string> ca_file = {};     // an absolute path, or empty: none any longer
  std::optional<std::string> token_file = {};  // an absolute path, or empty: no token any longer
  std::optional<std::string> workspace = {};
};
Result<ExitCode> run(const SetContextCommand& command, const Env& env);

}  // namespace titan::cli
