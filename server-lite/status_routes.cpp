#include <nlohmann/json.hpp>

#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

Response status(const Api& api) {
  const auto checked = api.store.check();
  const auto head = api.store.head();
  const bool ok = checked && head;
  json dependency = {{"status", ok ? "ok" : "failing"}};
  if (!ok) dependency["message"] = checked ? head.error().text() : checked.error().text();
  json processors = json::array();
  for (const auto& reader : api.processors.progress()) {
    const std::uint64_t behind = head && head->seq > reader.done ? head->seq - reader.done : 0;
    processors.push_back({{"name", reader.name}, {"behind", behind}});
  }
  return json_response(ok ? 200 : 503, {{"status", ok ? "ok" : "failing"},
                                        {"version", TITAN_VERSION},
                                        {"bookmark", head ? head->text() : ""},
                                        {"processors", std::move(processors)},
                                        {"dependencies", {{"store", std::move(dependency)}}}});
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
              .description = "With each of its dependencies.",
              .answers = {{200, "It is well.", "ServerStatus"},
                          {503, "Something fails; `message` says what.", "ServerStatus"}},
              .handler = [api](const Request&) { return status(api); }});
  router.add({.method = "GET",
              .path = "/v1/metrics",
              .operation = "getMetrics",
              .tag = "Operations",
              .summary = "Numbers for Prometheus",
              .description = "In its text format, version 0.0.4.",
              .answers = {{200, "All metrics.", "Text", {}, kMetricsType}},
              .handler = [api](const Request&) { return metrics(api); }});
}

}  // namespace titan::server_lite
