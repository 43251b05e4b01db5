#pragma once

#include "server-lite/proposal.hpp"
#include "server-lite/request.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// The error of a refused change. With 409 it also says the revision that the entity is at, and the
// entities that use it, where that is what stands in the way.
Response refusal_response(const Refusal& refusal, const ProposedChange& change, store::Store& store,
                          const std::string& request_id);

// 202: it will be written, or refused, in its turn.
Response accepted_response(const std::string& id);

}  // namespace titan::server_lite
