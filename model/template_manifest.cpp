#include "model/template_manifest.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/file_system.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"
#include "model/owner.hpp"
#include "model/spec.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 2> kManifestNames = {"template.yaml", "template.yml"};

constexpr std::string_view kPartialsFolder = "partials/";

std::string place_of(const char* list, std::size_t at) {
  return std::string(list) + "[" + std::to_string(at) + "]";
}

// What nobody means to deliver.
bool is_never_meant(std::string_view name) {
  return name == ".git" || name.ends_with('~') || (name.starts_with('.') && name.ends_with(".swp"));
}

std::vector<std::string> paths_of(const std::vector<TemplateFile>& files) {
  std::vector<std::string> paths;
  for (const TemplateFile& file : files) paths.push_back(file.path);
  return paths;
}

}  // namespace

class TemplateManifest::Reader {
 public:
  explicit Reader(const json& document) : reader_(document, "") {}

  Result<TemplateManifest> read() {
    TemplateManifest manifest;
    TemplateSpec& spec = manifest.spec_;
    if (std::string driver = reader_.text("driver"); !driver.empty()) {
      spec.driver = std::move(driver);
    }
    spec.defaults = reader_.values("defaults");
    spec.values_schema = reader_.values("valuesSchema");
    if (const auto* health = reader_.object("health"); health != nullptr) {
      TITAN_ASSIGN(spec.health, parse_health(*health, "health"));
    }
    if (const auto* hooks = reader_.object("hooks"); hooks != nullptr) {
      TITAN_ASSIGN(spec.hooks, parse_hooks(*hooks, "hooks"));
    }
    if (const auto* files = reader_.array("files", kTemplateFilesMax); files != nullptr) {
      TITAN_ASSIGN(manifest.rules_, read_rules(*files));
    }
    if (const auto* escapes = reader_.array("escapes", kTemplateFilesMax); escapes != nullptr) {
      TITAN_ASSIGN(manifest.escapes_, read_escapes(*escapes));
    }
    TITAN_ASSIGN(manifest.ignored_, read_ignored(reader_.texts("ignore", kIgnorePatternsMax)));
    TITAN_TRY(reader_.finish());
    return manifest;
  }

 private:
  static Result<FileRule> read_rule(const json& object, const std::string& place) {
    FieldReader reader(object, place);
    FileRule rule{.path = reader.required_text("path"), .mode = {}, .owner = reader.text("owner")};
    if (reader.has("mode")) rule.mode = reader.parsed<std::uint32_t>("mode", &parse_mode);
    std::string_view bare = rule.path;
    if (bare.ends_with('/')) bare.remove_suffix(1);
    if (const auto checked = check_relative_path(bare); !checked && !rule.path.empty()) {
      reader.refuse("path", checked.error().message);
    }
    if (!rule.owner.empty()) {
      const auto owner = Owner::parse(rule.owner);
      if (!owner) reader.refuse("owner", owner.error().message);
    }
    if (!rule.mode && rule.owner.empty()) reader.refuse("mode", "must be given (or owner must)");
    TITAN_TRY(reader.finish());
    return rule;
  }

  static Result<std::vector<FileRule>> read_rules(const json& array) {
    std::vector<FileRule> rules;
    std::set<std::string> paths;
    for (const json& item : array) {
      const std::string place = place_of("files", rules.size());
      TITAN_ASSIGN(FileRule rule, read_rule(item, place));
      if (!paths.insert(rule.path).second) {
        return invalid_field(place + ".path", quote(rule.path) + " stands there twice");
      }
      rules.push_back(std::move(rule));
    }
    return rules;
  }

  static Result<PathPattern> read_pattern(const std::string& text, const std::string& place) {
    auto pattern = PathPattern::parse(text);
    if (pattern) return pattern;
    Error error = std::move(pattern).error();
    error.field = place;
    return error;
  }

  static Result<std::vector<EscapeRule>> read_escapes(const json& array) {
    std::vector<EscapeRule> rules;
    for (const json& item : array) {
      const std::string place = place_of("escapes", rules.size());
      FieldReader reader(item, place);
      const std::string path = reader.required_text("path");
      std::string kind = reader.required_text("kind");
      if (!kind.empty()) {
        if (const auto checked = check_escape(kind); !checked) {
          reader.refuse("kind", checked.error().message);
        }
      }
      TITAN_TRY(reader.finish());
      TITAN_ASSIGN(PathPattern pattern, read_pattern(path, place + ".path"));
      rules.push_back({std::move(pattern), std::move(kind)});
    }
    return rules;
  }

  static Result<std::vector<PathPattern>> read_ignored(const std::vector<std::string>& texts) {
    std::vector<PathPattern> patterns;
    for (const std::string& text : texts) {
      TITAN_ASSIGN(PathPattern pattern, read_pattern(text, place_of("ignore", patterns.size())));
      patterns.push_back(std::move(pattern));
    }
    return patterns;
  }

  FieldReader reader_;
};

bool TemplateManifest::FileRule::fits(std::string_view file) const {
  return path.ends_with('/') ? file.starts_with(path) : file == path;
}

bool TemplateManifest::is_name(std::string_view name) {
  return std::ranges::find(kManifestNames, name) != kManifestNames.end();
}

Result<TemplateManifest> TemplateManifest::parse(std::string_view text) {
  if (text.size() > kManifestBytesMax) {
    return exhausted("the manifest is longer than " + std::to_string(kManifestBytesMax) + " bytes");
  }
  TITAN_ASSIGN(const auto documents, parse_yaml(text));
  if (documents.empty()) return TemplateManifest();
  if (documents.size() > 1) return invalid("holds more than one document; expected one");
  return Reader(documents.front()).read();
}

bool TemplateManifest::leaves_out(std::string_view path, bool is_folder) const {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos && is_name(path)) return true;
  if (is_never_meant(slash == std::string_view::npos ? path : path.substr(slash + 1))) return true;
  return std::ranges::any_of(
      ignored_, [&](const PathPattern& pattern) { return pattern.matches(path, is_folder); });
}

// Of each field, the rule of the longest path counts.
Result<void> TemplateManifest::lay_rules_on(std::vector<TemplateFile>& files) const {
  std::vector<const FileRule*> by_length;
  for (const FileRule& rule : rules_) by_length.push_back(&rule);
  std::ranges::stable_sort(by_length, {}, [](const FileRule* rule) { return rule->path.size(); });
  for (const FileRule* rule : by_length) {
    bool fits = false;
    for (TemplateFile& file : files) {
      if (!rule->fits(file.path)) continue;
      fits = true;
      file.mode = rule->mode.value_or(file.mode);
      if (!rule->owner.empty()) file.owner = rule->owner;
    }
    if (fits) continue;
    return invalid_field(
        place_of("files", static_cast<std::size_t>(rule - rules_.data())) + ".path",
        quote(rule->path) + " is no file of the template, and no folder with \"/\" at its end" +
            did_you_mean(rule->path, paths_of(files)));
  }
  return {};
}

// The last that fits counts, as in a .gitattributes.
Result<void> TemplateManifest::lay_escapes_on(std::vector<TemplateFile>& files) const {
  for (std::size_t i = 0; i < escapes_.size(); ++i) {
    const EscapeRule& rule = escapes_[i];
    bool fits = false;
    for (TemplateFile& file : files) {
      // A partial is escaped like the file that includes it.
      if (file.path.starts_with(kPartialsFolder) || !rule.path.covers(file.path)) continue;
      fits = true;
      file.escape = rule.kind;
    }
    if (fits) continue;
    return invalid_field(place_of("escapes", i) + ".path",
                         quote(rule.path.text()) + " fits no file of the template" +
                             did_you_mean(rule.path.text(), paths_of(files)));
  }
  return {};
}

Result<TemplateSpec> TemplateManifest::complete(std::vector<TemplateFile> files) const {
  std::ranges::sort(files, {}, &TemplateFile::path);
  TITAN_TRY(lay_rules_on(files));
  TITAN_TRY(lay_escapes_on(files));
  TemplateSpec spec = spec_;
  spec.files = std::move(files);
  TITAN_TRY(check_hooks(spec));
  return spec;
}

}  // namespace titan::model
