#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/author_signature.hpp"
#include "model/labels.hpp"
#include "model/values.hpp"

namespace titan::model {

// Who brings the rendered state to where the host finds it.
enum class Delivery {
  agent,   // titan-agent on the host
  gitops,  // the server commits to Git; a controller applies from there
};

// Anything that accepts workloads as a unit: a device, or a cluster.
struct HostSpec {
  Labels labels = {};
  std::vector<std::string> drivers = {};  // what the host can apply; empty: not known
  Delivery delivery = Delivery::agent;
  Values values = {};                          // per-host values, the strongest layer
  std::optional<std::uint64_t> capacity = {};  // how many deployments it takes; none: no limit
  // Silent for longer than this, the host is MISSING; zero: as long as the server's own lease.
  std::chrono::seconds lease{};
  AuthorSignatures signatures = {};  // that authors gave for labels and values
  bool operator==(const HostSpec&) const = default;
};

}  // namespace titan::model
