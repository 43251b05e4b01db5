#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/timestamp.hpp"
#include "model/author_signature.hpp"
#include "model/bookmark.hpp"
#include "model/drift_policy.hpp"
#include "model/health.hpp"
#include "model/key.hpp"
#include "model/secret_use.hpp"
#include "model/template.hpp"
#include "model/values.hpp"

namespace titan::model {

// What authors signed of a deployment's form, and the values that they signed: those of the
// deployment, or of the host.
struct SignedValues {
  AuthorSignatures signatures = {};
  Values values = {};
  bool operator==(const SignedValues&) const = default;
};

// One deployment as a host should have it. With `error` the server could not render it: the host
// keeps what it has of this deployment and reports the error.
struct DesiredDeployment {
  Key key = {};
  std::uint64_t version = 0;  // of the deployment
  std::string template_name = {};
  Digest template_digest = {};
  std::string driver = {};
  std::vector<TemplateFile> files = {};
  Values inputs = {};                        // everything the template may refer to
  Health health = {};                        // with its placeholders
  Hooks hooks = {};                          // which files they are, and how long they may take
  std::vector<std::string> depends_on = {};  // deployments of the same workspace, sorted
  DriftPolicy drift_policy = DriftPolicy::heal;
  // Of all that the server made this form from. Only the server knows how; equal forms have equal
  // ones, and a host keeps it to say which form it has.
  Digest desired_digest = {};
  Digest rendered_digest = {};  // what rendering must give; empty with `error`
  std::string error = {};
  // Only when the deployment is signed: `values` are its own, without the host's. `host` only when
  // the host is, too.
  std::optional<SignedValues> author = {};
  std::optional<SignedValues> host = {};
  std::vector<SecretUse> secrets = {};  // those that `inputs` refer to, by name and key
  // What inputs.values must be. The server sees to it; it is in no JSON, and no host is told.
  Values values_schema = {};
  bool operator==(const DesiredDeployment&) const = default;
};

// A deployment that left the host.
struct Tombstone {
  Key key = {};
  Timestamp deleted_time = {};
  bool operator==(const Tombstone&) const = default;
};

// What changed for one host since its bookmark; with `full`, all that it should have: what the
// host holds beyond that has to go.
struct Manifest {
  std::string host = {};
  Bookmark bookmark = {};  // where the host stands once it holds this
  bool full = false;
  Digest digest = {};  // of the host's whole desired set: see digest_of_desired()
  std::vector<DesiredDeployment> deployments = {};
  std::vector<Tombstone> tombstones = {};
  std::chrono::seconds poll_after{};
  Timestamp time = {};  // the server's
  bool operator==(const Manifest&) const = default;
};

nlohmann::json json_of(const DesiredDeployment& desired);
nlohmann::json json_of(const Manifest& manifest);
// The same as canonical JSON (base/json.hpp), without building the value.
std::string json_text(const Manifest& manifest);
Result<DesiredDeployment> parse_desired_deployment(const nlohmann::json& json);
// invalid, naming the field: each that json_text() writes must be there, and no deployment may
// stand in it twice, as wanted or as gone. Nothing of a manifest that does not parse may be used.
Result<Manifest> parse_manifest(const nlohmann::json& json);

// What stands for one deployment in the digest of a host's desired set.
struct DesiredDigest {
  Key key = {};
  Digest digest = {};  // DesiredDeployment::desired_digest
};
// Over (key, desired digest) of each deployment by key: equal on the server and on the host exactly
// when the host wants what the server wants for it. REQUIRES: sorted by key, without repeats.
Digest digest_of_desired(const std::vector<DesiredDigest>& deployments);

}  // namespace titan::model
