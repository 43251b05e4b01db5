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
  std::optional<std::vector<client::DeploymentHost>> hosts = {};  // of a deployment
  std::optional<client::ReceivedReport> report = {};  // of a host; none before the first
};

struct DescriptionStyle {
  Timestamp now = {};  // what ages are counted to
  bool colour = false;
};

void print_description(std::ostream& out, const Description& description,
                       const DescriptionStyle& style);

}  // namespace titan::cli
