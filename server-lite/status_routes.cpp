#include <nlohmann/json.hpp>

#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

Response status(const Api& api, const Result<void>& checked) {
  const model::Bookmark head = api.hosts.head();
  const bool ok = checked.ok();
  json dependency = {{"status", ok ? "ok" : "failing"}};
  if (!ok) dependency["message"] = checked.error().text();
  json processors = json::array();
  for (const auto& reader : api.processors.progress()) {
    const std::uint64_t behind = head.seq > reader.done ? head.seq - reader.done : 0;
    processors.push_back({{"name", reader.name}, {"behind", behind}});
  }
  return json_response(ok ? 200 : 503, {{"status", ok ? "ok" : "failing"},
                                        {"version", TITAN_VERSION},
                                        {"bookmark", head.text()},
                                        {"processors", std::move(processors)},
                                        {"dependencies", {{"store", std::move(dependency)}}}});
}

std::optional<Response> status_at_once(const Api& api) {
  return api.health.was_well() ? std::optional(status(api, {})) : std::nullopt;
}

Response metrics(const Api& api) {
  return {.status = 200, .headers = {{"Content-Type", kMetricsType}}, .body = api.metrics.text()};
}

}  // namespace

void add_status_routes(Router& router, const Api& api) {
  router.add({.method = "GET",
              .path = "/v1/status",
              .operation = "getStatus",
              .tag = "Operations",
              .summary = "Whether the server is well",
              .description = "With each of its dependencies, as they were within the last second.",
              .access = Access{Area::everyone, Act::read},
              .answers = {{200, "It is well.", "ServerStatus"},
                          {503, "Something fails; `message` says what.", "ServerStatus"}},
              .handler = [api](const Request&) { return status(api, api.health.check()); },
              .at_once = [api](const Request&) { return status_at_once(api); }});
  router.add({.method = "GET",
              .path = "/v1/metrics",
              .operation = "getMetrics",
              .tag = "Operations",
              .summary = "Numbers for Prometheus",
              .description = "In its text format, version 0.0.4.",
              .access = Access{Area::operations, Act::read},
              .answers = {{200, "All metrics.", "Text", {}, kMetricsType}},
              .handler = [api](const Request&) { return metrics(api); }});
}

}  // namespace titan::server_lite
