#include "server-lite/identity/sessions.hpp"

#include <cstring>
#include <utility>

#include "base/base64.hpp"
#include "base/key_agreement.hpp"
#include "base/sealing.hpp"
#include "model/proofs.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

constexpr std::size_t kTimeBytes = 8;

std::string bound_to(const PublicKey& device, std::string_view ephemeral) {
  return signable("titan-challenge-1", {device.text(), ephemeral});
}

// What is in a challenge: the half of an agreement, and when it was made.
struct Opened {
  AgreementKey ephemeral;
  Clock::Monotonic made{};
};

std::optional<Opened> open(const Secret& key, const std::string& challenge,
                           const std::string& bound) {
  const auto sealed = parse_base64url(challenge);
  if (!sealed) return std::nullopt;
  const auto plain = decrypt(key, *sealed, bound);
  if (!plain || plain->size() != AgreementKey::kBytes + kTimeBytes) return std::nullopt;
  auto ephemeral = AgreementKey::from_bytes(plain->bytes().substr(0, AgreementKey::kBytes));
  if (!ephemeral) return std::nullopt;
  std::int64_t made = 0;
  std::memcpy(&made, plain->bytes().data() + AgreementKey::kBytes, kTimeBytes);
  return Opened{*std::move(ephemeral), Clock::Monotonic(made)};
}

bool counts_at(const std::optional<Opened>& opened, Clock::Monotonic now) {
  return opened && now >= opened->made && now - opened->made <= kChallengeLifetime;
}

}  // namespace

Challenges::Challenges(const PublicKey& server, const Clock& clock, Random& random)
    : server_(server),
      clock_(clock),
      random_(random),
      key_(Secret::random(random, kEncryptKeyBytes)) {}

Challenges::Challenge Challenges::make(const ChallengeRequest& request) const {
  const AgreementKey ephemeral = AgreementKey::make(random_);
  Secret plain = Secret::zeros(AgreementKey::kBytes + kTimeBytes);
  const Secret half = ephemeral.secret_bytes();
  const std::int64_t now = clock_.monotonic().count();
  std::memcpy(plain.buffer().data(), half.bytes().data(), AgreementKey::kBytes);
  std::memcpy(plain.buffer().data() + AgreementKey::kBytes, &now, kTimeBytes);
  return {.challenge = base64url(
              encrypt(key_, plain.bytes(), bound_to(request.key, request.ephemeral), random_)),
          .ephemeral = ephemeral.public_text()};
}

std::optional<Challenges::Agreed> Challenges::agree(const SessionRequest& request) const {
  auto opened = open(key_, request.challenge, bound_to(request.key, request.ephemeral));
  const bool counts = counts_at(opened, clock_.monotonic());
  // All of the work is done for a challenge that does not count, too.
  const AgreementKey ephemeral =
      opened ? std::move(opened->ephemeral) : AgreementKey::make(random_);
  const model::SessionProof proof{.server = server_,
                                  .device = request.key,
                                  .challenge = request.challenge,
                                  .device_ephemeral = request.ephemeral,
                                  .server_ephemeral = ephemeral.public_text(),
                                  .instance = request.instance};
  const bool is_signed = verifies(request.key, model::session_proof(proof), request.signature);
  const auto shared = ephemeral.agree(request.ephemeral);
  if (!shared || !counts || !is_signed) return std::nullopt;
  const std::string transcript = model::session_transcript(proof);
  return Agreed{
      .token =
          Secret::of(base64url(derive(*shared, model::kSessionTokenContext, transcript).bytes())),
      .mac_key = MacKey::of(derive(*shared, model::kSessionMacContext, transcript, MacKey::kBytes)),
      .challenged = opened->made};
}

std::optional<Clock::Monotonic> Challenges::check(const RotationRequest& request) const {
  const auto opened = open(key_, request.challenge, bound_to(request.key, request.ephemeral));
  const model::RotationProof proof{.server = server_,
                                   .device = request.key,
                                   .next = request.next,
                                   .challenge = request.challenge};
  const bool has_key = verifies(request.key, model::rotation_proof(proof), request.signature);
  const bool has_next =
      verifies(request.next, model::rotation_next_proof(proof), request.next_signature);
  if (!counts_at(opened, clock_.monotonic()) || !has_key || !has_next) return std::nullopt;
  return opened->made;
}

}  // namespace titan::server_lite
