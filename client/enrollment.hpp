#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"
#include "base/transport.hpp"
#include "client/trust.hpp"
#include "client/verification.hpp"
#include "model/enrollment_string.hpp"

// How a device becomes a host: docs/spec/identity.md, "Devices". Errors of all functions: those of
// the transport; what the server answered, with its code; denied when an answer cannot be shown to
// be the server's; internal when it is, and is not what the API promises.
namespace titan::client {

// What a device is from then on.
struct Enrolled {
  std::string host = {};
  std::string organization = {};
  TrustState trust = {};
};

// An answer of GET /v1/identity, signed by the key that it names, for a nonce of ours.
Believed<Result<model::ServerIdentity>> ask_identity(Transport& transport, Random& random);
// The same, where nobody counts the reasons.
Result<model::ServerIdentity> identity_of_server(Transport& transport, Random& random);

// By an enrollment's secret; nothing of it is sent before the server has shown the key that the
// string names. denied: the secret is unknown, used or expired. conflict: the key is of a host
// already.
Result<Enrolled> enroll(Transport& transport, Random& random, const SigningKey& device,
                        const model::EnrollmentString& string);

struct LobbyRequest {
  PublicKey server = {};  // as the device knows it: see identity_of_server()
  std::string organization = {};
  std::string name = {};  // which the host may get
};
struct LobbyWait {
  std::string id = {};  // which who approves compares
  std::chrono::seconds retry_after{};
};
// Asks once. denied: the device was revoked.
Result<std::variant<LobbyWait, Enrolled>> ask_lobby(Transport& transport, Random& random,
                                                    const SigningKey& device,
                                                    const LobbyRequest& request);

// What the lobby lists a device under: the first 12 hex digits of the SHA-256 of its key's text.
std::string lobby_id(const PublicKey& device);

}  // namespace titan::client
