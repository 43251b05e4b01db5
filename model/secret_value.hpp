#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/signing.hpp"
#include "model/key.hpp"
#include "model/secret_use.hpp"

// How a value of a secret goes to the server, and from there to a host: sealed for the key of who
// gets it (base/sealing.hpp), with the place that it is meant for, so that it counts nowhere else.
// docs/spec/secret.md.
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

// The `sealed` of a SecretUse: base64url. REQUIRES: the device's key is not empty.
std::string seal_for_host(const PublicKey& device, const Key& secret, const SecretUse& use,
                          std::string_view value);
// The value of `use.sealed`. invalid, saying what of it is wrong: it is none, it was sealed for
// another key or changed, or it is another value than `use` is of. No error holds anything of it.
Result<Secret> open_on_host(const SigningKey& device, const Key& secret, const SecretUse& use);

}  // namespace titan::model
