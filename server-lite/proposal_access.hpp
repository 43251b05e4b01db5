#pragma once

#include <optional>

#include "server-lite/proposal.hpp"
#include "server-lite/request.hpp"

namespace titan::server_lite {

// The answer when not all of the proposal is allowed to who asks. Where it is, workspaces are made
// only if they all may be: else `create_workspace` becomes false.
std::optional<Response> refuse_unless_allowed(Proposal& proposal, const Request& request);

}  // namespace titan::server_lite
