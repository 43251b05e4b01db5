#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/http.hpp"
#include "base/mac.hpp"
#include "base/signing.hpp"
#include "client/client.hpp"
#include "client/trust.hpp"

// Whether an answer is the server's, for the request that it is given for: docs/spec/identity.md.
// All of it is pure, and looks at nothing of a body but its digest.
namespace titan::client {

// Why an answer is not used.
enum class Distrust {
  unproven,         // it carries no signature or MAC, or none that can be read
  malformed,        // a header that is signed is not there, or not of its form
  wrong_signature,  // not by this key, over this answer, for this request
  wrong_mac,        // not of this session, over this answer, for this request
  unknown_key,      // no statement leads to the key that it is signed by
  unknown_epoch,    // no statement names the epoch of its bookmark
  older_bookmark,   // older than one that was verified before
  other_host,       // what is signed is for another host or organization
  wrong_blob,       // what came for a blob has another digest
  other_bookmark,   // the manifest names another bookmark than what was signed
};
// "wrong-signature", as status and logs have it.
std::string_view name_of(Distrust reason);
// None for a name that is no reason's.
std::optional<Distrust> parse_distrust(std::string_view name);

// An answer that is not to be used.
struct Doubt {
  Distrust reason = Distrust::unproven;
  std::string message = {};  // what was found, and what was expected

  // denied
  [[nodiscard]] Error error() const;
};
template <class Value>
using Believed = tl::expected<Value, Doubt>;

// By whom an answer to the request with `nonce` is signed: whoever that is.
Believed<PublicKey> check_signed(const HttpResponse& response, std::string_view nonce);
// That the other side of a session answers to its challenge.
Believed<void> check_session(const HttpResponse& response, std::string_view challenge,
                             const MacKey& key);

// How far a device has come under one root. It is no limit under another: what was verified under a
// key that the root key has replaced may have been a thief's.
struct HighWater {
  std::uint64_t root = 0;
  model::Bookmark bookmark = {};

  // Whether a bookmark that counts under `trust` is older.
  [[nodiscard]] bool is_above(const model::Bookmark& other, const TrustState& trust) const;
};

// What an answer to a sync has to fit to. Borrows all.
struct SyncRequestFacts {
  const std::string& organization;
  const std::string& host;
  const std::string& nonce;
  const MacKey& session;
  const TrustState& trust;
  const HighWater& high_water;
};
// A 200 or a 204, without what is in its body. REQUIRES: one of these.
Believed<SyncAnswer> check_sync(const HttpResponse& response, const SyncRequestFacts& facts);
// The manifest in the body of a 200, against what was signed.
Believed<void> check_manifest(const model::Manifest& manifest, const model::Bookmark& bookmark,
                              const SyncRequestFacts& facts);

}  // namespace titan::client
