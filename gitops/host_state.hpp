#pragma once

#include <string>
#include <vector>

#include "base/digest.hpp"
#include "model/rendered.hpp"

namespace titan::gitops {

// Everything that one host shall hold in Git. What is not in it is removed from hosts/<host>/,
// so an empty list takes the last deployment away. A deployment without files has no folder.
struct HostState {
  std::string host = {};                                    // a host's name
  std::vector<model::RenderedDeployment> deployments = {};  // in any order, no key twice
  // All keys here are of this organization. A repository serves one organization only, since
  // its paths do not hold the organization's name.
  std::string organization = std::string(model::kDefaultOrganization);
  Digest digest = {};  // of the host's whole desired set, for the commit's message
  // Deployments that nobody can render now: their folders stay as they are in Git. None of them is
  // in `deployments`.
  std::vector<model::Key> kept = {};
  bool is_gone = false;  // the whole folder goes, and all else here is of no meaning
};

}  // namespace titan::gitops
