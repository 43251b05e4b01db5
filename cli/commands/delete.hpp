#pragma once

#include <chrono>
#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/limits.hpp"
#include "cli/session.hpp"

namespace titan::cli {

// How `titan delete` goes about it, whatever it deletes.
struct DeleteFlags {
  bool force = false;             // do not wait for a deployment's hosts
  bool ignore_not_found = false;  // what does not exist is deleted already
  bool wait = false;              // until it is gone
  std::chrono::seconds timeout = kWaitTimeout;
};

// `titan delete KIND NAME`.
struct DeleteCommand {
  KindAndName what = {};
  DeleteFlags flags = {};
  ConnectionFlags connection = {};
};
Result<ExitCode> run(const DeleteCommand& command, const Env& env);

// `titan delete -f PATH`: all that the documents name, those that refer to others first, each when
// the one before is gone, if that is waited for. A failure holds back no other document.
struct DeleteFilesCommand {
  std::string path = {};
  DeleteFlags flags = {};
  ConnectionFlags connection = {};
};
Result<ExitCode> run(const DeleteFilesCommand& command, const Env& env);

}  // namespace titan::cli
