#include "model/manifest.hpp"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "model/form_writer.hpp"
#include "model/limits.hpp"
#include "model/secret.hpp"
#include "model/spec.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

// ---- writing -----------------------------------------------------------------------------------

void write(JsonWriter& writer, const Tombstone& tombstone) {
  writer.begin_object();
  writer.member("deletedTime", tombstone.deleted_time.text());
  writer.member("key", tombstone.key.text());
  writer.end_object();
}

void write(JsonWriter& writer, const TemplateFile& file) {
  writer.begin_object();
  writer.member("digest", file.digest.text());
  if (!file.escape.empty()) writer.member("escape", file.escape);
  writer.member("mode", mode_text(file.mode));
  if (!file.owner.empty()) writer.member("owner", file.owner);
  writer.member("path", file.path);
  writer.member("size", file.size);
  writer.end_object();
}

void write(JsonWriter& writer, const AuthorSignature& signature) {
  writer.begin_object();
  writer.member("key", signature.key.text());
  writer.member("serial", signature.serial);
  writer.member("signature", signature.signature.text());
  writer.end_object();
}

void write(JsonWriter& writer, const SecretUse& use) {
  writer.begin_object();
  writer.member("digest", use.digest.text());
  writer.member("key", use.key);
  writer.member("name", use.name);
  if (!use.sealed.empty()) writer.member("sealed", use.sealed);
  writer.end_object();
}

void write(JsonWriter& writer, const DesiredDeployment& desired);

template <class Item>
void write(JsonWriter& writer, const std::vector<Item>& items) {
  writer.begin_array();
  for (const Item& item : items) write(writer, item);
  writer.end_array();
}

void write_signed(JsonWriter& writer, const char* name, const std::optional<SignedValues>& given) {
  if (!given) return;
  writer.name(name);
  writer.begin_object();
  writer.name("signatures");
  write(writer, given->signatures);
  writer.member("values", given->values.json());
  writer.end_object();
}

void write(JsonWriter& writer, const DesiredDeployment& desired) {
  const bool has_digest = !desired.template_digest.empty();
  writer.begin_object();
  write_signed(writer, "author", desired.author);
  if (!desired.depends_on.empty()) writer.member("dependsOn", json(desired.depends_on));
  writer.member("desiredDigest", desired.desired_digest.text());
  if (desired.drift_policy != DriftPolicy::heal) {
    writer.member("driftPolicy", text_of(desired.drift_policy));
  }
  writer.member("driver", desired.driver);
  if (!desired.error.empty()) writer.member("error", desired.error);
  if (desired.health != Health()) writer.member("health", json_of(desired.health));
  if (desired.hooks != Hooks()) writer.member("hooks", json_of(desired.hooks));
  write_signed(writer, "host", desired.host);
  writer.member("inputs", desired.inputs.json());
  writer.member("key", desired.key.text());
  if (desired.error.empty()) writer.member("renderedDigest", desired.rendered_digest.text());
  if (!desired.secrets.empty()) {
    writer.name("secrets");
    write(writer, desired.secrets);
  }
  writer.name("template");
  writer.begin_object();
  writer.member("digest", has_digest ? desired.template_digest.text() : "");
  writer.name("files");
  write(writer, desired.files);
  writer.member("name", desired.template_name);
  writer.end_object();
  writer.member("version", desired.version);
  writer.end_object();
}

void write(JsonWriter& writer, const Manifest& manifest) {
  writer.begin_object();
  writer.member("bookmark", manifest.bookmark.text());
  writer.name("deployments");
  write(writer, manifest.deployments);
  writer.member("digest", manifest.digest.text());
  writer.member("full", manifest.full);
  writer.member("host", manifest.host);
  writer.member("pollAfter", static_cast<std::uint64_t>(manifest.poll_after.count()));
  writer.member("time", manifest.time.text());
  writer.name("tombstones");
  write(writer, manifest.tombstones);
  writer.end_object();
}

template <class Whole>
std::string text_of(const Whole& whole) {
  JsonWriter writer;
  write(writer, whole);
  return writer.take();
}

// What was written is JSON, and as deep as what it was read from.
json value_of(const std::string& text) {
  return parse_json(text, text.size()).value();
}

// ---- reading -----------------------------------------------------------------------------------

Result<Tombstone> parse_tombstone(const json& object, std::string path) {
  FieldReader reader(object, std::move(path));
  reader.require({"key", "deletedTime"});
  Tombstone tombstone{.key = reader.parsed<Key>("key", &Key::parse),
                      .deleted_time = reader.timestamp("deletedTime")};
  if (tombstone.key.kind != Kind::deployment) reader.refuse("key", "expected a deployment's key");
  TITAN_TRY(reader.finish());
  return tombstone;
}

void read_template_of(FieldReader& reader, DesiredDeployment& desired) {
  const json* object = reader.object("template");
  if (object == nullptr) return;
  FieldReader template_reader(*object, reader.path_of("template"));
  template_reader.require({"files"});
  desired.template_name = template_reader.text("name");
  desired.template_digest = template_reader.digest("digest");
  if (desired.error.empty()) {
    template_reader.require({"name", "digest"});
    if (desired.template_digest.empty()) template_reader.refuse("digest", "must be given");
  }
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

// These hold several layers of values together, each of which was within its limits when it was
// written; so the limits of one layer do not apply.
Values read_layers(FieldReader& reader, const char* field) {
  const json* layers = reader.object(field);
  return layers == nullptr ? Values() : Values::from_trusted(*layers);
}

std::optional<SignedValues> read_signed(FieldReader& reader, const char* field) {
  const json* object = reader.object(field);
  if (object == nullptr) return std::nullopt;
  FieldReader signed_reader(*object, reader.path_of(field));
  signed_reader.require({"signatures", "values"});
  SignedValues given{.signatures = read_signatures(signed_reader, "signatures"),
                     .values = read_layers(signed_reader, "values")};
  if (given.signatures.empty()) signed_reader.refuse("signatures", "expected one at least");
  if (const auto finished = signed_reader.finish(); !finished) reader.refuse(finished.error());
  return given;
}

// Reads each item of an array.
template <class Item>
std::vector<Item> read_items(FieldReader& reader, const char* field, std::size_t count_max,
                             Result<Item> (*parse)(const json&, std::string path)) {
  std::vector<Item> items;
  const json* array = reader.array(field, count_max);
  if (array == nullptr) return items;
  for (const json& object : *array) {
    auto item = parse(object, reader.path_of(field) + "[" + std::to_string(items.size()) + "]");
    if (!item) {
      reader.refuse(std::move(item).error());
      return {};
    }
    items.push_back(*std::move(item));
  }
  return items;
}

Result<SecretUse> parse_secret_use(const json& object, std::string path) {
  FieldReader reader(object, std::move(path));
  reader.require({"name", "key", "digest"});
  SecretUse use{.name = reader.text("name"),
                .key = reader.text("key"),
                .digest = reader.digest("digest"),
                .sealed = reader.sealed("sealed", kSealedTextBytesMax)};
  if (const auto checked = check_name("name", use.name); !checked) {
    reader.refuse("name", checked.error().message);
  }
  if (!is_secret_key(use.key)) {
    reader.refuse("key", quote(use.key) + " is not the key of a secret");
  }
  TITAN_TRY(reader.finish());
  return use;
}

// In their one order, so that no two lists say the same.
std::vector<SecretUse> read_secret_uses(FieldReader& reader, const char* field) {
  auto uses = read_items(reader, field, kSecretUsesMax, &parse_secret_use);
  const auto out_of_order = [](const SecretUse& one, const SecretUse& next) {
    return std::tie(one.name, one.key) >= std::tie(next.name, next.key);
  };
  if (std::ranges::adjacent_find(uses, out_of_order) != uses.end()) {
    reader.refuse(field, "expected each once, by name and key");
  }
  return uses;
}

Health read_health(FieldReader& reader, const char* field) {
  const json* object = reader.object(field);
  if (object == nullptr) return {};
  auto health = parse_health(*object, reader.path_of(field));
  if (health) return *std::move(health);
  reader.refuse(std::move(health).error());
  return {};
}

Hooks read_hooks(FieldReader& reader, const char* field) {
  const json* object = reader.object(field);
  if (object == nullptr) return {};
  auto hooks = parse_hooks(*object, reader.path_of(field));
  if (hooks) return *std::move(hooks);
  reader.refuse(std::move(hooks).error());
  return {};
}

// Names in their one order, as of the secrets.
std::vector<std::string> read_dependencies(FieldReader& reader, const char* field) {
  std::vector<std::string> names = reader.texts(field, kLabelsMax);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string place = reader.path_of(field) + "[" + std::to_string(i) + "]";
    if (const auto checked = check_name(place, names[i]); !checked) reader.refuse(checked.error());
  }
  if (std::ranges::adjacent_find(names, std::greater_equal<>()) != names.end()) {
    reader.refuse(field, "expected each once, sorted");
  }
  return names;
}

Result<DesiredDeployment> parse_desired(const json& object, std::string path) {
  FieldReader reader(object, std::move(path));
  reader.require({"key", "version", "template", "inputs", "desiredDigest"});
  DesiredDeployment desired{
      .key = reader.parsed<Key>("key", &Key::parse),
      .version = reader.number("version"),
      .driver = reader.text("driver"),
      .inputs = read_layers(reader, "inputs"),
      .health = read_health(reader, "health"),
      .hooks = read_hooks(reader, "hooks"),
      .depends_on = read_dependencies(reader, "dependsOn"),
      .drift_policy = reader.parsed<DriftPolicy>("driftPolicy", &parse_drift_policy),
      .desired_digest = reader.digest("desiredDigest"),
      .rendered_digest = reader.digest("renderedDigest"),
      .error = reader.text("error"),
      .author = read_signed(reader, "author"),
      .host = read_signed(reader, "host"),
      .secrets = read_secret_uses(reader, "secrets")};
  read_template_of(reader, desired);
  if (desired.key.kind != Kind::deployment) reader.refuse("key", "expected a deployment's key");
  if (desired.desired_digest.empty()) reader.refuse("desiredDigest", "must be given");
  if (desired.error.empty() == desired.rendered_digest.empty()) {
    reader.refuse("renderedDigest", "expected either this or error");
  }
  if (desired.error.empty()) reader.require({"driver"});
  TITAN_TRY(reader.finish());
  return desired;
}

// A deployment that stands twice, or is both wanted and gone, would make the outcome depend on the
// order in which a host reads them.
void refuse_repeats(FieldReader& reader, const Manifest& manifest) {
  std::set<Key> seen;
  const auto check = [&](const char* field, const Key& key) {
    if (!seen.insert(key).second) reader.refuse(field, quote(key.text()) + " stands there twice");
  };
  for (const DesiredDeployment& desired : manifest.deployments) check("deployments", desired.key);
  for (const Tombstone& tombstone : manifest.tombstones) check("tombstones", tombstone.key);
}

}  // namespace

void write_form(JsonWriter& writer, const DesiredDeployment& desired) {
  write(writer, desired);
}

std::string json_text(const Manifest& manifest) {
  return text_of(manifest);
}

json json_of(const DesiredDeployment& desired) {
  return value_of(text_of(desired));
}

json json_of(const Manifest& manifest) {
  return value_of(text_of(manifest));
}

Result<DesiredDeployment> parse_desired_deployment(const json& object) {
  return parse_desired(object, "");
}

Result<Manifest> parse_manifest(const json& object) {
  FieldReader reader(object, "");
  reader.require(
      {"host", "bookmark", "full", "digest", "deployments", "tombstones", "pollAfter", "time"});
  Manifest manifest{
      .host = reader.text("host"),
      .bookmark = reader.parsed<Bookmark>("bookmark", &Bookmark::parse),
      .full = reader.boolean("full"),
      .digest = reader.digest("digest"),
      .deployments = read_items(reader, "deployments", kReportDeploymentsMax, &parse_desired),
      .tombstones = read_items(reader, "tombstones", kReportDeploymentsMax, &parse_tombstone),
      .poll_after = std::chrono::seconds(reader.number("pollAfter")),
      .time = reader.timestamp("time")};
  if (const auto checked = check_name("host", manifest.host); !checked) {
    reader.refuse(checked.error());
  }
  refuse_repeats(reader, manifest);
  TITAN_TRY(reader.finish());
  return manifest;
}

Digest digest_of_desired(const std::vector<DesiredDigest>& deployments) {
  Hasher hasher;
  for (const DesiredDigest& desired : deployments) {
    hasher.add(desired.key.text()).add(desired.digest.text());
  }
  return hasher.finish();
}

}  // namespace titan::model
