#include "model/server_statement.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "model/bookmark.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

json written(const KeyStatement& statement) {
  return {{"statement", "key"},
          {"root", statement.root},
          {"number", statement.number},
          {"key", statement.key.text()},
          {"previous", statement.previous.text()},
          {"rootKey", statement.root_key.text()},
          {"signedBy", statement.signed_by.text()},
          {"signature", statement.signature.text()}};
}

json written(const EpochStatement& statement) {
  return {{"statement", "epoch"},
          {"epoch", statement.epoch},
          {"number", statement.number},
          {"signedBy", statement.signed_by.text()},
          {"signature", statement.signature.text()}};
}

std::string read_epoch(FieldReader& reader) {
  std::string epoch = reader.text("epoch");
  if (!epoch.empty() && !Bookmark::parse(epoch + ".0")) {
    reader.refuse("epoch", "expected 16 lower-case hex digits, found " + quote(epoch));
  }
  return epoch;
}

KeyStatement read_key(FieldReader& reader) {
  reader.require({"root", "number", "key", "previous", "signedBy", "signature"});
  return {.root = reader.number("root"),
          .number = reader.number("number"),
          .key = reader.parsed<PublicKey>("key", &PublicKey::parse),
          .previous = reader.parsed<PublicKey>("previous", &PublicKey::parse),
          .root_key = reader.parsed<PublicKey>("rootKey", &PublicKey::parse),
          .signed_by = reader.parsed<PublicKey>("signedBy", &PublicKey::parse),
          .signature = reader.parsed<Signature>("signature", &Signature::parse)};
}

EpochStatement read_epoch_statement(FieldReader& reader) {
  reader.require({"epoch", "number", "signedBy", "signature"});
  return {.epoch = read_epoch(reader),
          .number = reader.number("number"),
          .signed_by = reader.parsed<PublicKey>("signedBy", &PublicKey::parse),
          .signature = reader.parsed<Signature>("signature", &Signature::parse)};
}

Result<ServerStatement> parse_at(const json& object, const std::string& path) {
  FieldReader reader(object, path);
  const std::string word = reader.required_text("statement");
  ServerStatement statement;
  if (word == "key") {
    statement = read_key(reader);
  } else if (word == "epoch") {
    statement = read_epoch_statement(reader);
  } else {
    reader.refuse("statement", "expected key or epoch, found " + quote(word));
  }
  TITAN_TRY(reader.finish());
  return statement;
}

}  // namespace

std::string proof_of(const KeyStatement& statement) {
  return signable("titan-key-1",
                  {std::to_string(statement.root), std::to_string(statement.number),
                   statement.key.text(), statement.previous.text(), statement.root_key.text()});
}

std::string proof_of(const EpochStatement& statement) {
  return signable("titan-epoch-1", {statement.epoch, std::to_string(statement.number)});
}

std::string proof_of(const ServerStatement& statement) {
  return std::visit([](const auto& one) { return proof_of(one); }, statement);
}

json json_of(const ServerStatement& statement) {
  return std::visit([](const auto& one) { return written(one); }, statement);
}

Result<ServerStatement> parse_statement(const json& object) {
  return parse_at(object, "");
}

json json_of(const ServerIdentity& identity) {
  json statements = json::array();
  for (const ServerStatement& statement : identity.statements) {
    statements.push_back(json_of(statement));
  }
  return {{"key", identity.key.text()},
          {"rootKey", identity.root_key.text()},
          {"epoch", identity.epoch},
          {"statements", std::move(statements)}};
}

Result<ServerIdentity> parse_server_identity(const json& object) {
  FieldReader reader(object, "");
  reader.require({"key", "epoch"});
  ServerIdentity identity{.key = reader.parsed<PublicKey>("key", &PublicKey::parse),
                          .root_key = reader.parsed<PublicKey>("rootKey", &PublicKey::parse),
                          .epoch = read_epoch(reader)};
  if (const json* list = reader.array("statements", kStatementsMax); list != nullptr) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      auto statement = parse_at((*list)[i], "statements[" + std::to_string(i) + "]");
      if (!statement) {
        reader.refuse(statement.error());
        break;
      }
      identity.statements.push_back(*std::move(statement));
    }
  }
  TITAN_TRY(reader.finish());
  return identity;
}

}  // namespace titan::model
