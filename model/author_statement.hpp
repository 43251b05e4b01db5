#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/author_signature.hpp"
#include "model/drift_policy.hpp"
#include "model/entity.hpp"
#include "model/health.hpp"
#include "model/key.hpp"
#include "model/labels.hpp"
#include "model/template.hpp"
#include "model/values.hpp"

// What authors sign, so that a host need not believe the server about what it runs:
// docs/spec/identity.md, "What authors sign". All of it is pure.
namespace titan::model {

// What a deployment is on every host: its files, what they are filled with, all but the part that
// comes from the host, and what the host does to keep it well: health checks and hooks run
// programs.
struct AuthorStatement {
  Key key = {};             // of the deployment
  std::string driver = {};  // of the template
  std::vector<TemplateFile> files = {};
  Values inputs = {};                        // as author_inputs() gives them
  Health health = {};                        // of the template, with its placeholders
  Hooks hooks = {};                          // of the template
  std::vector<std::string> depends_on = {};  // sorted
  DriftPolicy drift_policy = DriftPolicy::heal;
};
// What a host itself adds.
struct HostStatement {
  Key key = {};  // of the host
  Labels labels = {};
  Values values = {};
};

// The bytes to sign as the word with this serial.
std::string author_proof(const AuthorStatement& statement, std::uint64_t serial);
std::string author_proof(const HostStatement& statement, std::uint64_t serial);

// Whether the signature holds for the statement.
template <class Statement>
bool holds(const AuthorSignature& signature, const Statement& statement) {
  return verifies(signature.key, author_proof(statement, signature.serial), signature.signature);
}

// The layers of values that authors write, laid over one another. REQUIRES here and below: the
// entities are a template, a workload and a deployment.
Values author_values(const Entity& template_, const Entity& workload, const Entity& deployment);
// All that the template may name but what is the host's: {values, deployment, workload, workspace,
// organization}.
Values author_inputs(const Entity& template_, const Entity& workload, const Entity& deployment);
// The same of what a host was sent: `inputs` without "host", and with these values.
Values author_inputs(const Values& inputs, const Values& author_values);

}  // namespace titan::model
