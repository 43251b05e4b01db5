#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "server-lite/api.hpp"

namespace titan::server_lite {
namespace {

using model::Key;
using model::Kind;
using nlohmann::json;

std::string parameter_of(const Request& request, const char* name) {
  const auto found = request.parameters.find(name);
  return found == request.parameters.end() ? std::string() : found->second;
}

std::string_view name_of(render::Origin::Role role) {
  switch (role) {
    case render::Origin::Role::text:
      return "text";
    case render::Origin::Role::value:
      return "value";
    case render::Origin::Role::section:
      return "section";
    case render::Origin::Role::inverted:
      return "inverted";
  }
  return "text";
}

json json_of(const render::Place& place) {
  return {{"file", place.file}, {"line", place.line}, {"column", place.column}};
}

json json_of(const render::Origin& origin) {
  json object = json_of(origin.place);
  object["role"] = name_of(origin.role);
  object["written"] = origin.written;
  if (origin.left_out) object["leftOut"] = true;
  if (origin.encloses) object["encloses"] = true;
  for (const render::Place& place : origin.included) object["included"].push_back(json_of(place));
  if (origin.role != render::Origin::Role::text) object["input"] = origin.input;
  if (origin.item) object["item"] = *origin.item;
  if (origin.written) {
    object["offset"] = origin.offset;
    object["length"] = origin.length;
  }
  return object;
}

json json_of(const WhyService::Line& line) {
  json origins = json::array();
  for (const render::Origin& origin : line.origins) origins.push_back(json_of(origin));
  return {{"line", line.number}, {"text", line.text}, {"origins", std::move(origins)}};
}

json json_of(const WhyService::Input& input) {
  json object = {{"pointer", input.pointer},
                 {"value", input.value ? json(*input.value) : json()},
                 {"layer", input.layer.empty() ? json() : json(input.layer)},
                 {"since", json_of(input.since)}};
  if (!input.subject.empty()) {
    object["entity"] = input.subject;
    object["place"] = input.place;
  }
  if (!input.weaker_layers.empty()) object["alsoFrom"] = input.weaker_layers;
  return object;
}

json json_of(const WhyService::Rule& rule) {
  json object = {{"target", rule.target}, {"since", json_of(rule.since)}};
  if (!rule.assignment.empty()) {
    object["assignment"] = rule.assignment;
    return object;
  }
  object["labels"] = rule.labels;
  object["selector"] = rule.selector;
  object["matched"] = rule.matched;
  return object;
}

json json_of(const WhyService::Answer& answer) {
  json object = {{"host", answer.host},
                 {"bookmark", answer.bookmark.text()},
                 {"deployment", answer.deployment.short_text()},
                 {"version", answer.version},
                 {"path", answer.path},
                 {"lineCount", answer.line_count},
                 {"template",
                  {{"name", answer.template_name},
                   {"digest", answer.template_digest.text()},
                   {"file", answer.source}}},
                 {"rule", json_of(answer.rule)},
                 {"moreInputs", answer.more_inputs}};
  object["lines"] = json::array();
  for (const WhyService::Line& line : answer.lines) object["lines"].push_back(json_of(line));
  object["files"] = json::array();
  for (const WhyService::SourceFile& file : answer.files) {
    object["files"].push_back({{"path", file.path}, {"since", json_of(file.since)}});
  }
  object["inputs"] = json::array();
  for (const WhyService::Input& input : answer.inputs) object["inputs"].push_back(json_of(input));
  return object;
}

Result<std::uint64_t> line_of(const Request& request) {
  const std::string text = parameter_of(request, "line");
  if (text.empty()) return std::uint64_t{0};
  std::uint64_t line = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), line);
  if (failure != std::errc() || end != text.data() + text.size() || line == 0) {
    return invalid_field("line", "expected a number from 1 on, found " + quote(text));
  }
  return line;
}

Response why(const Api& api, const Request& request) {
  WhyService::Question question{.host = {.organization = request.who->organization,
                                         .kind = Kind::host,
                                         .name = request.path.at("name")},
                                .path = parameter_of(request, "path"),
                                .deployment = parameter_of(request, "deployment")};
  if (question.path.empty()) {
    return unreadable(invalid_field("path", "must be given: a file of the host"), request.id);
  }
  const auto line = line_of(request);
  if (!line) return unreadable(line.error(), request.id);
  question.line = *line;
  const auto seq = api.provenance.moment_of(parameter_of(request, "at"));
  if (!seq && seq.error().code == ErrorCode::invalid) return unreadable(seq.error(), request.id);
  if (!seq) return error_response(seq.error(), request.id);
  question.seq = *seq;
  const auto answer = api.why.ask(
      question, [who = request.who](std::string_view workspace) { return who->sees(workspace); });
  return answer ? json_response(200, json_of(*answer)) : error_response(answer.error(), request.id);
}

}  // namespace

void add_why_routes(Router& router, const Api& api) {
  router.add(
      {.method = "GET",
       .path = "/v1/hosts/{name}/why",
       .operation = "explainFile",
       .tag = "Provenance",
       .summary = "Where the lines of a file come from",
       .description = "The line of the template, what it names, the layer that gave each value, "
                      "the rule that brought the deployment to the host, and the change that made "
                      "each of them what it is. Of deployments in workspaces that you may see.",
       .access = Access{Area::hosts, Act::read},
       .parameters = {host_in_path(),
                      {"path", "Text",
                       "The file, as on the host without the leading slash (`etc/app.conf`), or as "
                       "rendered (`root/etc/app.conf`); must be given."},
                      {"line", "LineNumber", "This line alone; all lines when left out."},
                      {"deployment", "Text",
                       "`<workspace>/<name>`, when several deployments have such a file."},
                      {"at", "Since", "Another moment than now, as with `render`."}},
       .answers = {{200, "Where they come from.", "Why"}},
       .errors = {404, 409, 410, 422},
       .handler = [api](const Request& r) { return why(api, r); }});
}

}  // namespace titan::server_lite
