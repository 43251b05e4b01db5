#include "server-lite/proposal_request.hpp"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "server-lite/identity/permissions.hpp"
#include "server-lite/proposal_text.hpp"

namespace titan::server_lite {
namespace {

std::string_view workspace_of(const model::Key& key) {
  return key.kind == model::Kind::workspace ? key.name : key.workspace;
}

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

}  // namespace

std::optional<Response> read_proposal(const Request& request, Proposal& proposal) {
  proposal.id = request.id;
  proposal.actor = request.who->actor;
  proposal.is_batch = true;
  const auto read_flags = request.read_flags(
      {{"createWorkspace", &proposal.create_workspace}, {"allowMissing", &proposal.allow_missing}});
  if (!read_flags) return unreadable(read_flags.error(), request.id);
  const auto body = request.json();
  if (!body) return unreadable(body.error(), request.id);
  auto changes = parse_proposed_changes(*body, request.who->organization);
  if (!changes) return error_response(changes.error(), request.id);
  proposal.changes = *std::move(changes);
  return refuse_unless_allowed(proposal, request);
}

}  // namespace titan::server_lite
