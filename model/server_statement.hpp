#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/signing.hpp"

// What a server says, once and for all its hosts, about its own keys and epochs: signed, and kept
// so that a host that was away learns it later. docs/spec/identity.md says which of them a host
// takes. All of these are plain values.
namespace titan::model {

// From now on the server signs by `key`.
struct KeyStatement {
  std::uint64_t root = 0;    // how often a root key had to replace a stolen one
  std::uint64_t number = 0;  // counts up from one statement to the next
  PublicKey key = {};
  PublicKey previous = {};  // by which it signed until now; the same when only the root is new
  PublicKey root_key = {};  // empty: none
  PublicKey signed_by = {};
  Signature signature = {};
  bool operator==(const KeyStatement&) const = default;
};

// From now on the server's bookmarks are of `epoch`.
struct EpochStatement {
  std::string epoch = {};
  std::uint64_t number = 0;  // microseconds of the server's wall clock when it began, or greater
  PublicKey signed_by = {};
  Signature signature = {};
  bool operator==(const EpochStatement&) const = default;
};

using ServerStatement = std::variant<KeyStatement, EpochStatement>;

// The bytes that are signed: of everything but `signed_by` and `signature`.
std::string proof_of(const KeyStatement& statement);
std::string proof_of(const EpochStatement& statement);
std::string proof_of(const ServerStatement& statement);

// {"statement":"key","root":0,"number":1,"key":"…","previous":"…","rootKey":"","signedBy":"…",
// "signature":"…"} or {"statement":"epoch","epoch":"…","number":1,"signedBy":"…","signature":"…"}
nlohmann::json json_of(const ServerStatement& statement);
// invalid, naming the field; every field but `rootKey` must be there, and no other. Whether the
// signature is right is not looked at.
Result<ServerStatement> parse_statement(const nlohmann::json& json);

// Who a server is: the body of GET /v1/identity.
struct ServerIdentity {
  PublicKey key = {};
  PublicKey root_key = {};  // empty: none
  std::string epoch = {};
  std::vector<ServerStatement> statements = {};  // oldest first, at most kStatementsMax
  bool operator==(const ServerIdentity&) const = default;
};

nlohmann::json json_of(const ServerIdentity& identity);
// invalid, naming the field.
Result<ServerIdentity> parse_server_identity(const nlohmann::json& json);

}  // namespace titan::model
