#include "tests/server-lite/oidc/signing_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

namespace titan::testing {
namespace {

using nlohmann::json;

void need(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("OpenSSL failed: ") + what);
}

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string text_of(const std::vector<unsigned char>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string number_of(EVP_PKEY* key, const char* name, int size) {
  BIGNUM* number = nullptr;
  need(EVP_PKEY_get_bn_param(key, name, &number) == 1, name);
  std::vector<unsigned char> bytes(
      static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(number)));
  need(BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size())) >= 0, name);
  BN_free(number);
  return text_of(bytes);
}

std::string raw_of(std::string_view der) {
  const unsigned char* at = unsigned_bytes(der);
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  need(signature != nullptr, "d2i_ECDSA_SIG");
  std::vector<unsigned char> raw(64);
  need(BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw.data(), 32) == 32, "r");
  need(BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw.data() + 32, 32) == 32, "s");
  ECDSA_SIG_free(signature);
  return text_of(raw);
}

}  // namespace

std::string encoded(std::string_view bytes) {
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) text += kLetters[(bits >> (count - 6)) & 63U];
  }
  if (count > 0) text += kLetters[(bits << (6 - count)) & 63U];
  return text;
}

std::string hmac_sha256(std::string_view secret, std::string_view text) {
  std::vector<unsigned char> code(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  need(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), unsigned_bytes(text),
            text.size(), code.data(), &size) != nullptr,
       "HMAC");
  code.resize(size);
  return text_of(code);
}

std::string jwks_text(std::initializer_list<json> keys) {
  return json{{"keys", json(std::vector<json>(keys))}}.dump();
}

SigningKey::SigningKey(std::string id, EVP_PKEY* key)
    : id_(std::move(id)), key_(key, &EVP_PKEY_free) {
  need(key != nullptr, "making a key");
}

SigningKey SigningKey::rsa(std::string id, unsigned bits) {
  return {std::move(id), EVP_RSA_gen(bits)};
}

SigningKey SigningKey::ec(std::string id, const char* curve) {
  return {std::move(id), EVP_EC_gen(curve)};
}

SigningKey SigningKey::ed25519(std::string id) {
  return {std::move(id), EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
}

SigningKey SigningKey::renamed(std::string id) const {
  SigningKey copy = *this;
  copy.id_ = std::move(id);
  return copy;
}

std::string SigningKey::algorithm() const {
  switch (EVP_PKEY_get_base_id(key_.get())) {
    case EVP_PKEY_RSA:
      return "RS256";
    case EVP_PKEY_EC:
      return "ES256";
    default:
      return "EdDSA";
  }
}

json SigningKey::jwk() const {
  json jwk = {{"kid", id_}, {"use", "sig"}, {"alg", algorithm()}};
  if (algorithm() == "RS256") {
    jwk["kty"] = "RSA";
    jwk["n"] = encoded(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0));
    jwk["e"] = encoded(number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0));
  } else if (algorithm() == "ES256") {
    const int size = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
    jwk["kty"] = "EC";
    jwk["crv"] = size == 32 ? "P-256" : "P-384";
    jwk["x"] = encoded(number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, size));
    jwk["y"] = encoded(number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, size));
  } else {
    std::vector<unsigned char> bytes(32);
    std::size_t size = bytes.size();
    need(EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size) == 1, "raw key");
    jwk["kty"] = "OKP";
    jwk["crv"] = "Ed25519";
    jwk["x"] = encoded(text_of(bytes));
  }
  return jwk;
}

std::string SigningKey::public_pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  need(PEM_write_bio_PUBKEY(memory, key_.get()) == 1, "PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

std::string SigningKey::sign_der(std::string_view text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* digest = algorithm() == "EdDSA" ? nullptr : EVP_sha256();
  std::vector<unsigned char> signature(1024);
  std::size_t size = signature.size();
  need(EVP_DigestSignInit(context, nullptr, digest, nullptr, key_.get()) == 1 &&
           EVP_DigestSign(context, signature.data(), &size, unsigned_bytes(text), text.size()) == 1,
       "signing");
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return text_of(signature);
}

std::string SigningKey::sign(std::string_view text) const {
  const std::string signature = sign_der(text);
  return algorithm() == "ES256" ? raw_of(signature) : signature;
}

json SigningKey::header() const {
  return {{"alg", algorithm()}, {"kid", id_}, {"typ", "JWT"}};
}

std::string SigningKey::token(const json& claims) const {
  return token(header(), claims);
}

std::string SigningKey::token(const json& header, const json& claims) const {
  return token_of_texts(header.dump(), claims.dump());
}

std::string SigningKey::token_of_texts(std::string_view header, std::string_view payload) const {
  const std::string text = encoded(header) + "." + encoded(payload);
  return text + "." + encoded(sign(text));
}

}  // namespace titan::testing
