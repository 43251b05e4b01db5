#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/signing.hpp"
#include "base/timestamp.hpp"
#include "model/entity.hpp"
#include "server-lite/identity/device_requests.hpp"
#include "server-lite/identity/registry.hpp"
#include "server-lite/proposal.hpp"

// Whether a device may become a host, and what is written then. Pure: no I/O, no clock.
namespace titan::server_lite {

enum class EnrollVerdict {
  allowed,
  bad_signature,  // the device does not hold the key that it names
  unknown,        // there is no enrollment of this secret, or it was used
  expired,
  revoked,  // the key is known, and opens nothing any more
  bound,    // the key is of another host
};
std::string_view name_of(EnrollVerdict verdict);  // "bad_signature"

// `enrollment`: of the request's secret; `bound`: to what its key is bound.
EnrollVerdict judge(const EnrollRequest& request, const PublicKey& server,
                    const std::optional<model::Entity>& enrollment,
                    const std::optional<Registry::Bound>& bound, Timestamp now);

// The enrollment is gone, the host is there, and so is its device: all or nothing. Its first change
// is the removal of exactly this enrollment.
Proposal enrolling_proposal(const model::Entity& enrollment, const PublicKey& device,
                            std::string request_id);

}  // namespace titan::server_lite
