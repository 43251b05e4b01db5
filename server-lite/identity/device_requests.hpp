#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/signing.hpp"

// What devices send before they are let in: docs/spec/identity.md. Anybody may send it, so each is
// read strictly; what is signed is looked at elsewhere. Errors: invalid, naming the field; a field
// that is not known is refused, and nothing secret is quoted.
namespace titan::server_lite {

struct EnrollRequest {
  Secret secret = {};  // its text
  PublicKey key = {};
  std::string nonce = {};
  Signature signature = {};
};
Result<EnrollRequest> parse_enroll_request(const nlohmann::json& json);

struct LobbyRequest {
  PublicKey key = {};
  std::string organization = {};
  std::string name = {};
  std::string nonce = {};
  Signature signature = {};
};
Result<LobbyRequest> parse_lobby_request(const nlohmann::json& json);

struct ChallengeRequest {
  PublicKey key = {};
  std::string ephemeral = {};
  std::string nonce = {};
};
Result<ChallengeRequest> parse_challenge_request(const nlohmann::json& json);

struct SessionRequest {
  PublicKey key = {};
  std::string ephemeral = {};
  std::string challenge = {};
  std::string instance = {};
  Signature signature = {};
};
Result<SessionRequest> parse_session_request(const nlohmann::json& json);

struct RotationRequest {
  PublicKey key = {};
  PublicKey next = {};
  std::string ephemeral = {};  // to which the challenge is bound; nothing is agreed on
  std::string challenge = {};
  Signature signature = {};       // by the key
  Signature next_signature = {};  // by the next one
};
Result<RotationRequest> parse_rotation_request(const nlohmann::json& json);

// Of a nonce in the header Titan-Nonce: kNonceBytes in base64url. invalid, with that as the field.
Result<void> check_nonce(std::string_view nonce);

}  // namespace titan::server_lite
