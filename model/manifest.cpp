#include "model/manifest.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "model/field_reader.hpp"
#include "model/limits.hpp"
#include "model/spec.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

json json_of(const Tombstone& tombstone) {
  return {{"key", tombstone.key.text()}, {"deletedTime", tombstone.deleted_time.text()}};
}

Result<Tombstone> parse_tombstone(const json& object) {
  FieldReader reader(object, "");
  Tombstone tombstone{.key = reader.parsed<Key>("key", &Key::parse),
                      .deleted_time = reader.timestamp("deletedTime")};
  if (tombstone.key.name.empty()) reader.refuse("key", "must be given");
  TITAN_TRY(reader.finish());
  return tombstone;
}

void read_template_of(FieldReader& reader, DesiredDeployment& desired) {
  const json* object = reader.object("template");
  if (object == nullptr) return reader.refuse("template", "must be given");
  FieldReader template_reader(*object, reader.path_of("template"));
  desired.template_name = template_reader.text("name");
  desired.template_digest = template_reader.digest("digest");
  if (const json* files = template_reader.array("files", kTemplateFilesMax); files != nullptr) {
    auto parsed = parse_template_files(*files, template_reader.path_of("files"));
    if (parsed) {
      desired.files = *std::move(parsed);
    } else {
      template_reader.refuse(parsed.error());
    }
  }
  if (const auto finished = template_reader.finish(); !finished) reader.refuse(finished.error());
}

// Reads each item of an array; the first error names its place.
template <class Item>
std::vector<Item> read_items(FieldReader& reader, const char* field,
                             Result<Item> (*parse)(const json&)) {
  std::vector<Item> items;
  const json* array = reader.array(field, kReportDeploymentsMax);
  if (array == nullptr) return items;
  for (const json& object : *array) {
    auto item = parse(object);
    if (!item) {
      Error error = item.error();
      error.field = reader.path_of(field) + "[" + std::to_string(items.size()) + "]." + error.field;
      reader.refuse(std::move(error));
      return {};
    }
    items.push_back(*std::move(item));
  }
  return items;
}

}  // namespace

json json_of(const DesiredDeployment& desired) {
  json object = {
      {"key", desired.key.text()},
      {"version", desired.version},
      {"driver", desired.driver},
      {"template",
       {{"name", desired.template_name},
        {"digest", desired.template_digest.empty() ? "" : desired.template_digest.text()},
        {"files", json_of(desired.files)}}},
      {"inputs", desired.inputs.json()}};
  if (desired.error.empty()) {
    object["renderedDigest"] = desired.rendered_digest.text();
  } else {
    object["error"] = desired.error;
  }
  return object;
}

Result<DesiredDeployment> parse_desired_deployment(const json& object) {
  FieldReader reader(object, "");
  DesiredDeployment desired{.key = reader.parsed<Key>("key", &Key::parse),
                            .version = reader.number("version"),
                            .driver = reader.text("driver"),
                            .inputs = reader.values("inputs"),
                            .rendered_digest = reader.digest("renderedDigest"),
                            .error = reader.text("error")};
  read_template_of(reader, desired);
  if (desired.key.kind != Kind::deployment) reader.refuse("key", "expected a deployment's key");
  if (desired.error.empty() == desired.rendered_digest.empty()) {
    reader.refuse("renderedDigest", "expected either this or error");
  }
  if (desired.error.empty() && desired.driver.empty()) reader.refuse("driver", "must be given");
  TITAN_TRY(reader.finish());
  return desired;
}

json json_of(const Manifest& manifest) {
  json deployments = json::array();
  for (const auto& desired : manifest.deployments) deployments.push_back(json_of(desired));
  json tombstones = json::array();
  for (const auto& tombstone : manifest.tombstones) tombstones.push_back(json_of(tombstone));
  return {{"host", manifest.host},
          {"bookmark", manifest.bookmark.text()},
          {"full", manifest.full},
          {"digest", manifest.digest.text()},
          {"deployments", std::move(deployments)},
          {"tombstones", std::move(tombstones)},
          {"pollAfter", manifest.poll_after.count()},
          {"time", manifest.time.text()}};
}

Result<Manifest> parse_manifest(const json& object) {
  FieldReader reader(object, "");
  Manifest manifest{.host = reader.required_text("host"),
                    .bookmark = reader.parsed<Bookmark>("bookmark", &Bookmark::parse),
                    .full = reader.boolean("full"),
                    .digest = reader.digest("digest"),
                    .deployments = read_items(reader, "deployments", &parse_desired_deployment),
                    .tombstones = read_items(reader, "tombstones", &parse_tombstone),
                    .poll_after = std::chrono::seconds(reader.number("pollAfter")),
                    .time = reader.timestamp("time")};
  if (manifest.bookmark.epoch.empty()) reader.refuse("bookmark", "must be given");
  if (manifest.digest.empty()) reader.refuse("digest", "must be given");
  TITAN_TRY(reader.finish());
  return manifest;
}

Digest digest_of_desired(const std::vector<DesiredDeployment>& deployments) {
  Hasher hasher;
  for (const DesiredDeployment& desired : deployments) {
    hasher.add(desired.key.text()).add(desired.version);
    hasher.add(desired.rendered_digest.text()).add(desired.error);
  }
  return hasher.finish();
}

}  // namespace titan::model
