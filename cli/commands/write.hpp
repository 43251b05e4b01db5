#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "cli/entity_flags.hpp"
#include "cli/env.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "model/kind.hpp"

namespace titan::cli {

// `titan create KIND NAME [flags]` and `titan apply KIND NAME [flags]`: one entity from flags.
// A workspace that does not exist yet is created with it.
struct WriteCommand {
  enum class Mode {
    create,  // conflict when the name is taken
    apply,   // creates or replaces
  };
  Mode mode = Mode::create;
  model::Kind kind = model::Kind::workspace;
  std::string name = {};
  EntityFlags entity = {};
  bool allow_missing = false;
  ConnectionFlags connection = {};
  OutputFlags output = {};
};

Result<ExitCode> run(const WriteCommand& command, const Env& env);

// Makes the draft ready, then writes it.
Result<client::WriteResult> write(Draft& draft, WriteCommand::Mode mode, bool allow_missing,
                                  client::Client& client, const Env& env);
// "created", "configured" or "unchanged".
std::string_view applied_word(client::WriteOutcome outcome);

}  // namespace titan::cli
