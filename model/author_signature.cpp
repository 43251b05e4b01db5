#include "model/author_signature.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

Result<AuthorSignature> parse_signature(const json& object, std::string path) {
  FieldReader reader(object, std::move(path));
  reader.require({"key", "serial", "signature"});
  const AuthorSignature signature{
      .key = reader.parsed<PublicKey>("key", &PublicKey::parse),
      .serial = reader.number("serial"),
      .signature = reader.parsed<Signature>("signature", &Signature::parse)};
  if (signature.serial == 0) reader.refuse("serial", "expected a number from 1 on, found 0");
  TITAN_TRY(reader.finish());
  return signature;
}

}  // namespace

json json_of(const AuthorSignatures& signatures) {
  json array = json::array();
  for (const AuthorSignature& signature : signatures) {
    array.push_back({{"key", signature.key.text()},
                     {"serial", signature.serial},
                     {"signature", signature.signature.text()}});
  }
  return array;
}

AuthorSignatures read_signatures(FieldReader& reader, std::string_view field) {
  AuthorSignatures signatures;
  const json* array = reader.array(field, kAuthorSignaturesMax);
  if (array == nullptr) return signatures;
  std::set<PublicKey> keys;
  for (const json& item : *array) {
    auto signature = parse_signature(
        item, reader.path_of(field) + "[" + std::to_string(signatures.size()) + "]");
    if (!signature) {
      reader.refuse(std::move(signature).error());
      return {};
    }
    if (!keys.insert(signature->key).second) {
      reader.refuse(field, quote(signature->key.text()) + " stands there twice");
    }
    signatures.push_back(*std::move(signature));
  }
  return signatures;
}

}  // namespace titan::model
