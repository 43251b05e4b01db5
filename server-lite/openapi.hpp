#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "server-lite/route.hpp"

namespace titan::server_lite {

// The description of the API for programs, in the form of OpenAPI 3.1: every route with its
// parameters, bodies and answers, and the schemas that they name.
nlohmann::json openapi_document(const std::vector<const Route*>& routes);

// Its parts that no single route has; openapi_schemas.cpp holds them.
// The types of parameters and bodies, by name.
nlohmann::json openapi_schemas();
// Those of what hosts get and would get, and of stages; provenance_schemas.cpp holds them.
void add_provenance_schemas(nlohmann::json& schemas);
// Headers of answers, by name.
nlohmann::json openapi_headers();
// Groups of routes, in the order in which they are shown.
nlohmann::json openapi_tags();

}  // namespace titan::server_lite
