#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace titan::cli {

// The verb, or the kind under it, that a parsed command line has chosen: `app` itself, if none.
const CLI::App& chosen_verb(const CLI::App& app);

// Why `app` could not be parsed: an unknown verb, kind or flag with the closest known one, or what
// is missing; and where help is found.
std::string explain(const CLI::App& app, const CLI::ParseError& error);

}  // namespace titan::cli
