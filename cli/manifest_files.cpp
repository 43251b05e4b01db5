#include "cli/manifest_files.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/yaml.hpp"
#include "cli/limits.hpp"
#include "cli/local_file.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

bool is_manifest(const FileSystem::Entry& entry) {
  const std::string& name = entry.name;
  return entry.type == FileSystem::Type::file && !name.starts_with('.') &&
         (name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json"));
}

bool is_list(const json& document) {
  return document.is_object() && !document.contains("kind") && document.contains("items") &&
         document["items"].is_array();
}

class Reader {
 public:
  explicit Reader(DraftPlace place) : place_(std::move(place)) {}

  void read(const std::string& source, const std::string& text) {
    auto documents = parse_yaml(text);
    if (!documents) return refuse(std::move(documents).error(), source);
    if (documents->empty()) return refuse(invalid("holds no document"), source);
    std::size_t number = 0;
    for (const json& document : *documents) {
      ++number;
      const bool alone = documents->size() == 1;
      const std::string where = alone ? source : source + ", document " + std::to_string(number);
      if (!is_list(document)) {
        add(document, where);
        continue;
      }
      for (std::size_t i = 0; i < document["items"].size(); ++i) {
        add(document["items"][i], where + ", items[" + std::to_string(i) + "]");
      }
    }
  }
  void refuse(Error error, const std::string& where) {
    error.subject = where;
    result_.errors.push_back(std::move(error));
  }
  ManifestFiles finish() {
    std::ranges::stable_sort(result_.drafts, {}, [](const Draft& draft) {
      return model::creation_place(draft.entity.kind());
    });
    return std::move(result_);
  }

 private:
  void add(const json& document, const std::string& where) {
    auto draft = draft_of(document, place_);
    if (!draft) return refuse(std::move(draft).error(), where);
    draft->source = where;
    result_.drafts.push_back(*std::move(draft));
  }

  DraftPlace place_;
  ManifestFiles result_;
};

Result<ManifestFiles> read_folder(FileSystem& folder, const std::string& path, Reader reader) {
  auto entries = folder.list("");
  if (!entries) return Error{entries.error().code, entries.error().message, path};
  std::erase_if(*entries, [](const auto& entry) { return !is_manifest(entry); });
  std::ranges::sort(*entries, {}, &FileSystem::Entry::name);
  if (entries->empty()) {
    return Error{ErrorCode::not_found, "the folder has no .yaml, .yml or .json file", path};
  }
  if (entries->size() > kManifestFilesMax) {
    return Error{ErrorCode::exhausted,
                 "the folder has more than " + std::to_string(kManifestFilesMax) + " manifests",
                 path};
  }
  for (const auto& entry : *entries) {
    const std::string source = path_from(path, entry.name);
    const auto text = folder.read(entry.name, kManifestBytesMax);
    if (text) {
      reader.read(source, *text);
    } else {
      reader.refuse(text.error(), source);
    }
  }
  return reader.finish();
}

}  // namespace

Result<ManifestFiles> read_manifest_files(const std::string& path, const std::string& workspace,
                                          bool workspace_given, const Env& env) {
  DraftPlace place{.workspace = workspace, .workspace_given = workspace_given};
  if (path == "-") {
    TITAN_ASSIGN(const std::string text, env.read_input());
    Reader reader(std::move(place));
    reader.read("standard input", text);
    return reader.finish();
  }
  if (auto folder = env.open_folder(path); folder) {
    place.folder = path;
    return read_folder(**folder, path, Reader(std::move(place)));
  }
  TITAN_ASSIGN(const std::string text, read_local_file(env, path, kManifestBytesMax));
  place.folder = take_apart(path).folder;
  Reader reader(std::move(place));
  reader.read(path, text);
  return reader.finish();
}

}  // namespace titan::cli
