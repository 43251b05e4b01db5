#include <cstddef>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "model/limits.hpp"
#include "server-lite/openapi.hpp"

namespace titan::server_lite {
namespace {

using nlohmann::json;

json use(const std::string& schema) {
  return {{"$ref", "#/components/schemas/" + schema}};
}

json or_null(json schema) {
  return {{"anyOf", json::array({std::move(schema), {{"type", "null"}}})}};
}

json list_of(const std::string& schema) {
  return {{"type", "array"}, {"items", use(schema)}};
}

json word(std::initializer_list<const char*> words) {
  return {{"type", "string"}, {"enum", words}};
}

json number() {
  return {{"type", "integer"}, {"format", "int64"}, {"minimum", 0}, {"maximum", INT64_MAX}};
}

struct Field {
  const char* name;
  json schema;
  const char* description = "";
  bool is_always_there = true;
};
constexpr bool kMaybe = false;

json object_of(const char* description, std::initializer_list<Field> fields) {
  json object = {{"type", "object"}, {"description", description}};
  for (const Field& field : fields) {
    json schema = field.schema;
    if (*field.description != '\0') schema["description"] = field.description;
    object["properties"][field.name] = std::move(schema);
    if (field.is_always_there) object["required"].push_back(field.name);
  }
  return object;
}

// Two texts, of which one is null where there is nothing.
json sides() {
  return object_of("", {{"before", or_null(use("Text"))}, {"after", or_null(use("Text"))}});
}

void add_renderings(json& schemas) {
  schemas["HostFile"] =
      object_of("", {{"path", use("Text"), "In the rendered form: `root/etc/app.conf`."},
                     {"mode", use("Text")},
                     {"owner", use("Text"), "", kMaybe},
                     {"digest", use("Digest")},
                     {"encoding", word({"utf-8", "base64url"}), "Of `content`."},
                     {"content", use("Text")}});
  schemas["Rendering"] =
      object_of("", {{"deployment", use("Text"), "`<workspace>/<name>`."},
                     {"version", number()},
                     {"driver", use("Text")},
                     {"template", or_null(use("Text"))},
                     {"digest", or_null(use("Digest")), "Of all files; null with an error."},
                     {"files", list_of("HostFile")},
                     {"error", use("Text"), "Why it cannot be rendered.", kMaybe}});
  schemas["HostRendering"] =
      object_of("What a host gets.", {{"host", use("Name")},
                                      {"bookmark", use("Bookmark"), "Of the moment."},
                                      {"deployments", list_of("Rendering"), "By name."}});
}

void add_previews(json& schemas) {
  schemas["FileChange"] = object_of(
      "",
      {{"path", use("Text")},
       {"change", word({"added", "removed", "changed"})},
       {"mode", sides()},
       {"digest", sides()},
       {"owner", sides(), "When it is another.", kMaybe},
       {"diff", use("Text"), "A unified diff without its head."},
       {"binary", use("Flag"), "It is no text, so there is no diff.", kMaybe},
       {"cut", use("Flag"), "There is more of the diff than the answer has room for.", kMaybe}});
  schemas["Effect"] = object_of(
      "", {{"action", word({"run", "reload", "stop", "restart", "start", "apply", "remove"})},
           {"subject", use("Text"), "A unit, a service, an object, a hook."},
           {"condition", use("Text"), "Such as `if it runs`.", kMaybe}});
  schemas["PreviewGroup"] = object_of(
      "One thing that happens to one deployment.",
      {{"deployment", use("Text"), "`<workspace>/<name>`."},
       {"change", word({"added", "removed", "changed", "failing"})},
       {"hosts",
        {{"type", "array"}, {"items", use("Name")}},
        "On which the same lines change in the same way."},
       {"driver", or_null(use("Text"))},
       {"version", object_of("Of the deployment.",
                             {{"before", or_null(number())}, {"after", or_null(number())}})},
       {"errorBefore", use("Text"), "Why it cannot be rendered as it is.", kMaybe},
       {"error", use("Text"), "Why it could not be rendered; hosts would keep what they have.",
        kMaybe},
       {"files", list_of("FileChange"), "As they are on the first of the hosts."},
       {"effects", list_of("Effect"), "What the driver would do, in this order."},
       {"note", use("Text"), "What cannot be told beforehand.", kMaybe}});
  schemas["Preview"] =
      object_of("What changes would do.",
                {{"bookmark", use("Bookmark"), "What they were compared with."},
                 {"groups", list_of("PreviewGroup")},
                 {"hosts", number(), "That were looked at."},
                 {"changedHosts", number(), "On which something would happen."},
                 {"moreHosts", number(), "That may be reached, too, and were not looked at."},
                 {"moreDeployments", number(), "Likewise."}});
}

json strings() {
  return {{"type", "array"}, {"items", use("Text")}};
}

void add_reasons(json& schemas) {
  schemas["LineNumber"] = number();
  schemas["LineNumber"]["minimum"] = 1;
  const json since = or_null(use("SinceChange"));
  schemas["SinceChange"] =
      object_of("The change that made something what it is.", {{"bookmark", use("Bookmark")},
                                                               {"time", use("Time")},
                                                               {"actor", use("Text")},
                                                               {"requestId", use("Text")}});
  schemas["TemplatePlace"] =
      object_of("", {{"file", use("Text")}, {"line", number()}, {"column", number()}});
  schemas["LineOrigin"] = object_of(
      "A piece of a line, or what decides about one.",
      {{"role", word({"text", "value", "section", "inverted"})},
       {"file", use("Text"), "Of the template."},
       {"line", number()},
       {"column", number()},
       {"written", use("Flag"), "It stands in the line; else it decides about what does."},
       {"leftOut", use("Flag"), "A section in the line that gave nothing.", kMaybe},
       {"encloses", use("Flag"), "A section around something that stands in the line.", kMaybe},
       {"included", list_of("TemplatePlace"),
        "The tags in whose place the text was rendered, the innermost first.", kMaybe},
       {"input", use("Text"), "A JSON pointer into the inputs; not of text.", kMaybe},
       {"item", number(), "Of a section over a list: at which item, from 0.", kMaybe},
       {"offset", number(), "Where it stands in the line, in bytes.", kMaybe},
       {"length", number(), "", kMaybe}});
  schemas["WhyLine"] = object_of(
      "", {{"line", number()}, {"text", use("Text")}, {"origins", list_of("LineOrigin")}});
  schemas["WhyFile"] =
      object_of("A file of the template.",
                {{"path", use("Text")}, {"since", since, "Null: older than the log."}});
  schemas["WhyInput"] = object_of(
      "Something that the lines name.",
      {{"pointer", use("Text"), "A JSON pointer into the inputs."},
       {"value", or_null(use("Text")), "As JSON, perhaps cut; null: there is none."},
       {"layer",
        or_null(word({"template", "workload", "deployment", "host", "workspace", "organization"})),
        "That gave it; null: none has it."},
       {"entity", use("Text"), "Of the layer: `deployment default/prod`.", kMaybe},
       {"place", use("Text"), "A JSON pointer into the entity.", kMaybe},
       {"alsoFrom", strings(), "Weaker layers that give members of the same object.", kMaybe},
       {"since", since, "Null: older than the log, or no entity's."}});
  schemas["WhyRule"] =
      object_of("What brought the deployment to the host.",
                {{"target", use("Text")},
                 {"labels", use("Labels"), "That the target wants.", kMaybe},
                 {"selector", use("Text"), "Likewise.", kMaybe},
                 {"matched", use("Labels"), "The host's labels, of those that it names.", kMaybe},
                 {"assignment", use("Text"), "In place of the rules, with replicas.", kMaybe},
                 {"since", since, "Of the target, or the assignment."}});
  schemas["WhyTemplate"] = object_of("", {{"name", use("Text")},
                                          {"digest", use("Digest")},
                                          {"file", use("Text"), "As it is called there."}});
  schemas["Why"] = object_of("Where the lines of a file come from.",
                             {{"host", use("Name")},
                              {"bookmark", use("Bookmark"), "Of the moment."},
                              {"deployment", use("Text"), "`<workspace>/<name>`."},
                              {"version", number()},
                              {"path", use("Text"), "As rendered."},
                              {"lineCount", number(), "Of the file."},
                              {"template", use("WhyTemplate")},
                              {"rule", use("WhyRule")},
                              {"lines", list_of("WhyLine")},
                              {"files", list_of("WhyFile"), "Of which lines come, by path."},
                              {"inputs", list_of("WhyInput"), "By pointer."},
                              {"moreInputs", number(), "That the answer has no room for."}});
}

// ---- the life of a version ---------------------------------------------------------------------

json text(const char* description, std::size_t bytes_max, const char* example) {
  return {{"type", "string"},
          {"description", description},
          {"maxLength", bytes_max},
          {"examples", json::array({example})}};
}

void add_stages(json& schemas) {
  json name = text(
      "Of a stage; not one that the server tells itself: accepted, committed, rendered, delivered, "
      "deployed.",
      model::kStageNameBytesMax, "build");
  name["pattern"] = "^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$";
  schemas["StageName"] = std::move(name);
  schemas["StageOutcome"] = word({"succeeded", "failed"});
  schemas["StageRevision"] =
      text("Such as a commit of the source.", model::kStageRevisionBytesMax, "9fceb02");
  schemas["StageUrl"] = text("Where more is told; http or https, without user and password.",
                             model::kStageUrlBytesMax, "https://ci.example.com/runs/7");
  schemas["Stage"] = object_of("What was reported of one version of a deployment.",
                               {{"stage", use("StageName")},
                                {"version", number(), "Of the deployment's spec."},
                                {"time", use("Time"), "When it happened."},
                                {"outcome", use("StageOutcome")},
                                {"revision", use("StageRevision"), "", kMaybe},
                                {"url", use("StageUrl"), "", kMaybe},
                                {"actor", use("Text"), "Who reported it."}});
  schemas["StageReport"] =
      object_of("What happened to a version of a deployment.",
                {{"stage", use("StageName")},
                 {"version", number(),
                  "The deployment's current version or the next one, which is meant when it is "
                  "left out.",
                  kMaybe},
                 {"time", use("Time"), "When it happened; now when left out.", kMaybe},
                 {"outcome", use("StageOutcome"), "`succeeded` when left out.", kMaybe},
                 {"revision", use("StageRevision"), "", kMaybe},
                 {"url", use("StageUrl"), "", kMaybe}});
  schemas["StageReport"]["additionalProperties"] = false;
}

void add_traces(json& schemas) {
  schemas["TraceStage"] = object_of(
      "A stage in the life of a version: one that was reported, `accepted`, `committed` (to the "
      "server's store), or a step of the hosts: `rendered`, `delivered`, `committedToGit`, "
      "`deployed`.",
      {{"stage", use("Text")},
       {"time", or_null(use("Time")), "Of hosts: when the last of those took it. Null: none did."},
       {"version", number(), "Of a reported one, as are the next.", kMaybe},
       {"outcome", use("StageOutcome"), "", kMaybe},
       {"revision", use("StageRevision"), "", kMaybe},
       {"url", use("StageUrl"), "", kMaybe},
       {"actor", use("Text"), "Who reported it, or had the version accepted.", kMaybe},
       {"requestId", use("Text"), "Of `accepted`: in which request.", kMaybe},
       {"bookmark", use("Bookmark"), "Of `committed`: where in the change log.", kMaybe},
       {"done", number(), "How many hosts took it.", kMaybe},
       {"of", number(), "How many hosts should have the deployment.", kMaybe}});
  schemas["TraceHost"] = object_of(
      "One host. What it reports counts once it is of the form that the host should have now.",
      {{"host", use("Name")},
       {"hostStatus", use("Status"), "Of the host itself."},
       {"wanted", {{"type", "boolean"}}, "It should have the deployment."},
       {"status", use("Status"), "INITIALIZED before it reports."},
       {"reason", use("Text")},
       {"renderedDigest", or_null(use("Digest")), "Null when nothing of it is applied."},
       {"commit", use("Text"), "In Git."},
       {"rendered", or_null(use("Time")), "As `delivered`: the answer is rendered as it is given."},
       {"delivered", or_null(use("Time")), "When the host was first given the form."},
       {"committed", or_null(use("Time")), "When the server first heard of the commit."},
       {"deployed", or_null(use("Time")), "When the server first heard that it is READY."}});
  schemas["Trace"] = object_of(
      "The life of the current version of a deployment.",
      {{"deployment", use("Text"), "`<workspace>/<name>`."},
       {"version", number()},
       {"status", use("Status")},
       {"reason", use("Reasons")},
       {"logged",
        {{"type", "boolean"}},
        "The change log still holds the change that made the version; else `accepted` and "
        "`committed` are missing."},
       {"stages", list_of("TraceStage"), "In the order of time; empty but in the first page."},
       {"hostsNotCounted", number(), "Hosts that the steps of hosts leave out, being too many."},
       {"hosts", list_of("TraceHost"), "By name."},
       {"continue", use("Text"), "While more hosts follow.", kMaybe}});
}

}  // namespace

void add_provenance_schemas(json& schemas) {
  add_stages(schemas);
  add_traces(schemas);
  add_renderings(schemas);
  add_reasons(schemas);
  add_previews(schemas);
}

}  // namespace titan::server_lite
