#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "server-lite/proposal.hpp"

namespace titan::server_lite {

// Reads an entity that somebody wants written: what the path of the request says (the kind, and the
// workspace and name where `key` has them) is filled in or must agree, and it is of the
// organization of `key`; what only the server writes is ignored, but for `delete`, which makes it a
// removal. invalid: the field says where.
Result<ProposedChange> parse_proposed_entity(nlohmann::json body, const model::Key& key,
                                             ProposedChange::Operation operation);

// Reads the body of POST /v1/changes. invalid: the field begins with "changes[2].", or says what
// is wrong with the whole. `at`: the change that is to blame.
Result<std::vector<ProposedChange>> parse_proposed_changes(const nlohmann::json& body,
                                                           const std::string& organization);

// {"outcome", "entity"}
nlohmann::json json_of(const Written& written);

}  // namespace titan::server_lite
