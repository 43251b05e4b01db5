#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "model/server_statement.hpp"
#include "server-lite/identity/device_requests.hpp"
#include "server-lite/identity/enrolling.hpp"
#include "server-lite/identity/failure_limit.hpp"
#include "server-lite/identity/lobby.hpp"
#include "server-lite/identity/registry.hpp"
#include "server-lite/identity/server_keys.hpp"
#include "server-lite/identity/sessions.hpp"
#include "server-lite/metrics.hpp"
#include "server-lite/writer.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Lets devices in: enrollment, the lobby, sessions and new keys (docs/spec/identity.md). Whoever
// asks is a stranger until then, so what was wrong is told to the log and to the metrics, and to
// the stranger in the same words, whatever it was. Safe to share between threads.
class DeviceService {
 public:
  // Borrows all.
  struct Parts {
    const ServerKeys& keys;
    Registry& registry;
    Writer& writer;
    store::Store& store;
    Metrics& metrics;
    const Clock& clock;
    Random& random;
    Log& log;
  };
  DeviceService(const Parts& parts, std::string epoch);

  // Who the server is.
  [[nodiscard]] model::ServerIdentity identity() const;
  // How long the address has to wait before it may try anything of the following again; nothing: it
  // may.
  [[nodiscard]] std::optional<std::chrono::seconds> wait_of(std::string_view address) const {
    return failures_.wait_of(address);
  }

  // A host, of which a device may say that it is it.
  struct Place {
    std::string organization = {};
    std::string host = {};
  };
  // denied: the secret is unknown, used or expired, or the device does not hold the key. conflict:
  // the key is of another host; and the errors of the store.
  Result<Place> enroll(const EnrollRequest& request, std::string_view address,
                       const std::string& request_id);

  struct InLobby {
    std::string id = {};
  };
  // denied: the device does not hold the key, or that is revoked. unavailable: too many wait.
  Result<std::variant<InLobby, Place>> visit_lobby(const LobbyRequest& request,
                                                   std::string_view address);
  // Without those that were approved meanwhile.
  [[nodiscard]] std::vector<Lobby::Waiting> lobby(std::string_view organization);

  [[nodiscard]] Challenges::Challenge challenge(const ChallengeRequest& request) const {
    return challenges_.make(request);
  }
  // denied: the challenge or the signature does not count, or the key is not known or revoked.
  Result<Registry::Known> open_session(const SessionRequest& request, std::string_view address,
                                       const std::string& request_id);

  // The device has the next key from then on, and its sessions are over. denied: the challenge or a
  // signature does not count, was answered before, or the key is not known, revoked, or held by two
  // devices. conflict: the next key is of a host already, or the device was written meanwhile; and
  // the errors of the store.
  Result<Place> rotate(const RotationRequest& request, std::string_view address,
                       const std::string& request_id);

 private:
  Error refuse_rotation(std::string_view why, const RotationRequest& request,
                        std::string_view address);
  Error refuse_enrollment(EnrollVerdict verdict, const EnrollRequest& request,
                          const std::optional<model::Entity>& enrollment, std::string_view address);
  Error refuse_session(std::string_view why, const SessionRequest& request,
                       std::string_view address);
  // Counts the clone, logs it, and writes it down on the device and the host. What cannot be
  // written is tried again when it is seen the next time.
  void note(const Registry::Clone& clone, const std::string& request_id);
  Result<void> write_note(const Registry::Clone& clone, const std::string& request_id);

  const Parts parts_;
  const std::string epoch_;
  const Challenges challenges_;
  FailureLimit failures_;
  Lobby lobby_;
};

}  // namespace titan::server_lite
