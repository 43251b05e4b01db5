#include "client/device_channel.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/key_agreement.hpp"
#include "base/text.hpp"
#include "client/answer.hpp"
#include "client/device_request.hpp"
#include "client/enrollment.hpp"
#include "client/limits.hpp"
#include "model/field_reader.hpp"
#include "model/proofs.hpp"

namespace titan::client {
namespace {

using model::FieldReader;
using nlohmann::json;

constexpr int kUnauthorized = 401;
constexpr int kPartialContent = 206;

struct Challenge {
  std::string challenge = {};
  std::string ephemeral = {};
};

Result<Challenge> read_challenge(const HttpResponse& response) {
  TITAN_ASSIGN(const json body, json_of(response));
  FieldReader reader(body, "");
  Challenge challenge{reader.required_text("challenge"), reader.required_text("ephemeral")};
  if (const auto done = reader.finish(); !done) return wrong_answer(done.error());
  return challenge;
}

Doubt other_host(const std::string& host, const std::string& organization,
                 const DeviceChannel::Device& device) {
  return {Distrust::other_host, "the session is of the host " + quote(host) + " in " +
                                    quote(organization) + ", not of " + quote(device.host) +
                                    " in " + quote(device.organization)};
}

// That the session is this device's, which only the server can know.
Result<Believed<void>> check_names(const HttpResponse& response,
                                   const DeviceChannel::Device& device) {
  TITAN_ASSIGN(const json body, json_of(response));
  FieldReader reader(body, "");
  const std::string host = reader.required_text("host");
  const std::string organization = reader.required_text("organization");
  (void)reader.number("lifetime");  // the server says when a session is over
  if (const auto done = reader.finish(); !done) return wrong_answer(done.error());
  if (host == device.host && organization == device.organization) return Believed<void>();
  return Believed<void>(tl::unexpected(other_host(host, organization, device)));
}

// That the answer is the part that was asked for: "bytes 0-99/1000".
Result<void> check_part(const HttpResponse& response, const std::string& wanted,
                        const BlobRange& range) {
  const std::string expected = "bytes " + wanted + "/" + std::to_string(range.size);
  const std::string found = response.header("Content-Range");
  if (found != expected) {
    return internal("the server sent the part " + quote(found) + " of a blob, expected " +
                    quote(expected));
  }
  const std::uint64_t bytes = std::min(range.bytes_max, range.size - range.offset);
  if (response.body.size() == bytes) return {};
  return internal("the server sent " + std::to_string(response.body.size()) +
                  " bytes as the part " + quote(found) + " of a blob");
}

bool may_be_news(const Doubt& doubt) {
  return doubt.reason == Distrust::unknown_key || doubt.reason == Distrust::unknown_epoch;
}

}  // namespace

DeviceChannel::DeviceChannel(const Env& env, Device device, TrustState trust)
    : env_(env), device_(std::move(device)), trust_(std::move(trust)) {}

void DeviceChannel::resume(DeviceSession session) {
  session_ = std::move(session);
}

void DeviceChannel::note_verified(const HighWater& high_water) {
  const bool counts = high_water.root == trust_.root && high_water.bookmark.epoch == trust_.epoch;
  const bool is_higher = high_water_.root != trust_.root ||
                         high_water_.bookmark.epoch != trust_.epoch ||
                         high_water_.bookmark.seq < high_water.bookmark.seq;
  if (counts && is_higher) high_water_ = high_water;
}

template <class Value>
Result<Value> DeviceChannel::noted(Believed<Value> believed) {
  if (believed) {
    if constexpr (std::is_void_v<Value>) {
      return {};
    } else {
      return *std::move(believed);
    }
  }
  doubt_ = std::move(believed.error());
  // Whatever is wrong, a new session makes sure that it is not on this side.
  session_.reset();
  return doubt_->error();
}

Result<SyncAnswer> DeviceChannel::sync(const model::SyncRequest& request,
                                       std::chrono::seconds wait) {
  doubt_.reset();
  retry_after_.reset();
  std::string target = "/v1/hosts/" + percent_encode(device_.host) + "/sync";
  if (wait.count() > 0) {
    target += "?wait=" + std::to_string(std::min(wait, kWaitMax).count()) + "s";
  }
  const std::string body = canonical_json(model::json_of(request));
  Tried tried;
  while (true) {
    TITAN_TRY(ensure_session(tried));
    const MacKey key = MacKey::of(session_->mac_key.copy());
    const std::string nonce = make_nonce(env_.random);
    HttpRequest asked = device_request("POST", target, nonce, body);
    asked.headers.emplace("Authorization", bearer());
    TITAN_ASSIGN(const HttpResponse response, env_.transport.send(asked));
    if (response.status == kUnauthorized && !tried.session) {
      session_.reset();
      continue;
    }
    if (response.status != 200 && response.status != 204) return refused(response);
    const SyncRequestFacts expected = facts(nonce, key);
    auto answer = check_sync(response, expected);
    if (!answer && may_be_news(answer.error()) && !tried.identity) {
      TITAN_TRY(follow_server(tried));
      // The same question again: what was answered before the news counts for nothing.
      continue;
    }
    TITAN_ASSIGN(SyncAnswer head, noted(std::move(answer)));
    return read_manifest(response, std::move(head), expected);
  }
}

Result<SyncAnswer> DeviceChannel::read_manifest(const HttpResponse& response, SyncAnswer answer,
                                                const SyncRequestFacts& expected) {
  if (response.status == 200) {
    TITAN_ASSIGN(const json body, json_of(response));
    auto manifest = model::parse_manifest(body);
    if (!manifest) return wrong_answer(manifest.error());
    TITAN_TRY(noted(check_manifest(*manifest, answer.bookmark, expected)));
    answer.manifest = *std::move(manifest);
  }
  note_verified({trust_.root, answer.bookmark});
  return answer;
}

Result<HttpResponse> DeviceChannel::ask_blob(const Digest& digest, const std::string& range) {
  doubt_.reset();
  retry_after_.reset();
  Tried tried;
  while (true) {
    TITAN_TRY(ensure_session(tried));
    HttpRequest asked = device_request("GET", "/v1/blobs/" + digest.text(), "");
    asked.headers["Accept"] = "*/*";
    asked.headers.emplace("Authorization", bearer());
    if (!range.empty()) asked.headers["Range"] = range;
    TITAN_ASSIGN(HttpResponse response, env_.transport.send(asked));
    if (response.status != kUnauthorized || tried.session) return response;
    session_.reset();
  }
}

Result<void> DeviceChannel::check_blob(const Digest& digest, std::string_view content) {
  doubt_.reset();
  retry_after_.reset();
  const Digest found = Digest::of(content);
  if (found == digest) return {};
  doubt_ = Doubt{Distrust::wrong_blob,
                 "what came for the blob " + digest.text() + " has the digest " + found.text()};
  return doubt_->error();
}

Result<std::string> DeviceChannel::get_blob(const Digest& digest) {
  TITAN_ASSIGN(HttpResponse response, ask_blob(digest, ""));
  if (response.status != 200) return refused(response);
  TITAN_TRY(check_blob(digest, response.body));
  return std::move(response.body);
}

Result<BlobPart> DeviceChannel::get_blob_part(const Digest& digest, const BlobRange& range) {
  const std::string wanted =
      std::to_string(range.offset) + "-" +
      std::to_string(std::min(range.size, range.offset + range.bytes_max) - 1);
  TITAN_ASSIGN(HttpResponse response, ask_blob(digest, "bytes=" + wanted));
  if (response.status == 200) {
    TITAN_TRY(check_blob(digest, response.body));
    return BlobPart{.bytes = std::move(response.body), .is_whole = true};
  }
  if (response.status != kPartialContent) return refused(response);
  TITAN_TRY(check_part(response, wanted, range));
  return BlobPart{.bytes = std::move(response.body)};
}

Result<void> DeviceChannel::open() {
  doubt_.reset();
  retry_after_.reset();
  Tried tried;
  return ensure_session(tried);
}

Result<void> DeviceChannel::rotate(const SigningKey& next) {
  doubt_.reset();
  retry_after_.reset();
  Tried tried;
  // The challenge is the one of a session, of which no half is agreed on here.
  const std::string ephemeral = AgreementKey::make(env_.random).public_text();
  TITAN_ASSIGN(const HttpResponse challenged, ask_challenge(ephemeral, tried));
  TITAN_ASSIGN(const Challenge challenge, read_challenge(challenged));
  const model::RotationProof proof{.server = trust_.key,
                                   .device = device_.key.public_key(),
                                   .next = next.public_key(),
                                   .challenge = challenge.challenge};
  const json body = {{"key", proof.device.text()},
                     {"next", proof.next.text()},
                     {"ephemeral", ephemeral},
                     {"challenge", proof.challenge},
                     {"signature", device_.key.sign(model::rotation_proof(proof)).text()},
                     {"nextSignature", next.sign(model::rotation_next_proof(proof)).text()}};
  const std::string nonce = make_nonce(env_.random);
  TITAN_ASSIGN(
      const HttpResponse response,
      env_.transport.send(device_request("POST", "/v1/rotate", nonce, canonical_json(body))));
  if (response.status != 200) return refused(response);
  return check_rotated(response, nonce);
}

// That it is the server who says so, of this host.
Result<void> DeviceChannel::check_rotated(const HttpResponse& response, const std::string& nonce) {
  TITAN_ASSIGN(const PublicKey key, noted(check_signed(response, nonce)));
  if (key != trust_.key) {
    return noted<void>(tl::unexpected(
        Doubt{Distrust::unknown_key, "the answer is signed by " + quote(key.text()) +
                                         ", the server's key is " + quote(trust_.key.text())}));
  }
  TITAN_ASSIGN(const json told, json_of(response));
  FieldReader reader(told, "");
  const std::string host = reader.required_text("host");
  const std::string organization = reader.required_text("organization");
  (void)reader.required_text("key");  // it is in what was asked, and signed
  if (const auto done = reader.finish(); !done) return wrong_answer(done.error());
  if (host != device_.host || organization != device_.organization) {
    return noted<void>(tl::unexpected(other_host(host, organization, device_)));
  }
  session_.reset();
  return {};
}

Error DeviceChannel::refused(const HttpResponse& response) {
  retry_after_ = read_retry_after(response);
  return error_of(response);
}

std::string DeviceChannel::bearer() const {
  return "Bearer " + std::string(session_->token.bytes());
}

SyncRequestFacts DeviceChannel::facts(const std::string& nonce, const MacKey& key) const {
  return {.organization = device_.organization,
          .host = device_.host,
          .nonce = nonce,
          .session = key,
          .trust = trust_,
          .high_water = high_water_};
}

Result<void> DeviceChannel::ensure_session(Tried& tried) {
  if (session_) return {};
  tried.session = true;
  return open_session(tried);
}

Result<HttpResponse> DeviceChannel::ask_challenge(const std::string& ephemeral, Tried& tried) {
  while (true) {
    const std::string nonce = make_nonce(env_.random);
    const json body = {
        {"key", device_.key.public_key().text()}, {"ephemeral", ephemeral}, {"nonce", nonce}};
    TITAN_ASSIGN(HttpResponse response,
                 env_.transport.send(device_request("POST", "/v1/sessions/challenge", nonce,
                                                    canonical_json(body))));
    if (response.status != 200) return refused(response);
    TITAN_ASSIGN(const PublicKey key, noted(check_signed(response, nonce)));
    if (key == trust_.key) return response;
    if (tried.identity) {
      return noted<HttpResponse>(tl::unexpected(
          Doubt{Distrust::unknown_key, "the challenge is signed by " + quote(key.text()) +
                                           ", the server's key is " + quote(trust_.key.text())}));
    }
    TITAN_TRY(follow_server(tried));
  }
}

Result<void> DeviceChannel::open_session(Tried& tried) {
  const AgreementKey ephemeral = AgreementKey::make(env_.random);
  TITAN_ASSIGN(const HttpResponse challenged, ask_challenge(ephemeral.public_text(), tried));
  TITAN_ASSIGN(const Challenge challenge, read_challenge(challenged));
  const auto shared = ephemeral.agree(challenge.ephemeral);
  if (!shared) return wrong_answer(shared.error());

  const model::SessionProof proof{.server = trust_.key,
                                  .device = device_.key.public_key(),
                                  .challenge = challenge.challenge,
                                  .device_ephemeral = ephemeral.public_text(),
                                  .server_ephemeral = challenge.ephemeral,
                                  .instance = device_.instance};
  const json body = {{"key", proof.device.text()},
                     {"ephemeral", proof.device_ephemeral},
                     {"challenge", proof.challenge},
                     {"instance", proof.instance},
                     {"signature", device_.key.sign(model::session_proof(proof)).text()}};
  TITAN_ASSIGN(const HttpResponse response, env_.transport.send(device_request(
                                                "POST", "/v1/sessions", "", canonical_json(body))));
  if (response.status != 200) return refused(response);
  const std::string transcript = model::session_transcript(proof);
  DeviceSession session{
      .token =
          Secret::of(base64url(derive(*shared, model::kSessionTokenContext, transcript).bytes())),
      .mac_key = derive(*shared, model::kSessionMacContext, transcript, MacKey::kBytes)};
  TITAN_TRY(
      noted(check_session(response, challenge.challenge, MacKey::of(session.mac_key.copy()))));
  TITAN_ASSIGN(Believed<void> names, check_names(response, device_));
  TITAN_TRY(noted(std::move(names)));
  session_ = std::move(session);
  return {};
}

Result<void> DeviceChannel::follow_server(Tried& tried) {
  tried.identity = true;
  TITAN_ASSIGN(Result<model::ServerIdentity> asked,
               noted(ask_identity(env_.transport, env_.random)));
  TITAN_ASSIGN(const model::ServerIdentity identity, std::move(asked));
  const auto followed = follow(trust_, identity);
  if (!followed) {
    const bool of_key = followed.error().field == "key";
    return noted<void>(tl::unexpected(
        Doubt{of_key ? Distrust::unknown_key : Distrust::unknown_epoch, followed.error().message}));
  }
  if (*followed == trust_) return {};
  if (env_.keep_trust) TITAN_TRY(env_.keep_trust(*followed));
  // Who had the key before may have been at the other end of the session.
  if (followed->key != trust_.key) session_.reset();
  trust_ = *followed;
  return {};
}

}  // namespace titan::client
