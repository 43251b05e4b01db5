// What is typed or sent before anybody is known: an enrollment string, and a JSON body, which is
// tried as each of those that devices send, as a statement of a server and as its identity. What is
// read prints as it was read; nothing made up is signed; every error is `invalid`.

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "fuzz/target.hpp"
#include "model/enrollment_string.hpp"
#include "model/proofs.hpp"
#include "model/server_statement.hpp"
#include "server-lite/identity/device_requests.hpp"
#include "server-lite/identity/enrolling.hpp"

namespace titan::fuzz {
namespace {

using nlohmann::json;

template <class Value>
bool was_read(const Result<Value>& value) {
  if (value) return true;
  require(value.error().code == ErrorCode::invalid, "what is not read is invalid");
  return false;
}

void check_string(std::string_view text) {
  const auto string = model::EnrollmentString::parse(text);
  if (!was_read(string)) return;
  require(string->text().equals(text), "an enrollment string prints as it was read");
  require(!string->server.empty() && !string->url.empty(), "it has all its parts");
}

bool is_signed(const model::ServerStatement& statement) {
  return std::visit(
      [](const auto& one) { return verifies(one.signed_by, model::proof_of(one), one.signature); },
      statement);
}

void check_statements(const json& body) {
  if (const auto statement = model::parse_statement(body); was_read(statement)) {
    require(!is_signed(*statement), "nothing made up is signed");
    const auto again = model::parse_statement(model::json_of(*statement));
    require(again.ok() && *again == *statement, "a statement reads back equal");
  }
  if (const auto identity = model::parse_server_identity(body); was_read(identity)) {
    const auto again = model::parse_server_identity(model::json_of(*identity));
    require(again.ok() && *again == *identity, "an identity reads back equal");
  }
}

void check_requests(const json& body) {
  using namespace server_lite;
  if (const auto request = parse_enroll_request(body); was_read(request)) {
    require(judge(*request, request->key, {}, {}, {}) == EnrollVerdict::bad_signature,
            "nothing made up is signed");
    require(check_nonce(request->nonce).ok(), "its nonce is one");
  }
  if (const auto request = parse_lobby_request(body); was_read(request)) {
    const model::LobbyProof proof{.server = request->key,
                                  .device = request->key,
                                  .organization = request->organization,
                                  .name = request->name,
                                  .nonce = request->nonce};
    require(!verifies(request->key, model::lobby_proof(proof), request->signature),
            "nothing made up is signed");
    require(!request->name.empty() && !request->organization.empty(), "it names both");
  }
  if (const auto request = parse_challenge_request(body); was_read(request)) {
    require(check_nonce(request->nonce).ok(), "its nonce is one");
  }
  if (const auto request = parse_session_request(body); was_read(request)) {
    require(check_nonce(request->instance).ok(), "its instance is one");
  }
}

}  // namespace

void run(std::string_view input) {
  const auto parts = parts_of(input, 2);
  std::string_view text = parts[0];
  if (text.ends_with('\n')) text.remove_suffix(1);
  check_string(text);
  const auto body = parse_json(parts[1]);
  if (!body) return;
  check_statements(*body);
  check_requests(*body);
}

}  // namespace titan::fuzz
