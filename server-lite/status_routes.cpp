#include <nlohmann/json.hpp>

#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;

Response status(store::Store& store) {
  const auto checked = store.check();
  const auto head = store.head();
  const bool ok = checked && head;
  json dependency = {{"status", ok ? "ok" : "failing"}};
  if (!ok) dependency["message"] = checked ? head.error().text() : checked.error().text();
  return json_response(ok ? 200 : 503, {{"status", ok ? "ok" : "failing"},
                                        {"version", TITAN_VERSION},
                                        {"bookmark", head ? head->text() : ""},
                                        {"dependencies", {{"store", std::move(dependency)}}}});
}

}  // namespace

void add_status_routes(Router& router, store::Store& store) {
  router.add({"GET", "/v1/status", {}, [&store](const Request&) { return status(store); }});
}

}  // namespace titan::server_lite
