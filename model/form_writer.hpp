#pragma once

#include "base/json_writer.hpp"
#include "model/manifest.hpp"

namespace titan::model {

// Writes what json_of(desired) gives, as a part of a greater text.
void write_form(JsonWriter& writer, const DesiredDeployment& desired);

}  // namespace titan::model
