#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "base/signing.hpp"
#include "model/field_reader.hpp"

namespace titan::model {

// An author's word for what a deployment, or a host, is: by which key, which of the author's words
// on it (a greater serial replaces a lower one), and the signature over what author_statement.hpp
// makes of both. It says nothing by itself: whoever relies on it verifies it.
struct AuthorSignature {
  PublicKey key = {};
  std::uint64_t serial = 0;  // 1 to 2^63-1: the microseconds of the moment when it was made
  Signature signature = {};
  bool operator==(const AuthorSignature&) const = default;
};

using AuthorSignatures = std::vector<AuthorSignature>;

// A list of {key, serial, signature}.
nlohmann::json json_of(const AuthorSignatures& signatures);
// Reads the list in a field that may be absent. Refused, naming the field: more than
// kAuthorSignaturesMax, one that lacks a part or has one that is none, and two of one key.
AuthorSignatures read_signatures(FieldReader& reader, std::string_view field);

}  // namespace titan::model
