#include "client/enrollment.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "client/answer.hpp"
#include "client/device_request.hpp"
#include "client/limits.hpp"
#include "model/field_reader.hpp"
#include "model/proofs.hpp"

namespace titan::client {
namespace {

using model::FieldReader;
using nlohmann::json;

// The answer, once it is shown to be signed by `server`.
Result<HttpResponse> ask(Transport& transport, const PublicKey& server, const HttpRequest& request,
                         const std::string& nonce) {
  TITAN_ASSIGN(HttpResponse response, transport.send(request));
  if (response.status != 200 && response.status != 202) return error_of(response);
  const auto key = check_signed(response, nonce);
  if (!key) return key.error().error();
  if (*key != server) {
    return denied("the answer is signed by " + quote(key->text()) + ", the server's key is " +
                  quote(server.text()));
  }
  return response;
}

Result<Enrolled> read_enrolled(const HttpResponse& response, const PublicKey& server) {
  TITAN_ASSIGN(const json body, json_of(response));
  FieldReader reader(body, "");
  Enrolled enrolled{.host = reader.required_text("host"),
                    .organization = reader.required_text("organization")};
  reader.require({"identity"});
  const json* const identity = reader.object("identity");
  if (const auto done = reader.finish(); !done) return wrong_answer(done.error());
  const auto parsed = model::parse_server_identity(*identity);
  if (!parsed) return wrong_answer(parsed.error().context("identity"));
  TITAN_ASSIGN(enrolled.trust, pin(server, *parsed));
  return enrolled;
}

Result<LobbyWait> read_wait(const HttpResponse& response) {
  TITAN_ASSIGN(const json body, json_of(response));
  FieldReader reader(body, "");
  LobbyWait wait{.id = reader.required_text("id"),
                 .retry_after = std::chrono::seconds(reader.number("retryAfter"))};
  if (const auto done = reader.finish(); !done) return wrong_answer(done.error());
  wait.retry_after = std::clamp(wait.retry_after, kLobbyWaitMin, kLobbyWaitMax);
  return wait;
}

}  // namespace

Believed<Result<model::ServerIdentity>> ask_identity(Transport& transport, Random& random) {
  const std::string nonce = make_nonce(random);
  const auto response = transport.send(device_request("GET", "/v1/identity", nonce));
  if (!response) return response.error();
  if (response->status != 200) return error_of(*response);
  const auto key = check_signed(*response, nonce);
  if (!key) return tl::unexpected(key.error());
  const auto body = json_of(*response);
  if (!body) return body.error();
  auto identity = model::parse_server_identity(*body);
  if (!identity) return wrong_answer(identity.error());
  if (identity->key == *key) return identity;
  return tl::unexpected(
      Doubt{Distrust::unknown_key, "the identity of " + quote(identity->key.text()) +
                                       " is signed by another key, " + quote(key->text())});
}

Result<model::ServerIdentity> identity_of_server(Transport& transport, Random& random) {
  auto asked = ask_identity(transport, random);
  return asked ? *std::move(asked) : asked.error().error();
}

Result<Enrolled> enroll(Transport& transport, Random& random, const SigningKey& device,
                        const model::EnrollmentString& string) {
  TITAN_ASSIGN(const model::ServerIdentity identity, identity_of_server(transport, random));
  if (identity.key != string.server) {
    return denied("the server there has the key " + quote(identity.key.text()) +
                  ", the enrollment string names " + quote(string.server.text()));
  }
  const std::string nonce = make_nonce(random);
  const Signature signature = device.sign(model::enroll_proof(
      string.server, Digest::of(string.secret.bytes()), device.public_key(), nonce));
  const json body = {{"secret", string.secret.bytes()},
                     {"key", device.public_key().text()},
                     {"nonce", nonce},
                     {"signature", signature.text()}};
  TITAN_ASSIGN(const HttpResponse response,
               ask(transport, string.server,
                   device_request("POST", "/v1/enroll", nonce, canonical_json(body)), nonce));
  return read_enrolled(response, string.server);
}

Result<std::variant<LobbyWait, Enrolled>> ask_lobby(Transport& transport, Random& random,
                                                    const SigningKey& device,
                                                    const LobbyRequest& request) {
  const std::string nonce = make_nonce(random);
  const Signature signature = device.sign(model::lobby_proof({.server = request.server,
                                                              .device = device.public_key(),
                                                              .organization = request.organization,
                                                              .name = request.name,
                                                              .nonce = nonce}));
  const json body = {{"key", device.public_key().text()},
                     {"organization", request.organization},
                     {"name", request.name},
                     {"nonce", nonce},
                     {"signature", signature.text()}};
  TITAN_ASSIGN(const HttpResponse response,
               ask(transport, request.server,
                   device_request("POST", "/v1/lobby", nonce, canonical_json(body)), nonce));
  if (response.status == 202) {
    TITAN_ASSIGN(LobbyWait wait, read_wait(response));
    return wait;
  }
  TITAN_ASSIGN(Enrolled enrolled, read_enrolled(response, request.server));
  return enrolled;
}

std::string lobby_id(const PublicKey& device) {
  return Digest::of(device.text()).hex().substr(0, 12);
}

}  // namespace titan::client
