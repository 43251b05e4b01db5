#include "server-lite/identity/enrolling.hpp"

#include <array>
#include <utility>

#include "base/digest.hpp"
#include "model/proofs.hpp"
#include "server-lite/actors.hpp"

namespace titan::server_lite {

std::string_view name_of(EnrollVerdict verdict) {
  // In the order of enum EnrollVerdict.
  constexpr std::array<std::string_view, 6> kNames = {"allowed", "bad_signature", "unknown",
                                                      "expired", "revoked",       "bound"};
  return kNames[static_cast<std::size_t>(verdict)];
}

EnrollVerdict judge(const EnrollRequest& request, const PublicKey& server,
                    const std::optional<model::Entity>& enrollment,
                    const std::optional<Registry::Bound>& bound, Timestamp now) {
  // First, and always: it takes longest, and then the rest tells nothing by its time.
  const Digest secret = Digest::of(request.secret.bytes());
  const std::string proof = model::enroll_proof(server, secret, request.key, request.nonce);
  if (!verifies(request.key, proof, request.signature)) return EnrollVerdict::bad_signature;
  if (!enrollment) return EnrollVerdict::unknown;
  const auto& spec = std::get<model::EnrollmentSpec>(enrollment->spec);
  if (now >= spec.expires) return EnrollVerdict::expired;
  if (bound && bound->revoked) return EnrollVerdict::revoked;
  const bool is_its_own = bound && bound->device.organization == enrollment->organization &&
                          bound->device.name == spec.host;
  return bound && !is_its_own ? EnrollVerdict::bound : EnrollVerdict::allowed;
}

Proposal enrolling_proposal(const model::Entity& enrollment, const PublicKey& device,
                            std::string request_id) {
  const auto& spec = std::get<model::EnrollmentSpec>(enrollment.spec);
  const auto entity_of = [&](model::Spec its_spec) {
    return model::Entity{
        .name = spec.host, .organization = enrollment.organization, .spec = std::move(its_spec)};
  };
  using Operation = ProposedChange::Operation;
  Proposal proposal{.id = std::move(request_id),
                    .actor = std::string(kEnrollmentActor) + enrollment.name};
  proposal.changes.push_back({.operation = Operation::remove,
                              .key = enrollment.key(),
                              .if_revision = enrollment.revision,
                              .if_id = enrollment.id});
  model::Entity host = entity_of(model::HostSpec{.labels = spec.labels});
  proposal.changes.push_back({.key = host.key(), .entity = std::move(host), .if_absent = true});
  model::Entity bound = entity_of(model::DeviceSpec{.public_key = device.text()});
  proposal.changes.push_back({.key = bound.key(), .entity = std::move(bound)});
  return proposal;
}

}  // namespace titan::server_lite
