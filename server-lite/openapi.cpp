#include "server-lite/openapi.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

namespace titan::server_lite {
namespace {

using nlohmann::json;

constexpr const char* kDescription =
    "titan delivers declarative workloads to hosts: devices and clusters. `docs/spec/http-api.md` "
    "of the project tells the same in prose.\n\n"
    "Every answer carries `Titan-Request-Id`, which also stands in errors, in the access log and "
    "in "
    "the change log. A parameter or a field that is not described here is refused.";

// What each status that ends a request badly means, whichever route it is.
struct BadEnd {
  int status;
  const char* meaning;
};
constexpr std::array kBadEnds = {
    BadEnd{400, "The request cannot be read: broken JSON, a bad parameter."},
    BadEnd{401, "There is no token, or none that counts."},
    BadEnd{403, "Your role does not allow it."},
    BadEnd{404, "It does not exist, or is not yours to see."},
    BadEnd{409, "It exists already, is being deleted or in use, or `If-Match` is stale."},
    BadEnd{410, "`continue` is from before the log's horizon or a restore: list anew."},
    BadEnd{413, "The body is too large or too deep."},
    BadEnd{416, "There is nothing from there on; `Content-Range` says how many bytes there are."},
    BadEnd{422, "The request was read, and what it says is wrong; `field` names the place."},
    BadEnd{429,
           "One token or device asks too often, or too many attempts from your address have "
           "failed; `Retry-After` says how long to wait."},
    BadEnd{503, "A passing fault, or a full disk; the same request may succeed later."},
};

std::string name_of_bad_end(int status) {
  return "Error" + std::to_string(status);
}

json ref(const std::string& section, const std::string& name) {
  return {{"$ref", "#/components/" + section + "/" + name}};
}

json content_of(const std::string& type, const std::string& schema) {
  return {{type, {{"schema", ref("schemas", schema)}}}};
}

json headers_of(const std::vector<std::string>& names) {
  json headers = {{"Titan-Request-Id", ref("headers", "Titan-Request-Id")}};
  for (const std::string& name : names) headers[name] = ref("headers", name);
  return headers;
}

json parameter_of(const Parameter& parameter, const char* place) {
  json described = {{"name", parameter.name},
                    {"in", place},
                    {"description", parameter.description},
                    {"schema", ref("schemas", parameter.schema)}};
  if (place == std::string("path")) described["required"] = true;
  return described;
}

json response_of(const Answer& answer) {
  json response = {{"description", answer.description}, {"headers", headers_of(answer.headers)}};
  if (!answer.schema.empty()) response["content"] = content_of(answer.type, answer.schema);
  return response;
}

json responses_of(const Route& route) {
  json responses = json::object();
  const auto add = [&](int status) {
    responses[std::to_string(status)] = ref("responses", name_of_bad_end(status));
  };
  for (const int status : {400, 429, 503}) add(status);
  if (route.access->area != Area::everyone) add(401);
  if (permission_of(route.access->area).scope != Scope::none) add(403);
  if (permission_of(route.access->area).scope == Scope::workspace) add(404);
  for (const int status : route.errors) {
    responses[std::to_string(status)] = ref("responses", name_of_bad_end(status));
  }
  responses["default"] = ref("responses", "Error");
  for (const Answer& answer : route.answers) {
    responses[std::to_string(answer.status)] = response_of(answer);
  }
  return responses;
}

json operation_of(const Route& route) {
  json operation = {{"operationId", route.operation},
                    {"tags", {route.tag}},
                    {"summary", route.summary},
                    {"responses", responses_of(route)}};
  if (!route.description.empty()) operation["description"] = route.description;
  if (route.deprecated) operation["deprecated"] = true;
  if (route.access->area == Area::everyone) operation["security"] = json::array();
  json parameters = json::array();
  for (const Parameter& one : route.parameters) {
    parameters.push_back(parameter_of(one, is_in_path(route, one) ? "path" : "query"));
  }
  for (const Parameter& one : route.headers) parameters.push_back(parameter_of(one, "header"));
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (!route.body.empty()) {
    operation["requestBody"] = {{"required", true},
                                {"content", content_of(route.body_type, route.body)}};
  }
  return operation;
}

// The same answers without their bodies.
json head_operation_of(const Route& route) {
  json operation = operation_of(route);
  operation["operationId"] = route.head_operation;
  operation["summary"] = "Ask whether it is there";
  operation["responses"] = {
      {"default", {{"description", "Any error, by its status."}, {"headers", headers_of({})}}}};
  for (const Answer& answer : route.answers) {
    operation["responses"][std::to_string(answer.status)] = {
        {"description", "It is there."}, {"headers", headers_of(answer.headers)}};
  }
  for (const int status : route.errors) {
    operation["responses"][std::to_string(status)] = {{"description", "It is not there."},
                                                      {"headers", headers_of({})}};
  }
  return operation;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

json bad_ends() {
  const auto response = [](const char* meaning) {
    return json{{"description", meaning},
                {"headers", headers_of({})},
                {"content", content_of("application/json", "Error")}};
  };
  json responses = {{"Error", response("Any other error.")}};
  for (const BadEnd& end : kBadEnds) {
    responses[name_of_bad_end(end.status)] = response(end.meaning);
  }
  for (const int status : {429, 503}) {
    responses[name_of_bad_end(status)]["headers"]["Retry-After"] = ref("headers", "Retry-After");
  }
  return responses;
}

}  // namespace

json openapi_document(const std::vector<const Route*>& routes) {
  json paths = json::object();
  for (const Route* route : routes) {
    paths[route->path][lower(route->method)] = operation_of(*route);
    if (!route->head_operation.empty()) paths[route->path]["head"] = head_operation_of(*route);
  }
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "titan"}, {"version", TITAN_VERSION}, {"description", kDescription}}},
          {"servers", {{{"url", "/"}}}},
          {"security", {{{"bearer", json::array()}}}},
          {"tags", openapi_tags()},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", openapi_schemas()},
            {"headers", openapi_headers()},
            {"securitySchemes",
             {{"bearer",
               {{"type", "http"},
                {"scheme", "bearer"},
                {"description", "A token; docs/security.md says how to get one."}}}}},
            {"responses", bad_ends()}}}};
}

}  // namespace titan::server_lite
