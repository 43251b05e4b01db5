#pragma once

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan edit KIND NAME`: opens what a person may write of the entity in $VISUAL, $EDITOR or vi,
// and applies it when the editor ends, if the entity is still the one that was opened. The editor
// is an argument vector, split at spaces; no shell reads it. What the server or the reader of the
// document refuses is opened again, with the error as a comment on top, until it is accepted or
// left as it is. When something else fails, the edited file is kept, and its path said.
struct EditCommand {
  KindAndName what = {};
  bool allow_missing = false;
  ConnectionFlags connection = {};
};

Result<ExitCode> run(const EditCommand& command, const Env& env);

}  // namespace titan::cli
