#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/configuration.hpp"
#include "agent/enroll_command.hpp"
#include "agent/trust_command.hpp"
#include "base/exit_code.hpp"
#include "base/program.hpp"

namespace titan::agent {

// What titan-agent can do; its name on the command line is the same, with "-" for "_".
enum class Command { once, run, enroll, rotate_key, trust_author, status, doctor, retry, git_key };

// What titan-agent was told to do. A plain value.
struct Arguments {
  Command command = Command::once;
  ConfigurationSources sources = {};
  Configuration configuration = {};  // of them
  std::string output = "text";       // of status: text, json or name; of doctor: text or json
  std::string deployment = {};       // of retry: NAME or WORKSPACE/NAME
  std::string enrollment = {};       // "-", "@FILE", or the string
  bool lobby = false;
  EnrollOptions enroll = {};
  TrustAuthorOptions trust_author = {};
};

// Reads the command line, and the configuration that goes with it. The exit code when the program
// is to end at once: done after --help and --version, usage after an error, which was said on
// env.err, as was an error of the configuration.
std::variant<Arguments, ExitCode> read_arguments(std::vector<std::string> arguments,
                                                 const ProgramEnv& env);

}  // namespace titan::agent
