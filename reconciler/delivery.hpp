#pragma once

#include <cstdint>
#include <vector>

#include "model/manifest.hpp"
#include "reconciler/fleet.hpp"

namespace titan::reconciler {

// Who gets what: a deployment reaches every host that its target matches, in the form that its
// template, workload and values and the host's own values give. Pure.

// What `deployment` is on `host` at `seq`: all but the rendered digest. When something it names
// does not exist, its `error` says so.
model::DesiredDeployment desired_form(const Fleet& fleet, const model::Entity& deployment,
                                      const model::Entity& host, std::uint64_t seq);

// All deployments that `host` should have at `seq`, by key; empty when the host did not exist.
std::vector<model::DesiredDeployment> desired_set(const Fleet& fleet, const model::Key& host,
                                                  std::uint64_t seq);

// The names of the hosts that `deployment` reaches at `seq`, in order.
std::vector<Fleet::EntityPtr> hosts_reached(const Fleet& fleet, const model::Entity& deployment,
                                            std::uint64_t seq);

// The deployments whose status the change may alter: the one changed; those that name what was
// changed; those that reached the changed host before or after. `change` is in `fleet` already.
std::vector<model::Key> deployments_affected(const Fleet& fleet, const model::Change& change);

// What in the deployment's spec names something that does not exist at `seq`: one sentence each.
std::vector<std::string> missing_references(const Fleet& fleet, const model::Entity& deployment,
                                            std::uint64_t seq);

}  // namespace titan::reconciler
