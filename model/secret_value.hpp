#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/signing.hpp"
#include "model/key.hpp"

// How a value of a secret goes to the server: sealed for the server's key (base/sealing.hpp), with
// the place that it is meant for, so that it counts nowhere else. docs/spec/secret.md.
// All functions may be called from any thread.
namespace titan::model {

// invalid unless the value is 1 to kSecretValueBytesMax bytes of UTF-8 without NUL, since it goes
// into templates. The error holds nothing of it.
Result<void> check_secret_value(std::string_view value);

// The `sealed` of a SecretEntry: base64url. `secret`: the organization counts for nothing here.
// REQUIRES: the value was checked, and the server's key is not empty.
std::string seal_secret_value(const PublicKey& server, const Key& secret, std::string_view key,
                              std::string_view value);
// conflict: it was sealed for another key, or changed. invalid: it is for another workspace, secret
// or key; it is no base64url; or what was sealed is no value. No error holds anything of the value.
Result<Secret> open_secret_value(const SigningKey& server, const Key& secret, std::string_view key,
                                 std::string_view sealed);

}  // namespace titan::model
