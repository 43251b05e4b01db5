#include <nlohmann/json.hpp>
#include <utility>

#include "model/proofs.hpp"
#include "server-lite/api.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;

// The header's value, or "" when there is none.
std::string_view nonce_of(const Request& request) {
  const auto found = request.http.headers.find("Titan-Nonce");
  return found == request.http.headers.end() ? std::string_view() : found->second;
}

Response with_signature(const Api& api, Response response, std::string_view nonce) {
  response = without_line_end(std::move(response));
  const SigningKey& key = api.keys.signing();
  response.headers["Titan-Key"] = key.public_key().text();
  response.headers["Titan-Signature"] = key.sign(model::answer_proof(nonce, response.body)).text();
  return response;
}

// What every request of a stranger goes through: the nonce, the limit, and its body; the answer is
// signed when it was asked for.
template <class Parse, class Handle>
Response answer_stranger(const Api& api, const Request& request, const Parse& parse,
                         const Handle& handle) {
  const std::string_view nonce = nonce_of(request);
  if (!nonce.empty()) {
    if (const auto checked = check_nonce(nonce); !checked) {
      return unreadable(checked.error(), request.id);
    }
  }
  if (const auto wait = api.devices.wait_of(request.peer))
    return too_many_response(*wait, request.id);
  const auto body = request.json();
  if (!body) return unreadable(body.error(), request.id);
  const auto read = parse(*body);
  if (!read) return error_response(read.error(), request.id);
  Response response = handle(*read);
  return nonce.empty() ? response : with_signature(api, std::move(response), nonce);
}

Response identity(const Api& api, const Request& request) {
  const std::string_view nonce = nonce_of(request);
  Response response = json_response(200, model::json_of(api.devices.identity()));
  if (nonce.empty()) return response;
  if (const auto checked = check_nonce(nonce); !checked) {
    return unreadable(checked.error(), request.id);
  }
  return with_signature(api, std::move(response), nonce);
}

// A device is a host now.
Response welcome(const Api& api, const DeviceService::Place& place) {
  return json_response(200, {{"host", place.host},
                             {"organization", place.organization},
                             {"identity", model::json_of(api.devices.identity())}});
}

Response enroll(const Api& api, const Request& request) {
  return answer_stranger(api, request, &parse_enroll_request, [&](const EnrollRequest& asked) {
    const auto place = api.devices.enroll(asked, request.peer, request.id);
    return place ? welcome(api, *place) : error_response(place.error(), request.id);
  });
}

Response visit_lobby(const Api& api, const Request& request) {
  return answer_stranger(api, request, &parse_lobby_request, [&](const LobbyRequest& asked) {
    const auto outcome = api.devices.visit_lobby(asked, request.peer);
    if (!outcome) return error_response(outcome.error(), request.id);
    if (const auto* place = std::get_if<DeviceService::Place>(&*outcome)) {
      return welcome(api, *place);
    }
    return json_response(202, {{"id", std::get<DeviceService::InLobby>(*outcome).id},
                               {"retryAfter", kLobbyRetryAfter.count()}});
  });
}

Response list_lobby(const Api& api, const Request& request) {
  json items = json::array();
  for (const Lobby::Waiting& one : api.devices.lobby(request.who->organization)) {
    items.push_back({{"id", short_id_of(one.key)},
                     {"key", one.key.text()},
                     {"name", one.name},
                     {"address", one.address},
                     {"since", one.since.text()},
                     {"lastSeen", one.last_seen.text()}});
  }
  return json_response(200, {{"items", std::move(items)}});
}

// The nonce of the body counts when there is none in the header: a challenge is always signed.
Response challenge(const Api& api, const Request& request) {
  return answer_stranger(
      api, request, &parse_challenge_request, [&](const ChallengeRequest& asked) {
        const auto made = api.devices.challenge(asked);
        Response response =
            json_response(200, {{"challenge", made.challenge}, {"ephemeral", made.ephemeral}});
        if (!nonce_of(request).empty()) return response;
        return with_signature(api, std::move(response), asked.nonce);
      });
}

Response open_session(const Api& api, const Request& request) {
  return answer_stranger(api, request, &parse_session_request, [&](const SessionRequest& asked) {
    const auto who = api.devices.open_session(asked, request.peer, request.id);
    if (!who) return error_response(who.error(), request.id);
    const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(kSessionLifetime);
    Response response = without_line_end(json_response(200, {{"host", (*who)->host},
                                                             {"organization", (*who)->organization},
                                                             {"lifetime", lifetime.count()}}));
    response.headers["Titan-Mac"] =
        mac_of((*who)->session->mac_key, model::answer_proof(asked.challenge, response.body))
            .text();
    return response;
  });
}

Response rotate(const Api& api, const Request& request) {
  return answer_stranger(api, request, &parse_rotation_request, [&](const RotationRequest& asked) {
    const auto place = api.devices.rotate(asked, request.peer, request.id);
    if (!place) return error_response(place.error(), request.id);
    return json_response(
        200,
        {{"host", place->host}, {"organization", place->organization}, {"key", asked.next.text()}});
  });
}

Parameter nonce_header() {
  return {"Titan-Nonce", "Nonce", "The answer is signed over it."};
}

// Of a route that is asked before anybody is known.
Route strangers_route() {
  return {.tag = "Identity",
          .access = Access{Area::everyone, Act::write},
          .headers = {nonce_header()},
          .errors = {403, 413, 422, 429}};
}

void add_enrolling(Router& router, const Api& api) {
  const std::vector<std::string> signed_by = {"Titan-Key", "Titan-Signature"};
  Route route = strangers_route();
  route.method = "POST";
  route.path = "/v1/enroll";
  route.operation = "enrollDevice";
  route.summary = "Become a host by a secret";
  route.description =
      "A device shows the secret of an enrollment, once, and its public key. The enrollment is "
      "gone "
      "then; the host is there, and so is its device. 403 says the same for a secret that is "
      "unknown, used or expired.";
  route.body = "EnrollRequest";
  route.answers = {{200, "The device is the host.", "EnrolledDevice", signed_by}};
  route.errors.push_back(409);
  route.handler = [api](const Request& r) { return enroll(api, r); };
  router.add(std::move(route));

  route = strangers_route();
  route.method = "POST";
  route.path = "/v1/lobby";
  route.operation = "visitLobby";
  route.summary = "Wait to be approved";
  route.description =
      "A device without a secret asks again and again. Somebody approves it by writing the Host "
      "and "
      "the Device with its key.";
  route.body = "LobbyRequest";
  route.answers = {{200, "The device is the host.", "EnrolledDevice", signed_by},
                   {202, "Nobody has approved it yet.", "LobbyPlace", signed_by}};
  route.handler = [api](const Request& r) { return visit_lobby(api, r); };
  router.add(std::move(route));

  router.add({.method = "GET",
              .path = "/v1/lobby",
              .operation = "listLobby",
              .tag = "Identity",
              .summary = "Who waits to be approved",
              .description = "Who waits longest comes first. Compare `id` with what the device "
                             "shows.",
              .access = Access{Area::enrollments, Act::read},
              .answers = {{200, "The devices.", "Lobby"}},
              .handler = [api](const Request& r) { return list_lobby(api, r); }});
}

void add_sessions(Router& router, const Api& api) {
  Route route = strangers_route();
  route.method = "POST";
  route.path = "/v1/sessions/challenge";
  route.operation = "getChallenge";
  route.summary = "Begin a session";
  route.description = "The challenge counts for 60 seconds, for this key and this ephemeral.";
  route.body = "ChallengeRequest";
  route.answers = {{200, "To be signed.", "Challenge", {"Titan-Key", "Titan-Signature"}}};
  route.handler = [api](const Request& r) { return challenge(api, r); };
  router.add(std::move(route));

  route = strangers_route();
  route.method = "POST";
  route.path = "/v1/sessions";
  route.operation = "openSession";
  route.summary = "Open a session";
  route.description =
      "Both sides then know the session's token, which is never sent but as a bearer token. 403 "
      "says the same for a key that is unknown or revoked and for a wrong signature.";
  route.headers = {};
  route.body = "SessionRequest";
  route.answers = {{200, "The session is open.", "OpenSession", {"Titan-Mac"}}};
  route.handler = [api](const Request& r) { return open_session(api, r); };
  router.add(std::move(route));
}

void add_rotation(Router& router, const Api& api) {
  Route route = strangers_route();
  route.method = "POST";
  route.path = "/v1/rotate";
  route.operation = "rotateDeviceKey";
  route.summary = "Change a device's key";
  route.description =
      "A device answers a challenge of `/v1/sessions/challenge` by the key that it has and by the "
      "one that it will have. The first opens nothing then, and its sessions are over. 403 says "
      "the same whatever was wrong.";
  route.body = "RotationRequest";
  route.answers = {
      {200, "The device has the next key.", "RotatedKey", {"Titan-Key", "Titan-Signature"}}};
  route.errors.push_back(409);
  route.handler = [api](const Request& r) { return rotate(api, r); };
  router.add(std::move(route));
}

}  // namespace

void add_device_routes(Router& router, const Api& api) {
  router.add({.method = "GET",
              .path = "/v1/identity",
              .operation = "getServerIdentity",
              .tag = "Identity",
              .summary = "Who the server is",
              .description = "Its keys, its epoch, and its signed statements about both.",
              .access = Access{Area::everyone, Act::read},
              .headers = {nonce_header()},
              .answers = {{200,
                           "Signed when a nonce was sent.",
                           "ServerIdentity",
                           {"Titan-Key", "Titan-Signature"}}},
              .handler = [api](const Request& r) { return identity(api, r); }});
  add_enrolling(router, api);
  add_sessions(router, api);
  add_rotation(router, api);
}

}  // namespace titan::server_lite
