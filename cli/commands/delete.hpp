#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// How `titan delete` goes about it, whatever it deletes.
struct DeleteFlags {
  bool force = false;             // do not wait for a deployment's hosts
  bool ignore_not_found = false;  // what does not exist is deleted already
};

// `titan delete KIND NAME`.
struct DeleteCommand {
  KindAndName what = {};
  DeleteFlags flags = {};
  ConnectionFlags connection = {};
};
Result<ExitCode> run(const DeleteCommand& command, const Env& env);

// `titan delete -f PATH`: all that the documents name, those that refer to others first. Like
// `apply -f`, a failure holds back no other document.
struct DeleteFilesCommand {
  std::string path = {};
  DeleteFlags flags = {};
  ConnectionFlags connection = {};
};
Result<ExitCode> run(const DeleteFilesCommand& command, const Env& env);

}  // namespace titan::cli
