#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server-lite/identity/permissions.hpp"
#include "server-lite/request.hpp"

namespace titan::server_lite {

using Handler = std::function<Reply(const Request&)>;
// The answer, if it is known without waiting for anything, not even for the store.
using QuickHandler = std::function<std::optional<Response>(const Request&)>;

// Something that a request may say: in its path when the path has a part {name}, else in its query;
// or in a header.
struct Parameter {
  std::string name = {};
  std::string schema = {};       // its type: one of openapi_schemas()
  std::string description = {};  // a sentence or two, in Markdown
};

// One way in which a request ends well.
struct Answer {
  int status = 200;
  std::string description = {};
  std::string schema = {};                // of its body: one of openapi_schemas(); empty: no body
  std::vector<std::string> headers = {};  // of openapi_headers(), besides Titan-Request-Id
  std::string type = "application/json";  // of its body
};

// One thing that the server can be asked, with all that /openapi.json tells of it. The server
// works by the same data: a parameter that is not described is refused.
struct Route {
  std::string method = {};     // "GET", "POST", …
  std::string path = {};       // "/v1/hosts/{name}/sync"
  std::string operation = {};  // its name, of which programs make function names: "syncHost"
  // Every GET answers HEAD, too; where that is a question of its own: its name, "hasBlob".
  std::string head_operation = {};
  std::string tag = {};      // the group in which it is shown: one of openapi_tags()
  std::string summary = {};  // a few words
  std::string description = {};
  std::optional<Access> access = {};       // who may ask; must be said
  std::vector<Parameter> parameters = {};  // of path and query
  std::vector<Parameter> headers = {};
  std::string body = {};  // the schema of what must be sent; empty: nothing is
  std::string body_type = "application/json";
  std::vector<Answer> answers = {};
  std::vector<int> errors = {};  // statuses that end it badly, besides those of every route
  bool deprecated = false;
  Handler handler = {};
  // Asked first, by who must not wait; none: nothing is known so quickly.
  QuickHandler at_once = {};
};

// Whether the parameter stands in the path of the route.
bool is_in_path(const Route& route, const Parameter& parameter);

// Parameters that several routes have.
Parameter workspace_in_path();
Parameter host_in_path();
Parameter page_limit();
Parameter page_continue();
Parameter create_workspace();
Parameter allow_missing();
Parameter wait_for_write();
Parameter wait_for_news();

}  // namespace titan::server_lite
