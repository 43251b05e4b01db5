#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "client/provenance.hpp"
#include "client/trace.hpp"

// How the answers of docs/spec/provenance.md and docs/spec/trace.md are read. Used by client.cpp
// alone. All of these: internal when the answer is not what the API promises.
namespace titan::client {

// Also internal when a file has another digest than is said of it.
Result<HostRendering> read_host_rendering(const nlohmann::json& json);
Result<Preview> read_preview(const nlohmann::json& json);
Result<Why> read_why(const nlohmann::json& json);
// Of all pages, put together: as one page without `continue`.
Result<Trace> read_trace(const nlohmann::json& json);

}  // namespace titan::client
