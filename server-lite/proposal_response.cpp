#include "server-lite/proposal_response.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace titan::server_lite {

using nlohmann::json;

Response refusal_response(const Refusal& refusal, const ProposedChange& change, store::Store& store,
                          const std::string& request_id) {
  Response response = error_response(refusal.error, request_id);
  response.headers["Titan-Change"] = request_id;
  if (refusal.error.code != ErrorCode::conflict) return response;
  auto body = parse_json(response.body);
  if (!body) return response;
  if (const auto stored = store.get(change.key)) {
    (*body)["error"]["revision"] = stored->revision;
  }
  for (const model::Key& user : refusal.users) {
    (*body)["error"]["users"].push_back(user.subject());
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
