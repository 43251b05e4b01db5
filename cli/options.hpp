#pragma once

#include "cli/commands/report_stage.hpp"
#include "cli/commands/write_secret.hpp"
#include "cli/entity_flags.hpp"
#include "cli/list_flags.hpp"
#include "cli/session.hpp"
#include "model/kind.hpp"

namespace CLI {
class App;
}

// Options that verbs offer, in groups. What they are given is written to the flags, which must live
// until the command line was read.
namespace titan::cli {

// Where the server is, and who asks; of verbs that need one also in which workspace.
void add_connection_options(CLI::App& verb, bool with_workspace, ConnectionFlags& connection);
// Those of the spec of a kind.
void add_spec_options(CLI::App& verb, model::Kind kind, EntityFlags& entity);
// What picks entities of a list.
void add_filter_options(CLI::App& verb, ListFlags& list);
// Where the values of a secret come from.
void add_value_options(CLI::App& verb, SecretValueFlags& secret);
// What a report of a stage says, besides its name and the deployment.
void add_stage_options(CLI::App& verb, StageFlags& stage);

}  // namespace titan::cli
