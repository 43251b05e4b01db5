#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/entity.hpp"
#include "model/manifest.hpp"
#include "model/report.hpp"

namespace titan::reconciler {

// How one host that should have a deployment stands with it.
struct Standing {
  std::string host = {};
  model::DesiredDeployment desired = {};               // rendered
  std::optional<model::DeploymentReport> report = {};  // none: the host said nothing of it

  // The host has exactly what is desired, and says that it is well.
  [[nodiscard]] bool current() const;
};

struct RolledUp {
  model::Status status = model::Status::initialized;
  std::vector<std::string> reason = {};
  bool operator==(const RolledUp&) const = default;
};

// The status of a deployment from how its hosts stand. Pure.
//
//   deletion was asked for              -> DELETING, with the hosts that still hold it
//   something it names does not exist   -> MISSING
//   its target matches no host          -> INITIALIZED
//   a host reports ERROR, or the server cannot render it for a host -> ERROR, with each host
//   every host is current               -> READY
//   some host is not                    -> INITIALIZED or CREATING before the first READY (it
//                                          is CREATING once delivered), then UPDATING
// `missing` holds a sentence for each thing that does not exist; `holders` the hosts that still
// report the deployment.
RolledUp roll_up(const model::Entity& deployment, const std::vector<std::string>& missing,
                 const std::vector<Standing>& standings, const std::vector<std::string>& holders);

}  // namespace titan::reconciler
