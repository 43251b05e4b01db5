#include "server-lite/route.hpp"

namespace titan::server_lite {

bool is_in_path(const Route& route, const Parameter& parameter) {
  return route.path.find("{" + parameter.name + "}") != std::string::npos;
}

Parameter workspace_in_path() {
  return {"workspace", "Name", "The name of the workspace."};
}

Parameter host_in_path() {
  return {"name", "Name", "The name of the host."};
}

Parameter page_limit() {
  return {"limit", "PageLimit", "How many items a page may have."};
}

Parameter page_continue() {
  return {"continue", "Text", "Where to go on: what the page before gave as `continue`."};
}

Parameter create_workspace() {
  return {"createWorkspace", "Flag",
          "Create the workspace, in the same transaction, when it does not exist."};
}

Parameter allow_missing() {
  return {"allowMissing", "Flag",
          "Accept references to what does not exist yet; the entity is MISSING until it does. And "
          "values that the template does not take: they are not delivered."};
}

Parameter wait_for_write() {
  return {
      "wait", "Flag",
      "`true`, when left out: the answer comes when the write is durable. `false`: 202 at once, "
      "and `GET /v1/changes/{id}` tells what became of it."};
}

Parameter wait_for_news() {
  return {"wait", "Duration",
          "How long to wait for news, at most 60s; when left out, the answer comes at once."};
}

}  // namespace titan::server_lite
