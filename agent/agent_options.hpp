#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/limits.hpp"

namespace titan::agent {

// What can be set of how an agent works. A plain value; agent/configuration.hpp fills it.
struct AgentOptions {
  // Where programs named titan-driver-NAME are looked for, in this order; absolute paths.
  std::vector<std::string> driver_folders = {"/usr/lib/titan/drivers",
                                             "/usr/local/lib/titan/drivers"};
  std::string kubeconfig = {};  // for the driver `kubernetes`; empty: kubectl's own
  // Where the driver `kubernetes` notes what it applied; empty: its own.
  std::string kubernetes_namespace = {};
  std::chrono::seconds poll_after_max = kPollAfterMax;  // whatever the server says
  // Between two comparisons of what is applied by digest; those by size and time are in each step.
  std::chrono::seconds drift_interval = kDriftInterval;
  std::uint64_t generations_bytes_max = kGenerationsBytesMax;  // of those kept beside the last good
  bool operator==(const AgentOptions&) const = default;
};

}  // namespace titan::agent
