#pragma once

#include <string>

#include "model/change.hpp"

namespace titan::cli {

// What an update did, for a person: "spec, status READY->UPDATING, reason"; empty when the entity
// was created or deleted.
std::string what_changed(const model::Change& change);

// "deployment/default/prod", "host/tim-pi": a key on one line of the log.
std::string key_text(const model::Key& key);

}  // namespace titan::cli
