#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "server-lite/oidc/jwk_set.hpp"

namespace titan::oidc {

// A signed JSON Web Token (RFC 7519) in the compact form of RFC 7515: three parts in base64url,
// with dots between them. What is inside can be had only by verify(), so that nobody acts on a
// claim that nobody signed; of the header, only what chooses the key is read.
//
// A value, but it borrows the text that it was parsed from.
class Jwt {
 public:
  // invalid, naming the part, when the text is anything else: more or fewer parts (five are an
  // encrypted token), an empty part, padding, white space or another spelling of base64url, a
  // header that is no JSON object, has a key twice, or no `alg`. exhausted: longer than
  // kTokenBytesMax, or its header than kHeaderBytesMax.
  // denied: the header asks for what titan does not do. `alg` is none of Algorithm. `crit` (nothing
  // that it may name is known here), `cty` (a token inside of a token) or a `typ` other than JWT
  // (an access token, for one). `jwk`, `jku`, `x5c` or `x5u` (a key that the token itself brings).
  // Other header fields are left alone, as RFC 7515, section 4, wants.
  static Result<Jwt> parse(std::string_view text);

  [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
  [[nodiscard]] const std::string& key_id() const { return key_id_; }  // "" when it names none

  // The claims: an object, without repeated keys.
  // not_found: the set has no key of that id; or the token names none, and the set has not exactly
  // one key for the algorithm (OpenID Connect Core 1.0, section 10.1). denied: the key is for
  // another algorithm, or the signature is not by it. invalid: what was signed is no JSON object.
  [[nodiscard]] Result<nlohmann::json> verify(const JwkSet& keys) const;

 private:
  [[nodiscard]] Result<const VerificationKey*> key_among(const JwkSet& keys) const;

  Algorithm algorithm_{};
  std::string key_id_;
  std::string_view signed_text_;  // header and payload, as they came
  std::string payload_;
  std::string signature_;
};

}  // namespace titan::oidc
