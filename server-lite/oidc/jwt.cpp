#include "server-lite/oidc/jwt.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "server-lite/oidc/limits.hpp"

namespace titan::oidc {
namespace {

using nlohmann::json;

Result<std::string> decode(std::string_view name, std::string_view part) {
  if (part.empty()) return invalid("the token's " + std::string(name) + " is empty");
  auto bytes = parse_base64url(part);
  if (bytes) return bytes;
  return invalid("the token's " + std::string(name) + " is not base64url without padding");
}

// The parser's message is not passed on: it could quote what is in the token.
Result<json> read_object(std::string_view name, std::string_view text, std::size_t bytes_max) {
  auto object = parse_json(text, bytes_max);
  if (object && object->is_object()) return object;
  return invalid("the token's " + std::string(name) +
                 " is no JSON object, or has a key twice in it");
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(left, right, {}, lower, lower);
}

// A text of the header; "" when it is absent.
Result<std::string> header_text(const json& header, const std::string& field) {
  const auto found = header.find(field);
  if (found == header.end()) return std::string();
  if (!found->is_string()) return invalid("the token's " + field + " is no string");
  return found->get<std::string>();
}

Result<void> check_header(const json& header) {
  for (const char* field : {"crit", "cty", "jwk", "jku", "x5c", "x5u", "b64"}) {
    if (header.contains(field)) {
      return denied("the token's header has " + quote(field) + ", which is not accepted");
    }
  }
  TITAN_ASSIGN(const std::string type, header_text(header, "typ"));
  if (header.contains("typ") && !equal_ignoring_case(type, "JWT")) {
    return denied("the token is of the type " + quote(type) + "; expected JWT");
  }
  return {};
}

}  // namespace

Result<Jwt> Jwt::parse(std::string_view text) {
  if (text.size() > kTokenBytesMax) {
    return exhausted("the token has " + std::to_string(text.size()) + " bytes; expected at most " +
                     std::to_string(kTokenBytesMax));
  }
  const auto dots = std::ranges::count(text, '.');
  if (dots != 2) {
    return invalid("the token has " + std::to_string(dots + 1) +
                   " parts; expected the three of a signed one");
  }
  const auto first = text.find('.');
  const auto last = text.rfind('.');
  Jwt token;
  token.signed_text_ = text.substr(0, last);
  TITAN_ASSIGN(const std::string header_bytes, decode("header", text.substr(0, first)));
  TITAN_ASSIGN(const json header, read_object("header", header_bytes, kHeaderBytesMax));
  TITAN_ASSIGN(const std::string algorithm, header_text(header, "alg"));
  if (!header.contains("alg")) return invalid("the token's header has no \"alg\"");
  TITAN_ASSIGN(token.algorithm_, parse_algorithm(algorithm));
  TITAN_TRY(check_header(header));
  TITAN_ASSIGN(token.key_id_, header_text(header, "kid"));
  if (token.key_id_.size() > kKeyIdBytesMax || (header.contains("kid") && token.key_id_.empty())) {
    return invalid("the token's kid has " + std::to_string(token.key_id_.size()) +
                   " bytes; expected 1 to " + std::to_string(kKeyIdBytesMax));
  }
  TITAN_ASSIGN(token.payload_, decode("payload", text.substr(first + 1, last - first - 1)));
  TITAN_ASSIGN(token.signature_, decode("signature", text.substr(last + 1)));
  return token;
}

Result<const VerificationKey*> Jwt::key_among(const JwkSet& keys) const {
  const VerificationKey* found = nullptr;
  for (const VerificationKey& key : keys.keys()) {
    const bool fits = key.algorithm() == algorithm_ && (key_id_.empty() || key.id() == key_id_);
    if (!fits) continue;
    if (found != nullptr) {
      return not_found("the token fits several keys of the provider; it has to name one");
    }
    found = &key;
  }
  if (found != nullptr) return found;
  if (key_id_.empty()) {
    return not_found("the token names no key, and the provider has none for " +
                     std::string(name_of(algorithm_)));
  }
  for (const VerificationKey& key : keys.keys()) {
    if (key.id() != key_id_) continue;
    return denied("the key " + quote(key_id_) + " is for " + std::string(name_of(key.algorithm())) +
                  ", but the token says " + std::string(name_of(algorithm_)));
  }
  return not_found("the provider has no key " + quote(key_id_));
}

Result<json> Jwt::verify(const JwkSet& keys) const {
  TITAN_ASSIGN(const VerificationKey* key, key_among(keys));
  if (!key->verifies(signed_text_, signature_)) {
    return denied("the token's signature is not by the provider's key");
  }
  return read_object("payload", payload_, kTokenBytesMax);
}

}  // namespace titan::oidc
