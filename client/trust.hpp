#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "base/signing.hpp"
#include "model/server_statement.hpp"

// Whom a device believes. What statements are, and which are taken, is in docs/spec/identity.md,
// "Keys of the server". All of it is pure.
namespace titan::client {

// What a device has pinned of its server, and how far it has followed it.
struct TrustState {
  PublicKey key = {};       // by which the server signs
  PublicKey root_key = {};  // empty: none was pinned
  // The place of the last key statement that was taken.
  std::uint64_t root = 0;
  std::uint64_t number = 0;
  std::string epoch = {};  // of the bookmarks that count; empty: none yet
  std::uint64_t epoch_number = 0;
  bool operator==(const TrustState&) const = default;
};

// Takes, in their order, those of the server's statements that a device with this trust takes, and
// leaves the others: most are from before it was enrolled. What the root key signed to replace a
// stolen key makes everything void that the stolen one said, the epoch and its number too.
// denied, and the trust is to stay as it was: with the field "key" when no statements lead to the
// key that the server signs by now, with "epoch" when none that counts names the epoch it is in.
Result<TrustState> follow(const TrustState& trust, const model::ServerIdentity& identity);

// The trust of a device that is enrolled now. REQUIRES: the identity's text was signed by
// `server`, for a nonce of this device: all in it is taken from it, once.
// denied: the identity is that of another key.
Result<TrustState> pin(const PublicKey& server, const model::ServerIdentity& identity);

}  // namespace titan::client
