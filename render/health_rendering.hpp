#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "model/health.hpp"
#include "render/input_names.hpp"

// The texts of health checks are Mustache, like the files of a template: strict, without escaping
// and without partials. All of it is pure.
namespace titan::render {

// Whether every text is such a Mustache. invalid, with place, line and column
// ("health.checks[2].http.url:1:7: …"), and exhausted: as of Mustache::compile.
Result<void> compile_health(const model::Health& health);

// The checks to ask on one host. `inputs` are those of the template's files, but with the
// references to secrets themselves in the place of values: health checks may not hold what is
// secret, as they would show it to whoever looks at the host's processes and connections.
// invalid, with the place: what does not compile; what strict rendering refuses, a reference to a
// secret among it; what model::check_texts() refuses. exhausted: the limits of Mustache::render.
Result<model::Health> render_health(const model::Health& health, const nlohmann::json& inputs);

// Adds the names by which the checks ask for inputs. Texts that do not compile add none.
void add_names_to(InputNames& names, const model::Health& health);

}  // namespace titan::render
