#include "server-lite/oidc/jwk_set.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "server-lite/oidc/limits.hpp"

namespace titan::oidc {
namespace {

using nlohmann::json;

template <class Value>
using Owned = std::unique_ptr<Value, void (*)(Value*)>;

constexpr std::size_t kP256Bytes = 32;
constexpr std::size_t kEd25519Bytes = 32;

const unsigned char* unsigned_bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::shared_ptr<EVP_PKEY> owned_key(EVP_PKEY* key) {
  return key == nullptr ? nullptr : std::shared_ptr<EVP_PKEY>(key, &EVP_PKEY_free);
}

Owned<BIGNUM> number_of(std::string_view big_endian) {
  return {BN_bin2bn(unsigned_bytes(big_endian), static_cast<int>(big_endian.size()), nullptr),
          &BN_free};
}

// Null when OpenSSL does not take them for a public key of that type. It looks whether a point is
// on its curve, and refuses an RSA modulus that is even, and an exponent that is even or
// 1, with which everything is its own signature.
std::shared_ptr<EVP_PKEY> public_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder), &OSSL_PARAM_free);
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr),
                                    &EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  if (parameters == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  auto key = owned_key(made);
  const Owned<EVP_PKEY_CTX> check(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr),
                                  &EVP_PKEY_CTX_free);
  if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return key;
}

// A text field; "" when it is absent or no text.
std::string text_of(const json& object, std::string_view field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The bytes of a field; "" when it is absent or no base64url.
std::string bytes_of(const json& object, std::string_view field) {
  auto bytes = parse_base64url(text_of(object, field));
  return bytes ? *std::move(bytes) : std::string();
}

std::shared_ptr<EVP_PKEY> rsa_key(const json& object) {
  const std::string modulus = bytes_of(object, "n");
  const std::string exponent = bytes_of(object, "e");
  if (modulus.size() > kRsaBitsMax / 8 || exponent.size() > kRsaExponentBytesMax) return nullptr;
  const auto n = number_of(modulus);
  const auto e = number_of(exponent);
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
  if (n == nullptr || e == nullptr || builder == nullptr) return nullptr;
  if (static_cast<std::size_t>(BN_num_bits(n.get())) < kRsaBitsMin) return nullptr;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return public_key("RSA", builder.get());
}

std::shared_ptr<EVP_PKEY> p256_key(const json& object) {
  const std::string x = bytes_of(object, "x");
  const std::string y = bytes_of(object, "y");
  if (text_of(object, "crv") != "P-256" || x.size() != kP256Bytes || y.size() != kP256Bytes) {
    return nullptr;
  }
  const std::string point = "\x04" + x + y;  // uncompressed (SEC 1, section 2.3.3)
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  return public_key("EC", builder.get());
}

std::shared_ptr<EVP_PKEY> ed25519_key(const json& object) {
  const std::string x = bytes_of(object, "x");
  if (text_of(object, "crv") != "Ed25519" || x.size() != kEd25519Bytes) return nullptr;
  return owned_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, unsigned_bytes(x), x.size()));
}

std::optional<Algorithm> algorithm_of_kind(std::string_view kind) {
  if (kind == "RSA") return Algorithm::rs256;
  if (kind == "EC") return Algorithm::es256;
  if (kind == "OKP") return Algorithm::eddsa;
  return std::nullopt;
}

// RFC 7517, sections 4.2 to 4.4: what the provider says that the key is for.
bool is_for(const json& object, Algorithm algorithm) {
  if (object.contains("use") && text_of(object, "use") != "sig") return false;
  if (object.contains("alg") && text_of(object, "alg") != name_of(algorithm)) return false;
  const auto operations = object.find("key_ops");
  if (operations == object.end()) return true;
  return operations->is_array() &&
         std::find(operations->begin(), operations->end(), json("verify")) != operations->end();
}

std::optional<VerificationKey> read_key(const json& object) {
  if (!object.is_object() || object.contains("d") || object.contains("k")) return std::nullopt;
  const auto algorithm = algorithm_of_kind(text_of(object, "kty"));
  if (!algorithm || !is_for(object, *algorithm)) return std::nullopt;
  std::string id = text_of(object, "kid");
  if (id.size() > kKeyIdBytesMax || (object.contains("kid") && id.empty())) return std::nullopt;
  std::shared_ptr<EVP_PKEY> key;
  switch (*algorithm) {
    case Algorithm::rs256:
      key = rsa_key(object);
      break;
    case Algorithm::es256:
      key = p256_key(object);
      break;
    case Algorithm::eddsa:
      key = ed25519_key(object);
      break;
  }
  ERR_clear_error();  // of a key that is broken: nobody else on this thread asks for it
  if (key == nullptr) return std::nullopt;
  return VerificationKey(std::move(id), *algorithm, std::move(key));
}

// r and s as the DER that OpenSSL reads; "" when it has no memory.
std::string der_of(std::string_view raw) {
  const Owned<ECDSA_SIG> signature(ECDSA_SIG_new(), &ECDSA_SIG_free);
  auto r = number_of(raw.substr(0, kP256Bytes));
  auto s = number_of(raw.substr(kP256Bytes));
  if (signature == nullptr || r == nullptr || s == nullptr) return {};
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();  // they belong to the signature now
  (void)s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool openssl_verifies(EVP_PKEY* key, const EVP_MD* digest, std::string_view signed_text,
                      std::string_view signature) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const bool verified = context != nullptr &&
                        EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
                        EVP_DigestVerify(context.get(), unsigned_bytes(signature), signature.size(),
                                         unsigned_bytes(signed_text), signed_text.size()) == 1;
  ERR_clear_error();
  return verified;
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::rs256:
      return "RS256";
    case Algorithm::es256:
      return "ES256";
    case Algorithm::eddsa:
      return "EdDSA";
  }
  return "";
}

Result<Algorithm> parse_algorithm(std::string_view name) {
  for (const Algorithm algorithm : {Algorithm::rs256, Algorithm::es256, Algorithm::eddsa}) {
    if (name == name_of(algorithm)) return algorithm;
  }
  return denied("the algorithm " + quote(name) +
                " is not accepted; expected RS256, ES256 or EdDSA");
}

bool VerificationKey::verifies(std::string_view signed_text, std::string_view signature) const {
  switch (algorithm_) {
    case Algorithm::rs256:
      // With PKCS #1 v1.5 padding, which is the default for RSA.
      return openssl_verifies(key_.get(), EVP_sha256(), signed_text, signature);
    case Algorithm::es256: {
      if (signature.size() != 2 * kP256Bytes) return false;
      const std::string der = der_of(signature);
      return !der.empty() && openssl_verifies(key_.get(), EVP_sha256(), signed_text, der);
    }
    case Algorithm::eddsa:
      return openssl_verifies(key_.get(), nullptr, signed_text, signature);
  }
  return false;
}

Result<JwkSet> JwkSet::parse(std::string_view text) {
  TITAN_ASSIGN(const json object, parse_json(text, kJwksBytesMax));
  const bool has_keys =
      object.is_object() && object.contains("keys") && object.at("keys").is_array();
  if (!has_keys) return invalid("this is no JSON Web Key Set: it has no array \"keys\"");
  const json& keys = object.at("keys");
  if (keys.size() > kJwksKeysMax) {
    return exhausted("the JSON Web Key Set has " + std::to_string(keys.size()) +
                     " keys; expected at most " + std::to_string(kJwksKeysMax));
  }
  JwkSet set;
  for (const json& item : keys) {
    if (auto key = read_key(item)) set.keys_.push_back(*std::move(key));
  }
  if (set.keys_.empty()) {
    return invalid("the JSON Web Key Set has no key that can be used, among " +
                   std::to_string(keys.size()));
  }
  return set;
}

}  // namespace titan::oidc
