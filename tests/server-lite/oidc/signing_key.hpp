#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

using EVP_PKEY = struct evp_pkey_st;

namespace titan::testing {

// A key pair of an identity provider, fresh in each run, and the tokens that it signs. Written with
// OpenSSL and by the RFCs alone, so that what the server reads was not written by its own code.
// Ends the test when OpenSSL fails.
class SigningKey {
 public:
  static SigningKey rsa(std::string id, unsigned bits = 2048);
  static SigningKey ec(std::string id, const char* curve = "P-256");
  static SigningKey ed25519(std::string id);
  // The same key under another name.
  [[nodiscard]] SigningKey renamed(std::string id) const;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::string algorithm() const;   // of JWS: "RS256", "ES256", "EdDSA"
  [[nodiscard]] nlohmann::json jwk() const;      // the public part, with kid, alg and use
  [[nodiscard]] std::string public_pem() const;  // SubjectPublicKeyInfo
  // In the form of RFC 7518: raw r and s for ES256.
  [[nodiscard]] std::string sign(std::string_view text) const;
  // As OpenSSL gives it: DER for ES256.
  [[nodiscard]] std::string sign_der(std::string_view text) const;

  [[nodiscard]] nlohmann::json header() const;  // alg, kid, typ
  // A compact JWS.
  [[nodiscard]] std::string token(const nlohmann::json& claims) const;
  [[nodiscard]] std::string token(const nlohmann::json& header, const nlohmann::json& claims) const;
  // With the text of header and payload as given.
  [[nodiscard]] std::string token_of_texts(std::string_view header, std::string_view payload) const;

 private:
  SigningKey(std::string id, EVP_PKEY* key);
  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

// base64url without padding, of this folder's own.
std::string encoded(std::string_view bytes);
// HMAC with SHA-256 (RFC 2104): the signature of HS256.
std::string hmac_sha256(std::string_view secret, std::string_view text);
// {"keys": [...]}
std::string jwks_text(std::initializer_list<nlohmann::json> keys);

}  // namespace titan::testing
