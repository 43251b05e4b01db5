#pragma once

#include <string>

#include "base/exit_code.hpp"
#include "cli/env.hpp"
#include "cli/kind_word.hpp"
#include "cli/session.hpp"

// An author's word for what hosts run: docs/spec/identity.md, "What authors sign".
namespace titan::cli {

// `titan key new FILE`: makes a key, and prints its public half.
struct NewKeyCommand {
  std::string file = {};
};
Result<ExitCode> run(const NewKeyCommand& command, const Env& env);

// `titan sign deployment/NAME --key FILE`, or `host/NAME`: shows what the server says that it is,
// asks whether that is right, and puts the signature beside it. Signatures by others stay when they
// are of the same. conflict when it was changed in between, or when a signature is there whose
// serial is of the future.
struct SignCommand {
  KindAndName what = {};  // REQUIRES: a deployment or a host
  std::string key_file = {};
  bool yes = false;  // nobody is asked
  ConnectionFlags connection = {};
};
Result<ExitCode> run(const SignCommand& command, const Env& env);

}  // namespace titan::cli
