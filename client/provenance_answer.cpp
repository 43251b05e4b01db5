#include "client/provenance_answer.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "client/answer.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"
#include "model/spec.hpp"
#include "model/status.hpp"

namespace titan::client {
namespace {

using model::FieldReader;
using nlohmann::json;

constexpr std::size_t kItemsMax = 100'000;  // of any array in an answer

// What may be longer than the reader's texts, or hold any character. Empty when absent or null.
Result<std::string> long_text(FieldReader& reader, const json& object, const char* field) {
  reader.ignore(field);
  if (!object.is_object()) return std::string();
  const auto found = object.find(field);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string()) return invalid_field(reader.path_of(field), "expected a string");
  return found->get<std::string>();
}

template <class Value>
Result<std::vector<Value>> all_of(FieldReader& reader, const char* field,
                                  Result<Value> (*read)(const json& item)) {
  std::vector<Value> values;
  const json* items = reader.array(field, kItemsMax);
  if (items == nullptr) return values;
  for (const json& item : *items) {
    TITAN_ASSIGN(Value value, read(item));
    values.push_back(std::move(value));
  }
  return values;
}

// ---- what a host gets --------------------------------------------------------------------------

Result<model::RenderedFile> read_file(const json& item) {
  FieldReader reader(item, "files");
  model::RenderedFile file;
  file.path = reader.required_text("path");
  file.mode = reader.parsed<std::uint32_t>("mode", &model::parse_mode);
  file.owner = reader.text("owner");
  const Digest digest = reader.digest("digest");
  const std::string encoding = reader.required_text("encoding");
  TITAN_ASSIGN(file.content, long_text(reader, item, "content"));
  TITAN_TRY(reader.finish());
  if (encoding == "base64url") {
    TITAN_ASSIGN(file.content, parse_base64url(file.content));
  } else if (encoding != "utf-8") {
    return invalid_field("files.encoding", "expected utf-8 or base64url, found " + quote(encoding));
  }
  if (Digest::of(file.content) != digest) {
    return invalid("the content of " + quote(file.path) + " has not the digest that is said of it");
  }
  return file;
}

Result<Rendering> read_rendering(const json& item) {
  FieldReader reader(item, "deployments");
  Rendering rendering;
  rendering.deployment = reader.required_text("deployment");
  rendering.version = reader.number("version");
  rendering.driver = reader.text("driver");
  rendering.template_name = reader.text("template");
  rendering.digest = reader.digest("digest");
  rendering.error = reader.text("error");
  TITAN_ASSIGN(rendering.files, all_of(reader, "files", &read_file));
  TITAN_TRY(reader.finish());
  return rendering;
}

Result<HostRendering> read_renderings(const json& answer) {
  FieldReader reader(answer, "");
  HostRendering rendering;
  rendering.host = reader.required_text("host");
  reader.require({"bookmark"});
  rendering.bookmark = reader.parsed<model::Bookmark>("bookmark", &model::Bookmark::parse);
  TITAN_ASSIGN(rendering.deployments, all_of(reader, "deployments", &read_rendering));
  TITAN_TRY(reader.finish());
  rendering.document = canonical_json(answer);
  return rendering;
}

// ---- what a write would do ---------------------------------------------------------------------

Result<Sides> read_sides(FieldReader& outer, const char* field) {
  const json* object = outer.object(field);
  if (object == nullptr) return Sides();
  FieldReader reader(*object, field);
  Sides sides{.before = reader.text("before"), .after = reader.text("after")};
  TITAN_TRY(reader.finish());
  return sides;
}

Result<PreviewFile> read_changed_file(const json& item) {
  FieldReader reader(item, "files");
  PreviewFile file;
  file.path = reader.required_text("path");
  file.change = reader.required_text("change");
  TITAN_ASSIGN(file.mode, read_sides(reader, "mode"));
  TITAN_ASSIGN(file.owner, read_sides(reader, "owner"));
  TITAN_ASSIGN(file.digest, read_sides(reader, "digest"));
  TITAN_ASSIGN(file.diff, long_text(reader, item, "diff"));
  file.binary = reader.boolean("binary");
  file.cut = reader.boolean("cut");
  TITAN_TRY(reader.finish());
  return file;
}

Result<PreviewEffect> read_effect(const json& item) {
  FieldReader reader(item, "effects");
  PreviewEffect effect;
  effect.action = reader.required_text("action");
  effect.subject = reader.required_text("subject");
  effect.condition = reader.text("condition");
  TITAN_TRY(reader.finish());
  return effect;
}

Result<PreviewGroup> read_group(const json& item) {
  FieldReader reader(item, "groups");
  PreviewGroup group;
  group.deployment = reader.required_text("deployment");
  group.change = reader.required_text("change");
  group.hosts = reader.texts("hosts", kItemsMax);
  group.driver = reader.text("driver");
  group.error_before = reader.text("errorBefore");
  group.error = reader.text("error");
  group.note = reader.text("note");
  if (const json* version = reader.object("version")) {
    FieldReader inner(*version, "version");
    group.version_before = inner.optional_number("before");
    group.version_after = inner.optional_number("after");
    TITAN_TRY(inner.finish());
  }
  TITAN_ASSIGN(group.files, all_of(reader, "files", &read_changed_file));
  TITAN_ASSIGN(group.effects, all_of(reader, "effects", &read_effect));
  TITAN_TRY(reader.finish());
  return group;
}

Result<Preview> read_whole_preview(const json& answer) {
  FieldReader reader(answer, "");
  Preview preview;
  reader.require({"bookmark"});
  preview.bookmark = reader.parsed<model::Bookmark>("bookmark", &model::Bookmark::parse);
  TITAN_ASSIGN(preview.groups, all_of(reader, "groups", &read_group));
  preview.hosts = reader.number("hosts");
  preview.changed_hosts = reader.number("changedHosts");
  preview.more_hosts = reader.number("moreHosts");
  preview.more_deployments = reader.number("moreDeployments");
  TITAN_TRY(reader.finish());
  preview.document = canonical_json(answer);
  return preview;
}

// ---- where lines come from ---------------------------------------------------------------------

Result<std::optional<SinceChange>> read_since(FieldReader& outer) {
  const json* object = outer.object("since");
  if (object == nullptr) return std::optional<SinceChange>();
  FieldReader reader(*object, "since");
  SinceChange since{.bookmark = reader.required_text("bookmark"),
                    .time = reader.timestamp("time"),
                    .actor = reader.text("actor"),
                    .request_id = reader.text("requestId")};
  TITAN_TRY(reader.finish());
  return std::optional(std::move(since));
}

TemplatePlace read_place_fields(FieldReader& reader) {
  return {.file = reader.required_text("file"),
          .line = reader.number("line"),
          .column = reader.number("column")};
}

Result<TemplatePlace> read_place(const json& item) {
  FieldReader reader(item, "included");
  TemplatePlace place = read_place_fields(reader);
  TITAN_TRY(reader.finish());
  return place;
}

Result<WhyOrigin> read_origin(const json& item) {
  FieldReader reader(item, "origins");
  WhyOrigin origin;
  origin.role = reader.required_text("role");
  origin.place = read_place_fields(reader);
  origin.written = reader.boolean("written");
  origin.left_out = reader.boolean("leftOut");
  origin.encloses = reader.boolean("encloses");
  TITAN_ASSIGN(origin.included, all_of(reader, "included", &read_place));
  TITAN_ASSIGN(origin.input, long_text(reader, item, "input"));
  origin.item = reader.optional_number("item");
  origin.offset = reader.number("offset");
  origin.length = reader.number("length");
  TITAN_TRY(reader.finish());
  return origin;
}

Result<WhyLine> read_line(const json& item) {
  FieldReader reader(item, "lines");
  WhyLine line;
  line.line = reader.number("line");
  TITAN_ASSIGN(line.text, long_text(reader, item, "text"));
  TITAN_ASSIGN(line.origins, all_of(reader, "origins", &read_origin));
  TITAN_TRY(reader.finish());
  return line;
}

Result<WhyFile> read_source_file(const json& item) {
  FieldReader reader(item, "files");
  WhyFile file;
  file.path = reader.required_text("path");
  TITAN_ASSIGN(file.since, read_since(reader));
  TITAN_TRY(reader.finish());
  return file;
}

Result<WhyInput> read_input(const json& item) {
  FieldReader reader(item, "inputs");
  WhyInput input;
  const bool has_value = reader.has("value");
  TITAN_ASSIGN(input.pointer, long_text(reader, item, "pointer"));
  TITAN_ASSIGN(const std::string value, long_text(reader, item, "value"));
  if (has_value) input.value = value;
  input.layer = reader.text("layer");
  input.entity = reader.text("entity");
  TITAN_ASSIGN(input.place, long_text(reader, item, "place"));
  input.also_from = reader.texts("alsoFrom", kItemsMax);
  TITAN_ASSIGN(input.since, read_since(reader));
  TITAN_TRY(reader.finish());
  return input;
}

Result<WhyRule> read_rule(const json& object) {
  FieldReader reader(object, "rule");
  WhyRule rule;
  rule.target = reader.text("target");
  rule.labels = reader.text_map("labels");
  rule.selector = reader.text("selector");
  rule.matched = reader.text_map("matched");
  rule.assignment = reader.text("assignment");
  TITAN_ASSIGN(rule.since, read_since(reader));
  TITAN_TRY(reader.finish());
  return rule;
}

Result<Why> read_whole_why(const json& answer) {
  FieldReader reader(answer, "");
  Why why;
  why.host = reader.required_text("host");
  reader.require({"bookmark", "template", "rule"});
  why.bookmark = reader.parsed<model::Bookmark>("bookmark", &model::Bookmark::parse);
  why.deployment = reader.required_text("deployment");
  why.version = reader.number("version");
  why.path = reader.required_text("path");
  why.line_count = reader.number("lineCount");
  why.more_inputs = reader.number("moreInputs");
  if (const json* source = reader.object("template")) {
    FieldReader inner(*source, "template");
    why.template_name = inner.text("name");
    why.template_file = inner.text("file");
    inner.ignore("digest");
    TITAN_TRY(inner.finish());
  }
  if (const json* rule = reader.object("rule")) {
    TITAN_ASSIGN(why.rule, read_rule(*rule));
  }
  TITAN_ASSIGN(why.lines, all_of(reader, "lines", &read_line));
  TITAN_ASSIGN(why.files, all_of(reader, "files", &read_source_file));
  TITAN_ASSIGN(why.inputs, all_of(reader, "inputs", &read_input));
  TITAN_TRY(reader.finish());
  why.document = canonical_json(answer);
  return why;
}

// ---- the life of a version ---------------------------------------------------------------------

std::optional<Timestamp> time_of(FieldReader& reader, const char* field) {
  if (!reader.has(field)) return std::nullopt;
  return reader.timestamp(field);
}

model::Status status_of(FieldReader& reader, const char* field) {
  return reader.parsed<model::Status>(field, &model::parse_status);
}

Result<TraceStage> read_stage(const json& item) {
  FieldReader reader(item, "stages");
  TraceStage stage{.stage = reader.required_text("stage"),
                   .time = time_of(reader, "time"),
                   .outcome = reader.text("outcome"),
                   .revision = reader.text("revision"),
                   .url = reader.text("url"),
                   .actor = reader.text("actor"),
                   .request_id = reader.text("requestId"),
                   .bookmark = reader.text("bookmark"),
                   .done = reader.optional_number("done"),
                   .of = reader.number("of")};
  reader.ignore("version");
  TITAN_TRY(reader.finish());
  return stage;
}

Result<TraceHost> read_trace_host(const json& item) {
  FieldReader reader(item, "hosts");
  TraceHost host{.host = reader.required_text("host"),
                 .host_status = status_of(reader, "hostStatus"),
                 .wanted = reader.boolean("wanted"),
                 .status = status_of(reader, "status"),
                 .reason = reader.text("reason"),
                 .rendered_digest = reader.digest("renderedDigest"),
                 .commit = reader.text("commit"),
                 .rendered = time_of(reader, "rendered"),
                 .delivered = time_of(reader, "delivered"),
                 .committed = time_of(reader, "committed"),
                 .deployed = time_of(reader, "deployed")};
  TITAN_TRY(reader.finish());
  return host;
}

Result<Trace> read_whole_trace(const json& answer) {
  FieldReader reader(answer, "");
  Trace trace;
  trace.deployment = reader.required_text("deployment");
  trace.version = reader.number("version");
  trace.status = status_of(reader, "status");
  trace.reason = reader.texts("reason", model::kReasonsMax);
  trace.logged = reader.boolean("logged");
  trace.hosts_not_counted = reader.number("hostsNotCounted");
  TITAN_ASSIGN(trace.stages, all_of(reader, "stages", &read_stage));
  TITAN_ASSIGN(trace.hosts, all_of(reader, "hosts", &read_trace_host));
  TITAN_TRY(reader.finish());
  trace.document = canonical_json(answer);
  return trace;
}

}  // namespace

Result<Trace> read_trace(const json& answer) {
  return checked(read_whole_trace(answer));
}

Result<Why> read_why(const json& answer) {
  return checked(read_whole_why(answer));
}

Result<HostRendering> read_host_rendering(const json& answer) {
  return checked(read_renderings(answer));
}

Result<Preview> read_preview(const json& answer) {
  return checked(read_whole_preview(answer));
}

}  // namespace titan::client
