#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/mac.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "server-lite/identity/device_requests.hpp"

namespace titan::server_lite {

// How a device proves that it holds its key, or two of them, and how both come to the keys of a
// session:
// docs/spec/identity.md. Nothing is kept between the two requests: the challenge holds the server's
// half of the agreement and its time, under a key of this process, bound to the device's key and
// its half. So a challenge counts for whom it was given, for kChallengeLifetime, and until the
// server ends. Safe to share between threads when `random` is.
class Challenges {
 public:
  // Borrows the last two. `server`: the key that devices have pinned.
  Challenges(const PublicKey& server, const Clock& clock, Random& random);

  struct Challenge {
    std::string challenge = {};
    std::string ephemeral = {};  // the server's
  };
  [[nodiscard]] Challenge make(const ChallengeRequest& request) const;

  // What both share then.
  struct Agreed {
    Secret token = {};  // of the session, as the device sends it
    MacKey mac_key;
    Clock::Monotonic challenged{};
  };
  // Nothing: the challenge does not count, or the signature is not the device's. Takes the same
  // time whatever was wrong.
  [[nodiscard]] std::optional<Agreed> agree(const SessionRequest& request) const;
  // When the challenge was made that a device answers by both of its keys. Nothing: as above.
  [[nodiscard]] std::optional<Clock::Monotonic> check(const RotationRequest& request) const;

 private:
  const PublicKey server_;
  const Clock& clock_;
  Random& random_;
  const Secret key_;
};

}  // namespace titan::server_lite
