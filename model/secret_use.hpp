#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "model/values.hpp"

// How values name secrets: an object {"$secret": NAME, "key": KEY} stands where the text should
// stand that the secret NAME of the deployment's workspace has under KEY. It has no other member,
// and it is laid over other values as a text is. docs/spec/secret.md. All of it is pure.
namespace titan::model {

struct DesiredDeployment;

struct SecretReference {
  std::string name = {};
  std::string key = {};
  auto operator<=>(const SecretReference&) const = default;
};

// Whether the value means to be a reference: an object with the member "$secret".
bool is_secret_reference(const nlohmann::json& value);

// The references in the values, each once, sorted. invalid, with the path below the values as
// `field` ("db.password"), when one is not of the form above, when the values themselves are one,
// or when there are more than `count_max`.
Result<std::vector<SecretReference>> secret_references(const Values& values, std::size_t count_max);
// Of the values of one entity: at most kSecretReferencesMax.
Result<std::vector<SecretReference>> secret_references(const Values& values);
// The path of the first reference, however it is formed.
std::optional<std::string> first_secret_reference(const Values& values);

// One value of a secret that a deployment uses, as a host is told of it.
struct SecretUse {
  std::string name = {};
  std::string key = {};
  Digest digest = {};  // of the value: SecretEntry::digest
  // base64url of the value, sealed for the host's key; empty to all but the host itself.
  std::string sealed = {};
  // Whether both are the same value: sealing it gives another text each time.
  bool operator==(const SecretUse& other) const;
};

// "secret:db/password@sha256:…": what stands for the value wherever people may look.
std::string placeholder_of(const SecretUse& use);

// `desired.inputs` with each reference replaced by the placeholder of what it names. What is
// rendered of this is what the server, the host, Git and reports agree about.
// invalid, with the path ("values.db.password") as `field`, when a reference is not of the form
// above, or when desired.secrets does not have it.
Result<Values> inputs_with_placeholders(const DesiredDeployment& desired);

// The value itself, as UTF-8; borrowed until it is called again.
using SecretLookup = std::function<Result<std::string_view>(const SecretUse& use)>;
// The same with the values, each asked for where it is used. For the host alone: what comes out is
// as secret as they are. Errors as above, and those of `lookup`.
Result<Values> inputs_with_secrets(const DesiredDeployment& desired, const SecretLookup& lookup);

}  // namespace titan::model
