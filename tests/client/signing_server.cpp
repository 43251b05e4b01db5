#include "tests/client/signing_server.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/key_agreement.hpp"
#include "model/proofs.hpp"

namespace titan::testing {
namespace {

using nlohmann::json;

HttpResponse refused(int status, const char* code) {
  return {status, {}, json{{"error", {{"code", code}, {"message", "no"}}}}.dump()};
}

std::string text(const json& body, const char* field) {
  return body.at(field).get<std::string>();
}

std::string header(const HttpRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

PublicKey key_of(const json& body) {
  return PublicKey::parse(text(body, "key")).value();
}

bool is_signed(const PublicKey& key, const std::string& proof, const json& body) {
  const auto signature = Signature::parse(text(body, "signature"));
  return signature && verifies(key, proof, *signature);
}

}  // namespace

SigningServer::SigningServer(Random& random, std::string epoch_text, Inner inner)
    : key(SigningKey::make(random)), random_(random), inner_(std::move(inner)) {
  begin_epoch(epoch_text);
}

void SigningServer::state(const PublicKey& next, const SigningKey& signer) {
  model::KeyStatement said{.root = root,
                           .number = ++number,
                           .key = next,
                           .previous = key.public_key(),
                           .root_key = root_key ? root_key->public_key() : PublicKey(),
                           .signed_by = signer.public_key()};
  said.signature = signer.sign(proof_of(said));
  statements.emplace_back(said);
}

void SigningServer::rotate() {
  SigningKey next = SigningKey::make(random_);
  state(next.public_key(), key);
  key = std::move(next);
  begin_epoch(epoch);
}

void SigningServer::replace_stolen_key() {
  SigningKey next = SigningKey::make(random_);
  ++root;
  state(next.public_key(), *root_key);
  key = std::move(next);
  begin_epoch(epoch);
}

void SigningServer::introduce_root_key() {
  root_key = SigningKey::make(random_);
  state(key.public_key(), key);
}

void SigningServer::begin_epoch(const std::string& text) {
  epoch = text;
  model::EpochStatement said{
      .epoch = epoch, .number = ++epoch_number, .signed_by = key.public_key()};
  said.signature = key.sign(proof_of(said));
  statements.emplace_back(said);
}

model::ServerIdentity SigningServer::identity() const {
  return {.key = key.public_key(),
          .root_key = root_key ? root_key->public_key() : PublicKey(),
          .epoch = epoch,
          .statements = statements};
}

HttpResponse SigningServer::signed_answer(const HttpRequest& request, int status,
                                          std::string body) const {
  HttpResponse response{status, {}, std::move(body)};
  const std::string nonce = header(request, "Titan-Nonce");
  if (nonce.empty()) return response;
  response.headers["Titan-Key"] = key.public_key().text();
  response.headers["Titan-Signature"] = key.sign(model::answer_proof(nonce, response.body)).text();
  return response;
}

HttpResponse SigningServer::handle(const HttpRequest& request) {
  const std::string path(request.path());
  if (path == "/v1/identity") {
    return signed_answer(request, 200, canonical_json(json_of(identity())));
  }
  if (path == "/v1/enroll") return enroll(request);
  if (path == "/v1/lobby") return lobby(request);
  if (path == "/v1/sessions/challenge") return challenge(request);
  if (path == "/v1/sessions") return session(request);
  if (path == "/v1/rotate") return change_key(request);
  const std::string token = header(request, "Authorization");
  const auto found = sessions.find(token);
  if (found == sessions.end()) return refused(401, "denied");
  if (path == "/v1/hosts/" + found->second.host + "/sync") return sync(request, found->second);
  return inner_(request);
}

HttpResponse SigningServer::enrolled(const HttpRequest& request, const std::string& host) const {
  return signed_answer(
      request, 200,
      canonical_json(
          {{"host", host}, {"organization", organization}, {"identity", json_of(identity())}}));
}

HttpResponse SigningServer::enroll(const HttpRequest& request) {
  const json body = parse_json(request.body).value();
  const std::string secret = text(body, "secret");
  const auto found = enrollments.find(secret);
  const PublicKey device = key_of(body);
  const std::string proof =
      model::enroll_proof(key.public_key(), Digest::of(secret), device, text(body, "nonce"));
  if (found == enrollments.end() || !is_signed(device, proof, body)) return refused(403, "denied");
  if (devices.contains(device)) return refused(409, "conflict");
  devices[device] = found->second;
  enrollments.erase(found);
  return enrolled(request, devices[device]);
}

HttpResponse SigningServer::lobby(const HttpRequest& request) const {
  const json body = parse_json(request.body).value();
  const PublicKey device = key_of(body);
  const std::string proof = model::lobby_proof({.server = key.public_key(),
                                                .device = device,
                                                .organization = text(body, "organization"),
                                                .name = text(body, "name"),
                                                .nonce = text(body, "nonce")});
  if (!is_signed(device, proof, body)) return refused(403, "denied");
  if (const auto found = devices.find(device); found != devices.end()) {
    return enrolled(request, found->second);
  }
  const std::string id = Digest::of(device.text()).hex().substr(0, 12);
  return signed_answer(request, 202, canonical_json({{"id", id}, {"retryAfter", 10}}));
}

HttpResponse SigningServer::challenge(const HttpRequest& request) {
  const json body = parse_json(request.body).value();
  const AgreementKey ephemeral = AgreementKey::make(random_);
  const std::string name = base64url(Secret::random(random_, 24).bytes());
  challenges_[name] = {std::string(ephemeral.secret_bytes().bytes()), text(body, "ephemeral")};
  return signed_answer(
      request, 200, canonical_json({{"challenge", name}, {"ephemeral", ephemeral.public_text()}}));
}

HttpResponse SigningServer::session(const HttpRequest& request) {
  const json body = parse_json(request.body).value();
  const PublicKey device = key_of(body);
  const auto found = challenges_.find(text(body, "challenge"));
  const auto bound = devices.find(device);
  if (found == challenges_.end() || bound == devices.end()) return refused(403, "denied");
  const AgreementKey ephemeral = AgreementKey::from_bytes(found->second.ephemeral_secret).value();
  const model::SessionProof proof{.server = key.public_key(),
                                  .device = device,
                                  .challenge = found->first,
                                  .device_ephemeral = found->second.device_ephemeral,
                                  .server_ephemeral = ephemeral.public_text(),
                                  .instance = text(body, "instance")};
  if (!is_signed(device, model::session_proof(proof), body)) return refused(403, "denied");
  const Secret shared = ephemeral.agree(proof.device_ephemeral).value();
  const std::string transcript = model::session_transcript(proof);
  const Secret token = derive(shared, model::kSessionTokenContext, transcript);
  Session session{bound->second, MacKey::of(derive(shared, model::kSessionMacContext, transcript,
                                                   MacKey::kBytes))};
  HttpResponse response{
      200,
      {},
      canonical_json({{"host", session.host}, {"organization", organization}, {"lifetime", 3600}})};
  const std::string said = model::answer_proof(proof.challenge, response.body);
  response.headers["Titan-Mac"] = mac_of(session.key, said).text();
  sessions.insert_or_assign("Bearer " + base64url(token.bytes()), std::move(session));
  challenges_.erase(found);
  ++opened;
  return response;
}

HttpResponse SigningServer::change_key(const HttpRequest& request) {
  const json body = parse_json(request.body).value();
  const PublicKey next = PublicKey::parse(text(body, "next")).value();
  const model::RotationProof proof{.server = key.public_key(),
                                   .device = key_of(body),
                                   .next = next,
                                   .challenge = text(body, "challenge")};
  const auto bound = devices.find(proof.device);
  const Signature by_next = Signature::parse(text(body, "nextSignature")).value();
  const bool counts = challenges_.erase(proof.challenge) > 0 && bound != devices.end() &&
                      is_signed(proof.device, model::rotation_proof(proof), body) &&
                      verifies(next, model::rotation_next_proof(proof), by_next);
  if (!counts) return refused(403, "denied");
  if (devices.contains(next)) return refused(409, "conflict");
  const std::string host = bound->second;
  devices.erase(bound);
  bind(next, host);
  std::erase_if(sessions, [&](const auto& one) { return one.second.host == host; });
  return signed_answer(
      request, 200,
      canonical_json({{"host", host}, {"organization", organization}, {"key", next.text()}}));
}

HttpResponse SigningServer::sync(const HttpRequest& request, const Session& session) {
  HttpResponse response = inner_(request);
  if (response.status != 200 && response.status != 204) return response;
  const std::string bookmark = response.header("Titan-Bookmark");
  const std::string nonce = header(request, "Titan-Nonce");
  const model::SyncProof proof{
      .organization = organization,
      .host = session.host,
      .bookmark = bookmark,
      .nonce = nonce,
      .poll_after = std::chrono::seconds(std::stoll(response.header("Titan-Poll-After"))),
      .report_wanted = response.header("Titan-Report-Wanted") == "true"};
  if (response.status == 200) {
    response.headers["Titan-Key"] = key.public_key().text();
    response.headers["Titan-Signature"] = key.sign(model::sync_proof(proof, response.body)).text();
  } else {
    response.headers["Titan-Mac"] = mac_of(session.key, model::poll_proof(proof)).text();
  }
  return response;
}

}  // namespace titan::testing
