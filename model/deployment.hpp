#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/author_signature.hpp"
#include "model/drift_policy.hpp"
#include "model/values.hpp"

namespace titan::model {

// One instance of a workload. References are names in the same workspace, except `template`,
// which is a name in the organization.
struct DeploymentSpec {
  std::string workload = {};
  std::string template_name = {};  // `template` in JSON; empty: the workload's default
  std::string target = {};
  Values values = {};
  std::optional<std::uint64_t> replicas = {};  // none: every matching host
  // `spreadBy`, with replicas: a label of hosts over whose values they are spread; empty: none.
  std::string spread_by = {};
  // `rescheduleAfter`, with replicas: a replica leaves a host that is MISSING for longer than this;
  // zero: after the server's own time.
  std::chrono::seconds reschedule_after{};
  std::vector<std::string> depends_on = {};  // `dependsOn`: deployments of the same workspace
  bool suspend = false;
  DriftPolicy drift_policy = DriftPolicy::heal;  // `driftPolicy`
  AuthorSignatures signatures = {};              // that authors gave; no part of what they sign
  bool operator==(const DeploymentSpec&) const = default;
};

}  // namespace titan::model
