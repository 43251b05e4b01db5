#include "cli/draft.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "cli/local_file.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "client/template_directory.hpp"

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

Error about(Error error, const std::string& subject) {
  error.subject = subject;
  return error;
}

}  // namespace

Result<Draft> draft_of(const json& document, const DraftPlace& place) {
  json settled = document;
  Draft draft;
  TITAN_TRY(settle_workspace(settled, place));
  TITAN_ASSIGN(draft.directory, take_directory(settled));
  if (draft.directory) draft.directory = path_from(place.folder, *draft.directory);
  TITAN_ASSIGN(draft.entity, model::parse_entity(settled));
  return draft;
}

Result<std::map<Digest, std::string>> read_files(Draft& draft, const Env& env) {
  if (!draft.directory) return std::map<Digest, std::string>();
  auto folder = env.open_folder(*draft.directory);
  if (!folder) return about(std::move(folder).error(), *draft.directory);
  auto read = client::read_template_directory(**folder, "");
  if (!read) {
    const std::string& inside = read.error().subject;
    return about(read.error(),
                 inside.empty() ? *draft.directory : path_from(*draft.directory, inside));
  }
  draft.entity.spec = std::move(read->spec);
  return std::move(read->blobs);
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
