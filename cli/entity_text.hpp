#pragma once

#include <string>

#include "model/entity.hpp"

namespace titan::cli {

// The part of an entity that a person writes, as YAML: kind, name, workspace, spec and tags. It
// reads back as a document of `titan apply -f`.
std::string editable_text(const model::Entity& entity);
// The spec and the tags alone.
std::string spec_text(const model::Entity& entity);

}  // namespace titan::cli
