#include "cli/draft.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "cli/local_file.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "client/template_directory.hpp"
#include "model/secret_value.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

std::string text_in(const json& object, const char* field) {
  if (!object.is_object()) return {};
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The kind, when it is one in a workspace.
bool is_in_workspace(const json& document) {
  const auto kind = model::parse_kind(text_in(document, "kind"));
  return kind && model::in_workspace(*kind);
}

Result<void> settle_workspace(json& document, const DraftPlace& place) {
  if (!is_in_workspace(document)) return {};
  if (!document.contains("workspace")) document["workspace"] = place.workspace;
  const std::string said = text_in(document, "workspace");
  if (!place.workspace_given || said == place.workspace) return {};
  return invalid_field("workspace",
                       "is " + quote(said) + ", and --workspace says " + quote(place.workspace));
}

// Takes `directory` out of a template's spec.
Result<std::optional<std::string>> take_directory(json& document) {
  if (text_in(document, "kind") != model::name_of(model::Kind::template_) ||
      !document.contains("spec") || !document["spec"].is_object() ||
      !document["spec"].contains("directory")) {
    return std::optional<std::string>();
  }
  json& spec = document["spec"];
  const std::string directory = text_in(spec, "directory");
  if (directory.empty()) return invalid_field("spec.directory", "expected the path of a folder");
  spec.erase("directory");
  if (!spec.empty()) {
    return invalid_field("spec." + spec.begin().key(),
                         "cannot stand beside spec.directory, whose template.yaml says it");
  }
  return std::optional(directory);
}

constexpr const char* kSomethingSealed = "AAAA";
constexpr const char* kNotShown = "(a value that is sealed when it is applied)";

Error bad_value(const std::string& key, const std::string& message) {
  return invalid_field("spec.data." + key + ".value", message);
}

// Takes the plain values out of a secret's spec.
Result<std::map<std::string, Secret>> take_values(json& document) {
  std::map<std::string, Secret> values;
  if (text_in(document, "kind") != model::name_of(model::Kind::secret)) return values;
  const auto spec = document.find("spec");
  if (spec == document.end() || !spec->is_object()) return values;
  const auto data = spec->find("data");
  if (data == spec->end() || !data->is_object()) return values;
  for (auto& [key, entry] : data->items()) {
    if (!entry.is_object() || !entry.contains("value")) continue;
    if (!entry["value"].is_string()) return bad_value(key, "expected a text; put it in quotes");
    Secret value = Secret::of(std::move(entry["value"].get_ref<std::string&>()));
    const auto checked = model::check_secret_value(value.bytes());
    if (!checked) return bad_value(key, checked.error().message);
    if (entry.size() > 1) return bad_value(key, "stands alone, without digest, blob and sealed");
    entry = {{"sealed", kSomethingSealed}};
    values.emplace(key, std::move(value));
  }
  return values;
}

}  // namespace

Result<Draft> draft_of(const json& document, const DraftPlace& place) {
  json settled = document;
  Draft draft;
  TITAN_TRY(settle_workspace(settled, place));
  TITAN_ASSIGN(draft.directory, take_directory(settled));
  if (draft.directory) draft.directory = path_from(place.folder, *draft.directory);
  TITAN_ASSIGN(draft.values, take_values(settled));
  TITAN_ASSIGN(draft.entity, model::parse_entity(settled));
  for (const auto& [key, value] : draft.values) {
    std::get<model::SecretSpec>(draft.entity.spec).data.at(key).sealed = kNotShown;
  }
  return draft;
}

Result<std::map<Digest, std::string>> read_files(Draft& draft, const Env& env) {
  if (!draft.directory) return std::map<Digest, std::string>();
  auto folder = env.open_folder(*draft.directory);
  if (!folder) return about(*draft.directory, std::move(folder).error());
  auto read = client::read_template_directory(**folder, "");
  if (!read) {
    const std::string& inside = read.error().subject;
    return about(inside.empty() ? *draft.directory : path_from(*draft.directory, inside),
                 read.error());
  }
  draft.entity.spec = std::move(read->spec);
  return std::move(read->blobs);
}

Result<void> seal_values(Draft& draft, client::Client& client) {
  if (draft.values.empty()) return {};
  TITAN_ASSIGN(const PublicKey server, client.server_key());
  const model::Key secret = draft.entity.key();
  auto& data = std::get<model::SecretSpec>(draft.entity.spec).data;
  for (const auto& [key, value] : draft.values) {
    data[key] = {.sealed = model::seal_secret_value(server, secret, key, value.bytes())};
  }
  return {};
}

Result<void> make_ready(Draft& draft, client::Client& client, const Env& env) {
  TITAN_TRY(upload_files(draft, client, env));
  return seal_values(draft, client);
}

Result<void> upload_files(Draft& draft, client::Client& client, const Env& env) {
  if (!draft.directory) return {};
  TITAN_ASSIGN(const auto blobs, read_files(draft, env));
  Progress progress(env, "files of " + *draft.directory);
  std::size_t done = 0;
  for (const auto& [digest, content] : blobs) {
    TITAN_ASSIGN(const bool there, client.has_blob(digest));
    if (!there) TITAN_TRY(client.put_blob(content));
    progress(++done);
  }
  return {};
}

}  // namespace titan::cli
