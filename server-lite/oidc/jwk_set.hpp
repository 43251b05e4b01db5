#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

using EVP_PKEY = struct evp_pkey_st;

namespace titan::oidc {

// The signatures that are accepted (RFC 7518, section 3.1; RFC 8037): RSASSA-PKCS1-v1_5 with
// SHA-256, ECDSA on P-256 with SHA-256, and Ed25519. `none` and all with a shared secret are not
// among them, by design.
enum class Algorithm { rs256, es256, eddsa };

std::string_view name_of(Algorithm algorithm);
// denied unless it is exactly one of the names "RS256", "ES256" and "EdDSA".
Result<Algorithm> parse_algorithm(std::string_view name);

// A public key for one algorithm: that which its kind of key can do, never what a token says.
// Immutable; safe to share between threads.
class VerificationKey {
 public:
  VerificationKey(std::string id, Algorithm algorithm, std::shared_ptr<EVP_PKEY> key)
      : id_(std::move(id)), algorithm_(algorithm), key_(std::move(key)) {}

  [[nodiscard]] const std::string& id() const { return id_; }  // `kid`; "" when it has none
  [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
  // Whether `signature` is one of `signed_text`. In the form of RFC 7518: for ES256 the 64 bytes
  // r and s, not DER.
  [[nodiscard]] bool verifies(std::string_view signed_text, std::string_view signature) const;

 private:
  std::string id_;
  Algorithm algorithm_;
  std::shared_ptr<EVP_PKEY> key_;  // OpenSSL counts its users
};

// The keys of a JSON Web Key Set (RFC 7517). A key that titan cannot use, or may not, is left out:
// of another kind, curve, `alg`, `use` or `key_ops`; RSA of less than kRsaBitsMin bits or more than
// kRsaBitsMax; broken, or not a point of its curve; or with its private part, since then everybody
// can sign with it. Immutable; safe to share between threads.
class JwkSet {
 public:
  // invalid: not a JSON object with an array `keys`, or no key in it can be used. exhausted: longer
  // than kJwksBytesMax, or more than kJwksKeysMax keys.
  static Result<JwkSet> parse(std::string_view text);

  [[nodiscard]] const std::vector<VerificationKey>& keys() const { return keys_; }

 private:
  std::vector<VerificationKey> keys_;
};

}  // namespace titan::oidc
