#include "server-lite/identity/device_service.hpp"

#include <array>
#include <utility>

#include "model/proofs.hpp"
#include "server-lite/actors.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;

constexpr const char* kNoEnrollment =
    "this enrollment does not count: its secret is unknown, was used or has expired, or the "
    "request was not signed by the device; ask for a new enrollment";
constexpr const char* kNoLobby = "the request was not signed by the device, or its key is revoked";
constexpr const char* kNoSession =
    "no session: the key is unknown or revoked, or the challenge was not signed by the device in "
    "time";

constexpr const char* kNoRotation =
    "the key stays as it is: it is unknown, revoked or held by two devices, or the challenge was "
    "not signed in time by both keys";

// Reasons.
constexpr const char* kUnknownKey = "unknown_key";
constexpr const char* kCloned = "cloned";
constexpr const char* kOldChallenge = "old_challenge";
constexpr const char* kRevoked = "revoked";
constexpr const char* kBadSignature = "bad_signature";
constexpr const char* kBadProof = "bad_proof";

std::string_view word_of(Registry::NoSession why) {
  // In the order of enum NoSession.
  constexpr std::array<std::string_view, 4> kWords = {"unknown_key", "revoked", "cloned",
                                                      "old_challenge"};
  return kWords[static_cast<std::size_t>(why)];
}

Metrics::Family gauge(const char* name, const char* help, std::size_t value) {
  return {.name = name, .help = help, .samples = {{{}, static_cast<double>(value)}}};
}

// What is counted. Each series is there from the start: who asks how much one has grown needs its
// beginning.
struct Counted {
  const char* name;
  const char* help;
};
constexpr Counted kEnrolled{"titan_enrollments_total", "Devices that became hosts by a secret."};
constexpr Counted kEnrollmentsRefused{"titan_enrollments_refused_total",
                                      "Enrollments that were refused."};
constexpr Counted kLobbyRefused{"titan_lobby_refused_total",
                                "Visits to the lobby that were refused."};
constexpr Counted kSessionsOpened{"titan_sessions_opened_total", "Sessions that devices opened."};
constexpr Counted kSessionsRefused{"titan_sessions_refused_total", "Sessions that were refused."};
constexpr Counted kRotated{"titan_key_rotations_total", "Devices that changed their key."};
constexpr Counted kRotationsRefused{"titan_key_rotations_refused_total",
                                    "Changes of a device's key that were refused."};
constexpr Counted kClonesSeen{"titan_clones_seen_total",
                              "How often two devices were seen to hold one key."};

Counter& counter(Metrics& metrics, const Counted& counted, std::string_view reason = {}) {
  if (reason.empty()) return metrics.counter(counted.name, counted.help);
  return metrics.counter(counted.name, counted.help, {{"reason", std::string(reason)}});
}

void make_counters(Metrics& metrics) {
  for (const Counted& counted : {kEnrolled, kSessionsOpened, kRotated, kClonesSeen}) {
    counter(metrics, counted);
  }
  using Verdict = EnrollVerdict;
  for (const Verdict verdict : {Verdict::bad_signature, Verdict::unknown, Verdict::expired,
                                Verdict::revoked, Verdict::bound}) {
    counter(metrics, kEnrollmentsRefused, name_of(verdict));
  }
  for (const char* reason : {kRevoked, kBadSignature}) counter(metrics, kLobbyRefused, reason);
  using No = Registry::NoSession;
  for (const No why : {No::unknown_key, No::revoked, No::cloned, No::old_challenge}) {
    counter(metrics, kSessionsRefused, word_of(why));
  }
  counter(metrics, kSessionsRefused, kBadProof);
  for (const char* reason : {kBadProof, kUnknownKey, kRevoked, kCloned, kOldChallenge}) {
    counter(metrics, kRotationsRefused, reason);
  }
}

}  // namespace

DeviceService::DeviceService(const Parts& parts, std::string epoch)
    : parts_(parts),
      epoch_(std::move(epoch)),
      challenges_(parts.keys.key(), parts.clock, parts.random),
      failures_(parts.clock),
      lobby_(parts.clock) {
  make_counters(parts_.metrics);
  parts_.metrics.add_source([this]() -> std::vector<Metrics::Family> {
    return {gauge("titan_sessions", "Sessions of devices.", parts_.registry.sessions()),
            gauge("titan_lobby_devices", "Devices that wait to be approved.", lobby_.size())};
  });
}

model::ServerIdentity DeviceService::identity() const {
  return {.key = parts_.keys.key(),
          .root_key = parts_.keys.root_key(),
          .epoch = epoch_,
          .statements = parts_.keys.statements()};
}

// ---- enrollment --------------------------------------------------------------------------------

Error DeviceService::refuse_enrollment(EnrollVerdict verdict, const EnrollRequest& request,
                                       const std::optional<model::Entity>& enrollment,
                                       std::string_view address) {
  counter(parts_.metrics, kEnrollmentsRefused, name_of(verdict)).add();
  parts_.log.warning("an enrollment was refused",
                     {{"reason", name_of(verdict)},
                      {"enrollment", enrollment ? enrollment->name : std::string()},
                      {"key", request.key.text()},
                      {"address", address}});
  if (verdict == EnrollVerdict::bound) {
    return conflict(
        "the device's key is of a host already; delete that host's device, or let the "
        "device make a new key");
  }
  failures_.note_failure(address);
  return denied(kNoEnrollment);
}

Result<DeviceService::Place> DeviceService::enroll(const EnrollRequest& request,
                                                   std::string_view address,
                                                   const std::string& request_id) {
  const auto enrollment = parts_.registry.enrollment_of(Digest::of(request.secret.bytes()));
  const EnrollVerdict verdict = judge(request, parts_.keys.key(), enrollment,
                                      parts_.registry.bound_to(request.key), parts_.clock.wall());
  if (verdict != EnrollVerdict::allowed) {
    return refuse_enrollment(verdict, request, enrollment, address);
  }
  const auto committed =
      parts_.writer.propose(enrolling_proposal(*enrollment, request.key, request_id));
  if (!committed) {
    const Refusal& refusal = committed.error();
    const bool overtaken =
        refusal.error.code == ErrorCode::conflict || refusal.error.code == ErrorCode::not_found;
    if (!overtaken) return refusal.error;
    // Another device was quicker with the secret, or another host with the key.
    return refuse_enrollment(refusal.change == 0 ? EnrollVerdict::unknown : EnrollVerdict::bound,
                             request, enrollment, address);
  }
  lobby_.leave(request.key);
  const auto& spec = std::get<model::EnrollmentSpec>(enrollment->spec);
  counter(parts_.metrics, kEnrolled).add();
  parts_.log.info("a device was enrolled", {{"host", spec.host},
                                            {"organization", enrollment->organization},
                                            {"enrollment", enrollment->name},
                                            {"key", request.key.text()},
                                            {"address", address}});
  return Place{.organization = enrollment->organization, .host = spec.host};
}

// ---- the lobby ---------------------------------------------------------------------------------

Result<std::variant<DeviceService::InLobby, DeviceService::Place>> DeviceService::visit_lobby(
    const LobbyRequest& request, std::string_view address) {
  const std::string proof = model::lobby_proof({.server = parts_.keys.key(),
                                                .device = request.key,
                                                .organization = request.organization,
                                                .name = request.name,
                                                .nonce = request.nonce});
  const bool is_signed = verifies(request.key, proof, request.signature);
  const auto bound = parts_.registry.bound_to(request.key);
  if (!is_signed || (bound && bound->revoked)) {
    const char* const why = is_signed ? kRevoked : kBadSignature;
    counter(parts_.metrics, kLobbyRefused, why).add();
    parts_.log.warning("a device was refused in the lobby",
                       {{"reason", why}, {"key", request.key.text()}, {"address", address}});
    failures_.note_failure(address);
    return denied(kNoLobby);
  }
  if (bound) {
    lobby_.leave(request.key);
    return Place{.organization = bound->device.organization, .host = bound->device.name};
  }
  TITAN_TRY(lobby_.enter(request, address));
  return InLobby{.id = short_id_of(request.key)};
}

std::vector<Lobby::Waiting> DeviceService::lobby(std::string_view organization) {
  auto all = lobby_.waiting_in(organization);
  std::erase_if(all, [&](const Lobby::Waiting& one) {
    return parts_.registry.bound_to(one.key).has_value();
  });
  return all;
}

// ---- sessions ----------------------------------------------------------------------------------

Error DeviceService::refuse_session(std::string_view why, const SessionRequest& request,
                                    std::string_view address) {
  counter(parts_.metrics, kSessionsRefused, why).add();
  parts_.log.warning("a session was refused",
                     {{"reason", why}, {"key", request.key.text()}, {"address", address}});
  failures_.note_failure(address);
  return denied(kNoSession);
}

Result<Registry::Known> DeviceService::open_session(const SessionRequest& request,
                                                    std::string_view address,
                                                    const std::string& request_id) {
  auto agreed = challenges_.agree(request);
  if (!agreed) return refuse_session(kBadProof, request, address);
  auto opened = parts_.registry.open_session({.key = request.key,
                                              .instance = request.instance,
                                              .address = std::string(address),
                                              .challenged = agreed->challenged,
                                              .token = std::move(agreed->token),
                                              .mac_key = std::move(agreed->mac_key)});
  const auto& clone = opened ? opened->clone : opened.error().clone;
  if (clone) note(*clone, request_id);
  if (!opened) return refuse_session(word_of(opened.error().why), request, address);
  counter(parts_.metrics, kSessionsOpened).add();
  return std::move(opened->who);
}

// ---- new keys ----------------------------------------------------------------------------------

Error DeviceService::refuse_rotation(std::string_view why, const RotationRequest& request,
                                     std::string_view address) {
  counter(parts_.metrics, kRotationsRefused, why).add();
  parts_.log.warning("a device's new key was refused",
                     {{"reason", why}, {"key", request.key.text()}, {"address", address}});
  failures_.note_failure(address);
  return denied(kNoRotation);
}

Result<DeviceService::Place> DeviceService::rotate(const RotationRequest& request,
                                                   std::string_view address,
                                                   const std::string& request_id) {
  const auto challenged = challenges_.check(request);
  if (!challenged) return refuse_rotation(kBadProof, request, address);
  const auto bound = parts_.registry.bound_to(request.key);
  if (!bound) return refuse_rotation(kUnknownKey, request, address);
  if (bound->revoked) return refuse_rotation(kRevoked, request, address);
  // Which of the two is the host is for a person to say.
  if (bound->cloned) return refuse_rotation(kCloned, request, address);
  // A device that came back to a key it had before could be led away from it again.
  if (*challenged < bound->since) return refuse_rotation(kOldChallenge, request, address);

  const auto wait = bound->rate ? bound->rate->take(parts_.clock.monotonic())
                                : std::optional<std::chrono::seconds>();
  if (wait) {
    return unavailable("the device asks too often; try again in " + std::to_string(wait->count()) +
                       " seconds");
  }

  TITAN_ASSIGN(model::Entity device, parts_.store.get(bound->device));
  auto& spec = std::get<model::DeviceSpec>(device.spec);
  const bool is_as_known = spec.public_key == request.key.text() && !spec.revoked &&
                           device.status != model::Status::error;
  if (!is_as_known) return refuse_rotation(kUnknownKey, request, address);
  spec.public_key = request.next.text();
  Proposal proposal{.id = request_id, .actor = std::string(kHostActor) + device.name};
  proposal.changes.push_back({.operation = ProposedChange::Operation::update,
                              .key = device.key(),
                              .entity = device,
                              .if_revision = device.revision,
                              .if_id = device.id});
  const auto committed = parts_.writer.propose(std::move(proposal));
  if (!committed && committed.error().error.code == ErrorCode::conflict) {
    return conflict("the new key is of a host already, or the device was written meanwhile");
  }
  if (!committed) return committed.error().error;
  lobby_.leave(request.next);
  counter(parts_.metrics, kRotated).add();
  parts_.log.info("a device has a new key", {{"host", device.name},
                                             {"organization", device.organization},
                                             {"before", request.key.text()},
                                             {"key", request.next.text()},
                                             {"address", address}});
  return Place{.organization = device.organization, .host = device.name};
}

void DeviceService::note(const Registry::Clone& clone, const std::string& request_id) {
  counter(parts_.metrics, kClonesSeen).add();
  parts_.log.warning("two devices hold the key of one host",
                     {{"host", clone.device.name},
                      {"organization", clone.device.organization},
                      {"reason", clone.reason}});
  if (!clone.is_new) return;
  if (const auto written = write_note(clone, request_id); !written) {
    parts_.log.warning("this could not be written down on the host",
                       {{"host", clone.device.name}, {"error", written.error().text()}});
  }
}

Result<void> DeviceService::write_note(const Registry::Clone& clone,
                                       const std::string& request_id) {
  Key host = clone.device;
  host.kind = Kind::host;
  for (int attempt = 1;; ++attempt) {
    store::Batch batch{.actor = std::string(kServerActor), .request_id = request_id};
    for (const Key& key : {clone.device, host}) {
      TITAN_ASSIGN(const model::Entity stored, parts_.store.get(key));
      model::Entity noted = stored;
      noted.reason = {clone.reason};
      // The device's status keeps it over a restart; the host's tells whether it is there.
      if (key.kind == Kind::device) noted.status = model::Status::error;
      batch.mutations.push_back(store::Mutation::upon(stored, std::move(noted)));
    }
    const auto committed = parts_.store.commit(batch);
    if (committed) return {};
    const bool raced = committed.error().code == ErrorCode::conflict;
    if (!raced || attempt == kWriteAttempts) return committed.error();
  }
}

}  // namespace titan::server_lite
