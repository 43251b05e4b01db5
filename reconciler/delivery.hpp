#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/change.hpp"
#include "model/manifest.hpp"
#include "reconciler/fleet.hpp"

namespace titan::reconciler {

// Who gets what: a deployment reaches every host that its target matches, or, with replicas, the
// hosts that it is assigned to; in the form that its template, workload, values and secrets and the
// host's own values give. Pure. `seq` is from the fleet's horizon to its head.

// One deployment on one host, in the form that these give. The records are the fleet's.
struct Delivery {
  const EntityRecord* deployment = nullptr;
  const Version* version = nullptr;    // of the deployment
  const Version* workload = nullptr;   // null: it does not exist
  const Version* template_ = nullptr;  // null: it does not exist, or none is named
  const HostRecord* host = nullptr;
  const HostVersion* host_version = nullptr;
  std::uint64_t seq = 0;  // the moment, of which the secrets' values are
};

// All that `host` should have at `seq`, by key; empty when the host did not exist.
std::vector<Delivery> deliveries_to(const Fleet& fleet, const HostRecord& host, std::uint64_t seq);
// Whether `deployment` is one of them.
bool reaches(const Fleet& fleet, const EntityRecord& deployment, const HostRecord& host,
             std::uint64_t seq);
// How `deployment` would be on `host` now. REQUIRES: both exist now.
Delivery delivery_now(const EntityRecord& deployment, const HostRecord& host);
// The hosts that the deployment reaches now, each once, in no order.
void for_each_host_of(const Fleet& fleet, const EntityRecord& deployment,
                      const std::function<void(const HostRecord&)>& visit);

// Forms with equal digests are equal. Quick, since nothing is rendered or merged for it; so the
// digest differs, too, when a value differs that a stronger layer hides.
Digest desired_digest(const Delivery& delivery);
// The form, all but the rendered digest. When something it names does not exist, its `error` says
// so. Its `secrets` are those that are left once the values are laid over one another, and not
// sealed. `digest`: that of the delivery, as above.
model::DesiredDeployment desired_form(const Fleet& fleet, const Delivery& delivery,
                                      const Digest& digest);

// The deployments whose status the change may alter: the one changed; those that name what was
// changed; those that reached the changed host before or after. By key. `change` is in `fleet`
// already, and after its horizon.
std::vector<model::Key> deployments_affected(const Fleet& fleet, const model::Change& change);

// What in the deployment's spec, or in its workload's values, names something that does not exist
// now: one sentence each.
std::vector<std::string> missing_references(const Fleet& fleet, const model::Entity& deployment);

}  // namespace titan::reconciler
