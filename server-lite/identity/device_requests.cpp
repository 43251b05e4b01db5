#include "server-lite/identity/device_requests.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.hpp"
#include "base/key_agreement.hpp"
#include "model/field_reader.hpp"
#include "model/key.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using model::FieldReader;
using nlohmann::json;

// The text of so many bytes.
std::string read_bytes(FieldReader& reader, std::string_view field, std::size_t bytes) {
  std::string text = reader.text(field);
  if (text.empty()) return text;
  const auto read = parse_base64url(text, bytes);
  if (!read) reader.refuse(field, read.error().message);
  return text;
}

std::string read_name(FieldReader& reader, std::string_view field) {
  std::string name = reader.text(field);
  if (name.empty()) return name;
  if (const auto checked = model::check_name(field, name); !checked) reader.refuse(checked.error());
  return name;
}

PublicKey read_key(FieldReader& reader) {
  return reader.parsed<PublicKey>("key", &PublicKey::parse);
}

Signature read_signature(FieldReader& reader) {
  return reader.parsed<Signature>("signature", &Signature::parse);
}

}  // namespace

Result<EnrollRequest> parse_enroll_request(const json& object) {
  FieldReader reader(object, "");
  reader.require({"secret", "key", "nonce", "signature"});
  EnrollRequest request{.secret = Secret::of(reader.text("secret")),
                        .key = read_key(reader),
                        .nonce = read_bytes(reader, "nonce", kNonceBytes),
                        .signature = read_signature(reader)};
  TITAN_TRY(reader.finish());
  return request;
}

Result<LobbyRequest> parse_lobby_request(const json& object) {
  FieldReader reader(object, "");
  reader.require({"key", "organization", "name", "nonce", "signature"});
  LobbyRequest request{.key = read_key(reader),
                       .organization = read_name(reader, "organization"),
                       .name = read_name(reader, "name"),
                       .nonce = read_bytes(reader, "nonce", kNonceBytes),
                       .signature = read_signature(reader)};
  TITAN_TRY(reader.finish());
  return request;
}

Result<ChallengeRequest> parse_challenge_request(const json& object) {
  FieldReader reader(object, "");
  reader.require({"key", "ephemeral", "nonce"});
  ChallengeRequest request{.key = read_key(reader),
                           .ephemeral = read_bytes(reader, "ephemeral", AgreementKey::kBytes),
                           .nonce = read_bytes(reader, "nonce", kNonceBytes)};
  TITAN_TRY(reader.finish());
  return request;
}

Result<SessionRequest> parse_session_request(const json& object) {
  FieldReader reader(object, "");
  reader.require({"key", "ephemeral", "challenge", "instance", "signature"});
  SessionRequest request{.key = read_key(reader),
                         .ephemeral = read_bytes(reader, "ephemeral", AgreementKey::kBytes),
                         .challenge = reader.text("challenge"),
                         .instance = read_bytes(reader, "instance", kNonceBytes),
                         .signature = read_signature(reader)};
  TITAN_TRY(reader.finish());
  return request;
}

Result<RotationRequest> parse_rotation_request(const json& object) {
  FieldReader reader(object, "");
  reader.require({"key", "next", "ephemeral", "challenge", "signature", "nextSignature"});
  RotationRequest request{
      .key = read_key(reader),
      .next = reader.parsed<PublicKey>("next", &PublicKey::parse),
      .ephemeral = read_bytes(reader, "ephemeral", AgreementKey::kBytes),
      .challenge = reader.text("challenge"),
      .signature = read_signature(reader),
      .next_signature = reader.parsed<Signature>("nextSignature", &Signature::parse)};
  if (!request.key.empty() && request.next == request.key) {
    reader.refuse("next", "expected another key than the one that the device has");
  }
  TITAN_TRY(reader.finish());
  return request;
}

Result<void> check_nonce(std::string_view nonce) {
  if (is_base64url(nonce, kNonceBytes)) return {};
  return invalid_field("Titan-Nonce", "expected 16 random bytes as 22 letters of base64url");
}

}  // namespace titan::server_lite
