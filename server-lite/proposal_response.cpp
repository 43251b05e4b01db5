#include "server-lite/proposal_response.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "server-lite/admission.hpp"

namespace titan::server_lite {

using nlohmann::json;

Response refusal_response(const Refusal& refusal, const ProposedChange& change,
                          const RefusalFacts& facts, const std::string& request_id) {
  Response response = error_response(refusal.error, request_id);
  response.headers["Titan-Change"] = request_id;
  if (refusal.error.code != ErrorCode::conflict) return response;
  auto body = parse_json(response.body);
  if (!body) return response;
  if (const auto stored = facts.store.get(change.key)) {
    (*body)["error"]["revision"] = stored->revision;
  }
  if (change.operation == ProposedChange::Operation::remove) {
    json users = json::array();
    for (const model::Key& user :
         facts.state.read([&](const FleetView& view) { return users_of(view, change.key); })) {
      users.push_back(user.subject());
    }
    if (!users.empty()) (*body)["error"]["users"] = std::move(users);
  }
  response.body = canonical_json(*body) + "\n";
  return response;
}

Response accepted_response(const std::string& id) {
  Response response = json_response(202, {{"id", id}, {"state", "ACCEPTED"}});
  response.headers["Titan-Change"] = id;
  return response;
}

}  // namespace titan::server_lite
