#include <nlohmann/json.hpp>

#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;

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

}  // namespace

void add_status_routes(Router& router, const Api& api) {
  router.add({"GET", "/v1/status", {}, [api](const Request&) { return status(api); }});
}

}  // namespace titan::server_lite
