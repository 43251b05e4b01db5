#include "bench/device_session.hpp"

#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/key_agreement.hpp"
#include "model/proofs.hpp"

namespace titan::bench {

using nlohmann::json;

std::string nonce_of_device() {
  return base64url(std::string(16, 'n'));
}

Result<std::string> open_device_session(const Ask& ask, const std::string& admin_token,
                                        const std::string& host, Random& random) {
  const SigningKey key = SigningKey::make(random);
  const std::string key_text = key.public_key().text();
  TITAN_TRY(ask("PUT", "/v1/devices/" + host, json{{"spec", {{"publicKey", key_text}}}}.dump(),
                admin_token));
  TITAN_ASSIGN(const std::string identity, ask("GET", "/v1/identity", "", ""));
  TITAN_ASSIGN(const json server, parse_json(identity));
  TITAN_ASSIGN(const auto server_key, PublicKey::parse(server.value("key", "")));

  const AgreementKey ephemeral = AgreementKey::make(random);
  TITAN_ASSIGN(const std::string challenged, ask("POST", "/v1/sessions/challenge",
                                                 json{{"key", key_text},
                                                      {"ephemeral", ephemeral.public_text()},
                                                      {"nonce", nonce_of_device()}}
                                                     .dump(),
                                                 ""));
  TITAN_ASSIGN(const json challenge, parse_json(challenged));
  const model::SessionProof proof{.server = server_key,
                                  .device = key.public_key(),
                                  .challenge = challenge.value("challenge", ""),
                                  .device_ephemeral = ephemeral.public_text(),
                                  .server_ephemeral = challenge.value("ephemeral", ""),
                                  .instance = nonce_of_device()};
  TITAN_TRY(ask("POST", "/v1/sessions",
                json{{"key", key_text},
                     {"ephemeral", proof.device_ephemeral},
                     {"challenge", proof.challenge},
                     {"instance", proof.instance},
                     {"signature", key.sign(model::session_proof(proof)).text()}}
                    .dump(),
                ""));
  TITAN_ASSIGN(const Secret shared, ephemeral.agree(proof.server_ephemeral));
  return base64url(
      derive(shared, model::kSessionTokenContext, model::session_transcript(proof)).bytes());
}

}  // namespace titan::bench
