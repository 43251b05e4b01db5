#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/digest.hpp"

namespace titan::model {

// One value of a secret, as everybody may see it: either what the server keeps, or `sealed`.
struct SecretEntry {
  // Says whether two values are equal, to those who know neither: a MAC under a key of the server.
  Digest digest = {};
  Digest blob = {};  // where the server keeps the value, encrypted
  // Only on the way to the server: base64url of the value, sealed for the server's key
  // (base/sealing.hpp). Which bytes are sealed, docs/spec/secret.md says.
  std::string sealed = {};
  bool operator==(const SecretEntry&) const = default;
};

// Values that only the hosts they are meant for get to see. docs/spec/secret.md.
struct SecretSpec {
  std::map<std::string, SecretEntry> data = {};  // by key
  bool operator==(const SecretSpec&) const = default;
};

// One to kSecretKeyBytesMax letters, digits, '-', '_' and '.', which begin and end with a letter or
// a digit.
bool is_secret_key(std::string_view text);

}  // namespace titan::model
