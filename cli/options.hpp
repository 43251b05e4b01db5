#pragma once

#include "cli/entity_flags.hpp"
#include "model/kind.hpp"

namespace CLI {
class App;
}

// Options that verbs offer, in groups. What they are given is written to the flags, which must live
// until the command line was read.
namespace titan::cli {

// Those of the spec of a kind.
void add_spec_options(CLI::App& verb, model::Kind kind, EntityFlags& entity);

}  // namespace titan::cli
