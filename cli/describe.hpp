#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/timestamp.hpp"
#include "client/client.hpp"
#include "model/entity.hpp"

namespace titan::cli {

// All that is known of one entity, for a person to read.
struct Description {
  model::Entity entity = {};
  std::vector<model::Change> changes = {};  // the last ones, oldest first

  // Of a deployment.
  std::vector<client::DeploymentHost> hosts = {};
  std::vector<std::string> assigned = {};  // the hosts of its replicas

  // Of a host.
  std::optional<client::HostState> state = {};
  std::optional<client::ReceivedReport> report = {};  // none before the first
};

struct DescriptionStyle {
  Timestamp now = {};  // what ages are counted to
  bool colour = false;
};

// Of hosts and deployments, those that fail come first, then those that are waited for; of long
// tables only the first kDescribedHosts rows are shown.
void print_description(std::ostream& out, const Description& description,
                       const DescriptionStyle& style);

}  // namespace titan::cli
