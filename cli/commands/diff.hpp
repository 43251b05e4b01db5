#pragma once

#include <optional>
#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// `titan diff [KIND NAME] -f PATH`: what `titan apply -f PATH` would change, as a unified diff of
// spec and tags per entity, and what that would do on hosts: the differences of their files, and
// what restarts. For the latter, files of templates from a directory are uploaded; nothing else is
// written. ExitCode::done when it would change nothing, failed (1) when it would, and a greater one
// after an error, as diff does: usage (2) in place of failed. Who may not write the entities is
// shown the entities alone.
struct DiffCommand {
  std::string path = {};                 // a file, a folder or "-"
  std::optional<KindAndName> only = {};  // of the documents, the one of this entity
  bool entities_alone = false;           // not what happens on hosts
  bool all_hosts = false;                // by name
  bool allow_missing = false;
  bool no_colour = false;
  ConnectionFlags connection = {};
  OutputFlags output = {};  // table, json or yaml
};

Result<ExitCode> run(const DiffCommand& command, const Env& env);

}  // namespace titan::cli
