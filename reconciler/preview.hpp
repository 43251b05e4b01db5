#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/entity.hpp"
#include "model/key.hpp"
#include "model/manifest.hpp"
#include "reconciler/fleet.hpp"

// What a write would change for hosts, before anybody writes it. Two small fleets are made of what
// matters to it: one as things are, one as they would be. Both are asked as the real one is
// (reconciler/delivery.hpp), so that a preview cannot see it in another way. Pure; nothing of the
// fleet that it is made of is borrowed afterwards.
// docs/adr/0043-a-preview-is-two-small-fleets.md has the alternatives.
namespace titan::reconciler {

// An entity as a write would leave it.
struct ProposedState {
  model::Key key = {};
  std::optional<model::Entity> after = {};  // none, or one that is being deleted: gone
};

struct Preview {
  // A deployment that may be on a host before or after, or in another form.
  struct Place {
    model::Key deployment = {};
    model::Key host = {};
    bool operator==(const Place&) const = default;
  };
  std::unique_ptr<const Fleet> before = {};
  std::unique_ptr<const Fleet> after = {};
  std::vector<Place> places = {};    // by host and deployment
  std::size_t hosts = 0;             // that are looked at: those of `places` among them
  std::size_t more_hosts = 0;        // that may be reached, too, and are not looked at
  std::size_t more_deployments = 0;  // likewise
};

// The deployments that the writes may alter are those that are written, that name what is written,
// and that reach a written host before or after; the latter on that host, the others on all that
// they reach. At most kPreviewDeploymentsMax, by key, on kPreviewHostsMax hosts (those that are
// written, and then others by name), and kPreviewFormsMax of the one on the other are looked at.
// Where replicas would be is decided as PlacementProcessor does (reconciler/placement.hpp), but
// that hosts which are MISSING keep theirs. REQUIRES: each key stands once.
Preview preview(const Fleet& fleet, const std::vector<ProposedState>& writes);

// The form of the deployment on the host at `seq`, all but the rendered digest; none: it is not
// there. `seq` is from the fleet's horizon to its head.
std::optional<model::DesiredDeployment> form_at(const Fleet& fleet, const model::Key& deployment,
                                                const model::Key& host, std::uint64_t seq);

}  // namespace titan::reconciler
