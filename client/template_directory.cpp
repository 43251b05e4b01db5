#include "client/template_directory.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "client/limits.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"
#include "model/owner.hpp"
#include "model/spec.hpp"

namespace titan::client {
namespace {

constexpr std::string_view kManifestNames[] = {"template.yaml", "template.yml"};

bool is_manifest_name(std::string_view name) {
  return std::ranges::find(kManifestNames, name) != std::end(kManifestNames);
}

bool is_left_out(std::string_view name) {
  return name == ".git" || name.ends_with('~') || (name.starts_with('.') && name.ends_with(".swp"));
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

Error about(Error error, const std::string& path) {
  if (error.subject.empty()) error.subject = path;
  return error;
}

// What the manifest says of one file, or of all below a folder.
struct FileRule {
  std::string path = {};  // of a folder: with "/" at the end
  std::optional<std::uint32_t> mode = {};
  std::string owner = {};

  [[nodiscard]] bool fits(std::string_view file) const {
    return path.ends_with('/') ? file.starts_with(path) : file == path;
  }
};

struct Manifest {
  model::TemplateSpec spec = {};  // without files
  std::vector<FileRule> rules = {};
};

Result<FileRule> parse_rule(const nlohmann::json& object, const std::string& place) {
  model::FieldReader reader(object, place);
  FileRule rule{.path = reader.required_text("path"), .owner = reader.text("owner")};
  if (reader.has("mode")) rule.mode = reader.parsed<std::uint32_t>("mode", &model::parse_mode);
  std::string_view bare = rule.path;
  if (bare.ends_with('/')) bare.remove_suffix(1);
  if (const auto checked = check_relative_path(bare); !checked && !rule.path.empty()) {
    reader.refuse("path", checked.error().message);
  }
  if (!rule.owner.empty()) {
    const auto owner = model::Owner::parse(rule.owner);
    if (!owner) reader.refuse("owner", owner.error().message);
  }
  if (!rule.mode && rule.owner.empty()) reader.refuse("mode", "must be given (or owner must)");
  TITAN_TRY(reader.finish());
  return rule;
}

Result<std::vector<FileRule>> parse_rules(const nlohmann::json& array) {
  std::vector<FileRule> rules;
  std::set<std::string> paths;
  for (const auto& item : array) {
    const std::string place = "files[" + std::to_string(rules.size()) + "]";
    TITAN_ASSIGN(FileRule rule, parse_rule(item, place));
    if (!paths.insert(rule.path).second) {
      return invalid_field(place + ".path", quote(rule.path) + " stands there twice");
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

Result<Manifest> parse_manifest(const std::string& text) {
  TITAN_ASSIGN(const auto documents, parse_yaml(text));
  Manifest manifest;
  if (documents.empty()) return manifest;
  if (documents.size() > 1) return invalid("holds more than one document; expected one");
  model::FieldReader reader(documents.front(), "");
  model::TemplateSpec& spec = manifest.spec;
  if (std::string driver = reader.text("driver"); !driver.empty()) spec.driver = std::move(driver);
  spec.defaults = reader.values("defaults");
  if (const auto* health = reader.object("health"); health != nullptr) {
    TITAN_ASSIGN(spec.health, model::parse_health(*health, "health"));
  }
  if (const auto* files = reader.array("files", model::kTemplateFilesMax); files != nullptr) {
    TITAN_ASSIGN(manifest.rules, parse_rules(*files));
  }
  TITAN_TRY(reader.finish());
  return manifest;
}

// Of each field, the rule of the longest path counts. invalid: a rule that fits no file.
Result<void> lay_on(const std::vector<FileRule>& rules, std::vector<model::TemplateFile>& files) {
  std::vector<const FileRule*> by_length;
  for (const FileRule& rule : rules) by_length.push_back(&rule);
  std::ranges::stable_sort(by_length, {}, [](const FileRule* rule) { return rule->path.size(); });
  for (const FileRule* rule : by_length) {
    bool fits = false;
    for (model::TemplateFile& file : files) {
      if (!rule->fits(file.path)) continue;
      fits = true;
      file.mode = rule->mode.value_or(file.mode);
      if (!rule->owner.empty()) file.owner = rule->owner;
    }
    if (fits) continue;
    std::vector<std::string> paths;
    for (const model::TemplateFile& file : files) paths.push_back(file.path);
    return invalid_field("files[" + std::to_string(rule - rules.data()) + "].path",
                         quote(rule->path) +
                             " is no file of the template, and no folder with \"/\" "
                             "at its end" +
                             did_you_mean(rule->path, paths));
  }
  return {};
}

// Walks the folders depth first, each sorted by name.
class Reader {
 public:
  Reader(FileSystem& files, std::string root) : files_(files), root_(std::move(root)) {}

  Result<TemplateDirectory> read() {
    TITAN_TRY(read_manifest());
    TITAN_TRY(walk("", 0));
    std::ranges::sort(result_.spec.files, {}, &model::TemplateFile::path);
    if (auto laid = lay_on(rules_, result_.spec.files); !laid) {
      return about(std::move(laid).error(), place(manifest_name_));
    }
    return std::move(result_);
  }

 private:
  // `path` is relative to the template's folder; errors name it from the root of `files_`.
  [[nodiscard]] std::string place(const std::string& path) const {
    return path.empty() ? root_ : joined(root_, path);
  }

  Result<std::string> content_of(const std::string& path) {
    auto content = files_.read(place(path), model::kTemplateFileBytesMax);
    if (!content) return about(std::move(content).error(), place(path));
    return content;
  }

  Result<void> read_manifest() {
    TITAN_ASSIGN(const auto entries, entries_of(""));
    std::vector<FileSystem::Entry> found;
    std::ranges::copy_if(entries, std::back_inserter(found),
                         [](const auto& entry) { return is_manifest_name(entry.name); });
    if (found.empty()) return {};
    if (found.size() > 1) {
      return about(invalid("stands beside template.yml; expected one manifest"),
                   place(found[0].name));
    }
    const std::string& name = found[0].name;
    TITAN_TRY(check_regular(name, found[0].type));
    TITAN_ASSIGN(const std::string text, content_of(name));
    auto manifest = parse_manifest(text);
    if (!manifest) return about(std::move(manifest).error(), place(name));
    result_.spec = std::move(manifest->spec);
    rules_ = std::move(manifest->rules);
    manifest_name_ = name;
    return {};
  }

  Result<std::vector<FileSystem::Entry>> entries_of(const std::string& folder) {
    auto entries = files_.list(place(folder));
    if (!entries) return about(std::move(entries).error(), place(folder));
    std::ranges::sort(*entries, {}, &FileSystem::Entry::name);
    return entries;
  }

  Result<void> walk(const std::string& folder, std::size_t depth) {
    if (depth > kTemplateDepthMax) {
      return about(exhausted("the template's folders are nested deeper than " +
                             std::to_string(kTemplateDepthMax)),
                   place(folder));
    }
    TITAN_ASSIGN(const auto entries, entries_of(folder));
    for (const auto& entry : entries) {
      if (is_left_out(entry.name) || (folder.empty() && is_manifest_name(entry.name))) continue;
      const std::string path = joined(folder, entry.name);
      if (entry.type == FileSystem::Type::directory) {
        TITAN_TRY(walk(path, depth + 1));
      } else {
        TITAN_TRY(check_regular(path, entry.type));
        TITAN_TRY(add(path));
      }
    }
    return {};
  }

  Result<void> check_regular(const std::string& path, FileSystem::Type type) const {
    if (type == FileSystem::Type::file) return {};
    const char* what = type == FileSystem::Type::symlink ? "a symbolic link" : "no regular file";
    return about(
        invalid("a template holds only files and folders, and this is " + std::string(what)),
        place(path));
  }

  Result<void> add(const std::string& path) {
    if (result_.spec.files.size() >= model::kTemplateFilesMax) {
      return about(exhausted("the template has more than " +
                             std::to_string(model::kTemplateFilesMax) + " files"),
                   place(path));
    }
    auto info = files_.info(place(path));
    if (!info) return about(std::move(info).error(), place(path));
    TITAN_ASSIGN(std::string content, content_of(path));
    bytes_ += content.size();
    if (bytes_ > model::kTemplateBytesMax) {
      return about(exhausted("the template's files together are longer than " +
                             std::to_string(model::kTemplateBytesMax) + " bytes"),
                   place(path));
    }
    const Digest digest = Digest::of(content);
    const std::uint32_t mode = (info->mode & 0100U) != 0 ? 0755 : 0644;
    result_.spec.files.push_back({path, mode, digest, content.size()});
    result_.blobs.emplace(digest, std::move(content));
    return {};
  }

  FileSystem& files_;
  std::string root_;
  TemplateDirectory result_;
  std::string manifest_name_;  // empty: there is none
  std::vector<FileRule> rules_;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<TemplateDirectory> read_template_directory(FileSystem& files, const std::string& path) {
  return Reader(files, path).read();
}

}  // namespace titan::client
