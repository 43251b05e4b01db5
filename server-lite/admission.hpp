#pragma once

#include "base/result.hpp"
#include "model/entity.hpp"
#include "server-lite/fleet_state.hpp"
#include "server-lite/template_renderer.hpp"

namespace titan::server_lite {

// Whether a write may enter the store, as far as that depends on what is there already. What an
// entity must be in itself, model::parse_entity has checked.

// invalid when something that the entity names does not exist, or when a deployment has a template
// neither of its own nor by its workload.
Result<void> check_references(const FleetView& view, const model::Entity& entity);

// invalid when the spec asks for what this server cannot do yet: better refused than ignored.
Result<void> check_abilities(const model::Entity& entity);

// conflict, listing them, when other entities name this one, or when it is a workspace that
// holds some or is `default`.
Result<void> check_unused(const FleetView& view, const model::Key& key);

}  // namespace titan::server_lite
