#pragma once

#include <string>
#include <vector>

#include "model/rendered.hpp"

namespace titan::gitops {

// Everything that one host shall hold in Git. What is not in it is removed from hosts/<host>/,
// so an empty list takes the last deployment away. A deployment without files has no folder.
struct HostState {
  std::string host = {};                                    // a host's name
  std::vector<model::RenderedDeployment> deployments = {};  // in any order, no key twice
  // All keys above are of this organization. A repository serves one organization only, since
  // its paths do not hold the organization's name.
  std::string organization = std::string(model::kDefaultOrganization);
};

}  // namespace titan::gitops
