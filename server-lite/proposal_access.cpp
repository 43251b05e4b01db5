#include "server-lite/proposal_access.hpp"

#include <string_view>

#include "server-lite/identity/permissions.hpp"

namespace titan::server_lite {
namespace {

std::string_view workspace_of(const model::Key& key) {
  return key.kind == model::Kind::workspace ? key.name : key.workspace;
}

}  // namespace

std::optional<Response> refuse_unless_allowed(Proposal& proposal, const Request& request) {
  for (const ProposedChange& change : proposal.changes) {
    const Access access{area_of(change.key.kind), Act::write};
    const std::string_view workspace = workspace_of(change.key);
    if (decide(*request.who, access, workspace) != Verdict::allowed) {
      return refused_response(*request.who, access, workspace, request.id);
    }
    if (!change.key.workspace.empty() &&
        decide(*request.who, {Area::workspaces, Act::write}, workspace) != Verdict::allowed) {
      proposal.create_workspace = false;
    }
  }
  return std::nullopt;
}

}  // namespace titan::server_lite
