#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// Where the values of a secret come from. A key stands in one of them, once.
struct SecretValueFlags {
  std::vector<std::string> literals = {};   // KEY=VALUE
  std::vector<std::string> files = {};      // KEY=PATH, to the last byte; - is standard input, once
  std::vector<std::string> generated = {};  // KEY or KEY=LENGTH: random letters and digits
};

// `titan create secret NAME` and `titan rotate secret NAME`. The values are sealed for the key that
// the server names over this connection, and are printed nowhere.
struct WriteSecretCommand {
  enum class Mode {
    create,  // conflict when the name is taken
    rotate,  // only keys that are there; the others keep their values
  };
  Mode mode = Mode::create;
  std::string name = {};
  SecretValueFlags values = {};
  std::optional<std::string> tags = {};  // k=v,…; create only
  ConnectionFlags connection = {};
  OutputFlags output = {};
};
Result<ExitCode> run(const WriteSecretCommand& command, const Env& env);

}  // namespace titan::cli
