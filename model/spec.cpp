#include "model/spec.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/duration.hpp"
#include "base/file_system.hpp"
#include "base/signing.hpp"
#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "model/key.hpp"
#include "model/limits.hpp"
#include "model/owner.hpp"
#include "model/secret_use.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

// Leaves out what says nothing, so that a stored spec shows what was asked for.
void put(json& object, const char* field, const std::string& text) {
  if (!text.empty()) object[field] = text;
}
void put(json& object, const char* field, std::chrono::seconds duration) {
  if (duration.count() != 0) object[field] = duration_text(duration);
}
void put(json& object, const char* field, const Values& values) {
  if (!values.empty()) object[field] = values.json();
}
void put(json& object, const char* field, const Labels& labels) {
  if (!labels.empty()) object[field] = labels;
}
void put(json& object, const char* field, const std::vector<std::string>& texts) {
  if (!texts.empty()) object[field] = texts;
}
void put(json& object, const char* field, const AuthorSignatures& signatures) {
  if (!signatures.empty()) object[field] = json_of(signatures);
}

json json_of_spec(const WorkspaceSpec& spec) {
  json object = json::object();
  put(object, "description", spec.description);
  return object;
}

json json_of_spec(const HostSpec& spec) {
  json object = {{"delivery", spec.delivery == Delivery::agent ? "agent" : "gitops"}};
  put(object, "labels", spec.labels);
  put(object, "drivers", spec.drivers);
  put(object, "values", spec.values);
  if (spec.capacity) object["capacity"] = *spec.capacity;
  put(object, "lease", spec.lease);
  put(object, "signatures", spec.signatures);
  return object;
}

json json_of_spec(const TemplateSpec& spec) {
  json object = {{"driver", spec.driver}, {"files", json_of(spec.files)}};
  put(object, "defaults", spec.defaults);
  if (spec.health != Health()) object["health"] = json_of(spec.health);
  if (spec.hooks != Hooks()) object["hooks"] = json_of(spec.hooks);
  put(object, "valuesSchema", spec.values_schema);
  if (spec.git) {
    json& git = object["git"];
    git["repository"] = spec.git->repository;
    put(git, "ref", spec.git->ref);
    put(git, "path", spec.git->path);
    put(git, "commit", spec.git->commit);
  }
  return object;
}

json json_of_spec(const WorkloadSpec& spec) {
  json object = json::object();
  put(object, "repo", spec.repo);
  put(object, "template", spec.default_template);
  put(object, "values", spec.values);
  return object;
}

json json_of_spec(const TargetSpec& spec) {
  json object = json::object();
  put(object, "labels", spec.labels);
  put(object, "selector", spec.selector.text());
  return object;
}

json json_of_spec(const DeploymentSpec& spec) {
  json object = {{"workload", spec.workload}, {"target", spec.target}};
  put(object, "template", spec.template_name);
  put(object, "values", spec.values);
  put(object, "dependsOn", spec.depends_on);
  if (spec.replicas) object["replicas"] = *spec.replicas;
  put(object, "spreadBy", spec.spread_by);
  put(object, "rescheduleAfter", spec.reschedule_after);
  if (spec.suspend) object["suspend"] = true;
  if (spec.drift_policy != DriftPolicy::heal) object["driftPolicy"] = text_of(spec.drift_policy);
  put(object, "signatures", spec.signatures);
  return object;
}

json json_of_spec(const AssignmentSpec& spec) {
  return {{"deployment", spec.deployment}, {"host", spec.host}};
}

void put(json& object, const char* field, Timestamp time) {
  if (time != Timestamp()) object[field] = time.text();
}

json json_of_spec(const TokenSpec& spec) {
  json object = {{"grants", json_of(spec.grants)}, {"digest", spec.digest.text()}};
  put(object, "expires", spec.expires);
  put(object, "description", spec.description);
  return object;
}

json json_of_spec(const EnrollmentSpec& spec) {
  json object = {{"host", spec.host}, {"digest", spec.digest.text()}};
  put(object, "labels", spec.labels);
  put(object, "expires", spec.expires);
  return object;
}

json json_of_spec(const DeviceSpec& spec) {
  json object = {{"publicKey", spec.public_key}};
  if (spec.revoked) object["revoked"] = true;
  return object;
}

json json_of_spec(const SecretSpec& spec) {
  json object = {{"data", json::object()}};
  for (const auto& [key, entry] : spec.data) {
    json& place = object["data"][key];
    if (entry.sealed.empty()) {
      place = {{"digest", entry.digest.text()}, {"blob", entry.blob.text()}};
    } else {
      place = {{"sealed", entry.sealed}};
    }
  }
  return object;
}

void refuse_unless_name(FieldReader& reader, std::string_view field, const std::string& name) {
  if (const auto checked = check_name(reader.path_of(field), name); !checked) {
    reader.refuse(checked.error());
  }
}

std::string required_name(FieldReader& reader, const char* field) {
  std::string name = reader.required_text(field);
  if (!name.empty()) refuse_unless_name(reader, field, name);
  return name;
}

std::string optional_name(FieldReader& reader, const char* field) {
  std::string name = reader.text(field);
  if (!name.empty()) refuse_unless_name(reader, field, name);
  return name;
}

Labels labels(FieldReader& reader, const char* field) {
  Labels labels = reader.text_map(field);
  if (const auto checked = check_labels(reader.path_of(field), labels); !checked) {
    reader.refuse(checked.error());
  }
  return labels;
}

std::string label_key(FieldReader& reader, const char* field) {
  std::string key = reader.text(field);
  if (!key.empty() && !is_label_key(key)) {
    reader.refuse(field, quote(key) + " is not a label key");
  }
  return key;
}

std::chrono::seconds duration(FieldReader& reader, const char* field) {
  return reader.parsed<std::chrono::seconds>(field, &parse_duration);
}

// Names without repeats, in the order given.
std::vector<std::string> names(FieldReader& reader, const char* field) {
  std::vector<std::string> names = reader.texts(field, kLabelsMax);
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    refuse_unless_name(reader, std::string(field) + "[" + std::to_string(i) + "]", names[i]);
    if (!seen.insert(names[i]).second) {
      reader.refuse(field, quote(names[i]) + " stands there twice");
    }
  }
  return names;
}

Result<Delivery> parse_delivery(std::string_view text) {
  if (text == "agent") return Delivery::agent;
  if (text == "gitops") return Delivery::gitops;
  return invalid(quote(text) + R"( is not a way of delivery: expected "agent" or "gitops")");
}

// Values that may not refer to secrets, which belong to a workspace.
Values values_without_secrets(FieldReader& reader, const char* field) {
  Values values = reader.values(field);
  if (const auto place = first_secret_reference(values)) {
    reader.refuse(place->empty() ? field : std::string(field) + "." + *place,
                  "only the values of workloads and deployments may refer to secrets");
  }
  return values;
}

Values values_with_secrets(FieldReader& reader, const char* field) {
  Values values = reader.values(field);
  if (auto references = secret_references(values); !references) {
    Error& error = references.error();
    const std::string place = error.field.empty() ? "" : "." + error.field;
    reader.refuse(std::string(field) + place, std::move(error.message));
  }
  return values;
}

Spec read_workspace(FieldReader& reader) {
  return WorkspaceSpec{.description = reader.text("description")};
}

Spec read_host(FieldReader& reader) {
  return HostSpec{.labels = labels(reader, "labels"),
                  .drivers = names(reader, "drivers"),
                  .delivery = reader.parsed<Delivery>("delivery", &parse_delivery),
                  .values = values_without_secrets(reader, "values"),
                  .capacity = reader.optional_number("capacity"),
                  .lease = duration(reader, "lease"),
                  .signatures = read_signatures(reader, "signatures")};
}

// Git's own rules of names (git-check-ref-format(1)), as far as they keep a name out of trouble.
bool is_ref(const std::string& ref) {
  constexpr std::string_view kNever = " ~^:?*[\\";
  const auto is_bad = [&](char c) {
    return static_cast<unsigned char>(c) < 0x21 || c == 0x7f || kNever.find(c) != kNever.npos;
  };
  const bool is_odd = ref.starts_with('-') || ref.starts_with('/') || ref.ends_with('/') ||
                      ref.ends_with('.') || ref.ends_with(".lock");
  const bool has_gap = ref.find("..") != std::string::npos || ref.find("//") != std::string::npos ||
                       ref.find("@{") != std::string::npos;
  return ref.size() <= kRefBytesMax && std::ranges::none_of(ref, is_bad) && !is_odd && !has_gap;
}

bool is_commit(const std::string& id) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return id.size() == kCommitDigits && std::ranges::all_of(id, is_digit);
}

// "https://user:password@host/": whatever stands in an entity can be read by many.
bool has_password(const std::string& url) {
  const std::size_t start = url.find("://");
  if (start == std::string::npos) return false;
  const std::string authority = url.substr(start + 3, url.find('/', start + 3) - start - 3);
  const std::size_t at = authority.rfind('@');
  const bool is_web = url.starts_with("http");
  return at != std::string::npos &&
         (is_web || authority.substr(0, at).find(':') != std::string::npos);
}

std::optional<TemplateGit> read_git(FieldReader& outer, const char* field) {
  const json* object = outer.object(field);
  if (object == nullptr) return std::nullopt;
  FieldReader reader(*object, outer.path_of(field));
  TemplateGit git{.repository = reader.required_text("repository"),
                  .ref = reader.text("ref"),
                  .path = reader.text("path"),
                  .commit = reader.text("commit")};
  while (git.path.ends_with('/')) git.path.pop_back();
  while (git.path.starts_with("./")) git.path.erase(0, 2);
  if (git.path == ".") git.path.clear();
  if (has_password(git.repository)) {
    reader.refuse("repository", "must hold no user and password: an entity is no place for them");
  }
  if (!is_ref(git.ref)) reader.refuse("ref", quote(git.ref) + " is no name of a branch or a tag");
  if (const auto checked = check_relative_path(git.path); !checked && !git.path.empty()) {
    reader.refuse("path", checked.error().message);
  }
  if (!git.commit.empty() && !is_commit(git.commit)) {
    reader.refuse("commit", quote(git.commit) + " is no commit: expected " +
                                std::to_string(kCommitDigits) + " hex digits");
  }
  if (auto finished = reader.finish(); !finished) outer.refuse(std::move(finished).error());
  return git;
}

Spec read_template(FieldReader& reader) {
  TemplateSpec spec{.driver = optional_name(reader, "driver"),
                    .defaults = values_without_secrets(reader, "defaults"),
                    .values_schema = reader.values("valuesSchema"),
                    .git = read_git(reader, "git")};
  if (spec.driver.empty()) spec.driver = "files";
  if (const json* files = reader.array("files", kTemplateFilesMax); files != nullptr) {
    auto parsed = parse_template_files(*files, reader.path_of("files"));
    if (parsed) {
      spec.files = *std::move(parsed);
    } else {
      reader.refuse(parsed.error());
    }
  }
  if (const json* health = reader.object("health"); health != nullptr) {
    auto parsed = parse_health(*health, reader.path_of("health"));
    if (parsed) {
      spec.health = *std::move(parsed);
    } else {
      reader.refuse(std::move(parsed).error());
    }
  }
  if (const json* hooks = reader.object("hooks"); hooks != nullptr) {
    auto parsed = parse_hooks(*hooks, reader.path_of("hooks"));
    if (parsed) {
      spec.hooks = *std::move(parsed);
    } else {
      reader.refuse(std::move(parsed).error());
    }
  }
  return spec;
}

Spec read_workload(FieldReader& reader) {
  return WorkloadSpec{.repo = reader.text("repo"),
                      .default_template = optional_name(reader, "template"),
                      .values = values_with_secrets(reader, "values")};
}

Spec read_target(FieldReader& reader) {
  TargetSpec spec{.labels = labels(reader, "labels"),
                  .selector = reader.parsed<LabelSelector>("selector", &LabelSelector::parse)};
  if (spec.labels.empty() && spec.selector.text().empty()) {
    reader.refuse("labels", "must say which hosts are meant (or selector must)");
  }
  return spec;
}

Spec read_deployment(FieldReader& reader) {
  DeploymentSpec spec{
      .workload = required_name(reader, "workload"),
      .template_name = optional_name(reader, "template"),
      .target = required_name(reader, "target"),
      .values = values_with_secrets(reader, "values"),
      .replicas = reader.optional_number("replicas"),
      .spread_by = label_key(reader, "spreadBy"),
      .reschedule_after = duration(reader, "rescheduleAfter"),
      .depends_on = names(reader, "dependsOn"),
      .suspend = reader.boolean("suspend"),
      .drift_policy = reader.parsed<DriftPolicy>("driftPolicy", &parse_drift_policy),
      .signatures = read_signatures(reader, "signatures")};
  if (spec.replicas.value_or(1) == 0 || spec.replicas.value_or(1) > kReplicasMax) {
    reader.refuse("replicas", "expected a number from 1 to " + std::to_string(kReplicasMax) +
                                  ", found " + std::to_string(*spec.replicas));
  }
  const auto refuse_without_replicas = [&](const char* field) {
    if (!spec.replicas) reader.refuse(field, "goes only with replicas");
  };
  if (!spec.spread_by.empty()) refuse_without_replicas("spreadBy");
  if (spec.reschedule_after.count() != 0) refuse_without_replicas("rescheduleAfter");
  return spec;
}

Spec read_assignment(FieldReader& reader) {
  return AssignmentSpec{.deployment = required_name(reader, "deployment"),
                        .host = required_name(reader, "host")};
}

Digest required_digest(FieldReader& reader, const char* field) {
  const Digest digest = reader.digest(field);
  if (digest.empty()) reader.refuse(field, "must be given");
  return digest;
}

Spec read_token(FieldReader& reader) {
  reader.require({"grants"});
  TokenSpec spec{.digest = required_digest(reader, "digest"),
                 .expires = reader.timestamp("expires"),
                 .description = reader.text("description")};
  if (const json* grants = reader.array("grants", kGrantsMax); grants != nullptr) {
    auto parsed = parse_grants(*grants, reader.path_of("grants"));
    if (!parsed) {
      reader.refuse(parsed.error());
    } else if (parsed->empty()) {
      reader.refuse("grants", "expected at least one role");
    } else {
      spec.grants = *std::move(parsed);
    }
  }
  return spec;
}

Spec read_enrollment(FieldReader& reader) {
  EnrollmentSpec spec{.host = required_name(reader, "host"),
                      .labels = labels(reader, "labels"),
                      .digest = required_digest(reader, "digest"),
                      .expires = reader.timestamp("expires")};
  if (spec.expires == Timestamp()) reader.refuse("expires", "must be given");
  return spec;
}

Spec read_device(FieldReader& reader) {
  DeviceSpec spec{.public_key = reader.required_text("publicKey"),
                  .revoked = reader.boolean("revoked")};
  if (const auto key = PublicKey::parse(spec.public_key); !key && !spec.public_key.empty()) {
    reader.refuse("publicKey", key.error().message);
  }
  return spec;
}

// No error quotes what was found: it may be a value that was meant to be secret.
Result<SecretEntry> parse_secret_entry(const json& object, const std::string& path) {
  if (!object.is_object()) {
    return invalid_field(path, "expected an object with sealed, or with digest and blob");
  }
  if (object.contains("value")) {
    return invalid_field(path + ".value",
                         "a value is not taken as it is: seal it for the server's key, as titan "
                         "create secret and titan apply do");
  }
  FieldReader reader(object, path);
  SecretEntry entry{.digest = reader.digest("digest"),
                    .blob = reader.digest("blob"),
                    .sealed = reader.sealed("sealed", kSealedTextBytesMax)};
  TITAN_TRY(reader.finish());
  const bool is_stored = !entry.digest.empty() && !entry.blob.empty();
  const bool is_partly_stored = !entry.digest.empty() || !entry.blob.empty();
  if (entry.sealed.empty() ? !is_stored : is_partly_stored) {
    return invalid_field(path, "expected either sealed, or digest and blob");
  }
  return entry;
}

Spec read_secret(FieldReader& reader) {
  SecretSpec spec;
  reader.require({"data"});
  const json* data = reader.object("data");
  if (data == nullptr) return spec;
  if (data->empty() || data->size() > kSecretKeysMax) {
    reader.refuse("data", "expected 1 to " + std::to_string(kSecretKeysMax) + " keys, found " +
                              std::to_string(data->size()));
  }
  for (const auto& [key, object] : data->items()) {
    if (!is_secret_key(key)) {
      reader.refuse("data", quote(key) + " is not the key of a secret: expected 1 to " +
                                std::to_string(kSecretKeyBytesMax) +
                                " letters, digits, '-', '_' and '.', with a letter or digit first "
                                "and last");
      break;
    }
    auto entry = parse_secret_entry(object, reader.path_of("data." + key));
    if (!entry) {
      reader.refuse(std::move(entry).error());
      break;
    }
    spec.data.emplace(key, *std::move(entry));
  }
  return spec;
}

// In the order of enum Kind.
using ReadSpec = Spec (*)(FieldReader&);
constexpr std::array<ReadSpec, kKinds.size()> kReaders = {
    read_workspace,  read_host,  read_template,   read_workload, read_target, read_deployment,
    read_assignment, read_token, read_enrollment, read_device,   read_secret};

constexpr std::uint32_t kModeDefault = 0644;

Result<TemplateFile> parse_template_file(const json& object, const std::string& path) {
  FieldReader reader(object, path);
  TemplateFile file{.path = reader.required_text("path"),
                    .mode = reader.text("mode").empty()
                                ? kModeDefault
                                : reader.parsed<std::uint32_t>("mode", &parse_mode),
                    .digest = reader.digest("digest"),
                    .size = reader.number("size"),
                    .owner = reader.text("owner"),
                    .escape = reader.text("escape")};
  if (!file.escape.empty()) {
    if (const auto checked = check_escape(file.escape); !checked) {
      reader.refuse("escape", checked.error().message);
    }
  }
  if (!file.owner.empty()) {
    const auto owner = Owner::parse(file.owner);
    if (!owner) reader.refuse("owner", owner.error().message);
  }
  if (const auto checked = check_relative_path(file.path); !checked) {
    reader.refuse("path", checked.error().message);
  }
  if (file.digest.empty()) reader.refuse("digest", "must be given");
  if (file.size > kTemplateFileBytesMax) {
    reader.refuse("size", "the file is " + std::to_string(file.size) +
                              " bytes long, the limit is " + std::to_string(kTemplateFileBytesMax));
  }
  TITAN_TRY(reader.finish());
  return file;
}

}  // namespace

json json_of(const Spec& spec) {
  return std::visit([](const auto& of_kind) { return json_of_spec(of_kind); }, spec);
}

Result<Spec> parse_spec(Kind kind, const json& object) {
  FieldReader reader(object, "spec");
  Spec spec = kReaders[static_cast<std::size_t>(kind)](reader);
  TITAN_TRY(reader.finish());
  return spec;
}

json json_of(const std::vector<TemplateFile>& files) {
  json array = json::array();
  for (const TemplateFile& file : files) {
    array.push_back({{"path", file.path},
                     {"mode", mode_text(file.mode)},
                     {"digest", file.digest.text()},
                     {"size", file.size}});
    if (!file.owner.empty()) array.back()["owner"] = file.owner;
    if (!file.escape.empty()) array.back()["escape"] = file.escape;
  }
  return array;
}

Result<std::vector<TemplateFile>> parse_template_files(const json& array, std::string_view path) {
  std::vector<TemplateFile> files;
  std::uint64_t bytes = 0;
  for (const json& item : array) {
    const std::string place = std::string(path) + "[" + std::to_string(files.size()) + "]";
    TITAN_ASSIGN(TemplateFile file, parse_template_file(item, place));
    bytes += file.size;
    files.push_back(std::move(file));
  }
  if (bytes > kTemplateBytesMax) {
    return invalid_field(std::string(path), "the files are " + std::to_string(bytes) +
                                                " bytes together, the limit is " +
                                                std::to_string(kTemplateBytesMax));
  }
  const auto by_path = [](const auto& left, const auto& right) { return left.path < right.path; };
  std::sort(files.begin(), files.end(), by_path);
  const auto same = [](const auto& left, const auto& right) { return left.path == right.path; };
  const auto twice = std::adjacent_find(files.begin(), files.end(), same);
  if (twice != files.end()) {
    return invalid_field(std::string(path), quote(twice->path) + " stands there twice");
  }
  return files;
}

Result<void> check_escape(std::string_view name) {
  if (std::ranges::find(kEscapeNames, name) != kEscapeNames.end()) return {};
  const std::vector<std::string> names(kEscapeNames.begin(), kEscapeNames.end());
  return invalid(quote(name) + " is no kind of escaping: expected one of " + join(names, ", ") +
                 did_you_mean(name, names));
}

std::string mode_text(std::uint32_t mode) {
  std::array<char, 16> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%04o", mode);
  return {buffer.data(), static_cast<std::size_t>(length)};
}

Result<std::uint32_t> parse_mode(std::string_view text) {
  std::uint32_t mode = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, mode, 8);
  if (error == std::errc() && parsed == end && mode <= 0777U) return mode;
  return invalid(quote(text) + " is not a file mode: expected octal digits up to 0777");
}

}  // namespace titan::model
