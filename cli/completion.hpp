#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace CLI {
class App;
}

namespace titan::cli {

// A script by which a shell completes command lines of titan: verbs, kinds and flags, as they stand
// in `app`, the tree of all verbs. It asks no server, and starts nothing.
// invalid: the shell is none of bash, zsh and fish.
Result<std::string> completion_script(const CLI::App& app, std::string_view shell);

}  // namespace titan::cli
