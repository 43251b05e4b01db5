#pragma once

#include <optional>

#include "server-lite/proposal.hpp"
#include "server-lite/request.hpp"

namespace titan::server_lite {

// Reads what a request with a body of changes proposes, into a proposal of no changes yet: who
// asks, the flags `createWorkspace` and `allowMissing`, and the changes. The answer when it cannot
// be read, or when not all of it is allowed to who asks. Where it is, workspaces are made only if
// they all may be: else `create_workspace` becomes false.
std::optional<Response> read_proposal(const Request& request, Proposal& proposal);

}  // namespace titan::server_lite
