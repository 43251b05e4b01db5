#include "model/template.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace titan::model {

namespace {

constexpr std::uint32_t kOwnerMayExecute = 0100;

Result<void> check_hook(const TemplateSpec& spec, const HookRule& rule, const char* name) {
  if (rule.file.empty()) return {};
  const std::string field = "hooks." + std::string(name) + ".file";
  const auto file = std::ranges::find(spec.files, rule.file, &TemplateFile::path);
  if (file == spec.files.end()) {
    std::vector<std::string> paths;
    for (const TemplateFile& one : spec.files) paths.push_back(one.path);
    return invalid_field(
        field, quote(rule.file) + " is no file of the template" + did_you_mean(rule.file, paths));
  }
  if ((file->mode & kOwnerMayExecute) != 0) return {};
  return invalid_field(field, quote(rule.file) + " cannot be executed; give it the mode 0755");
}

void add_owners(Hasher& hasher, const std::vector<TemplateFile>& files) {
  const auto has_owner = [](const TemplateFile& file) { return !file.owner.empty(); };
  if (std::ranges::none_of(files, has_owner)) return;
  hasher.add("owners");
  for (const TemplateFile& file : files) hasher.add(file.owner);
}

void add_escapes(Hasher& hasher, const std::vector<TemplateFile>& files) {
  const auto has_escape = [](const TemplateFile& file) { return !file.escape.empty(); };
  if (std::ranges::none_of(files, has_escape)) return;
  hasher.add("escapes");
  for (const TemplateFile& file : files) hasher.add(file.escape);
}

}  // namespace

void add(Hasher& hasher, const std::vector<TemplateFile>& files) {
  hasher.add(files.size());
  for (const TemplateFile& file : files) {
    hasher.add(file.path).add(file.mode).add(file.digest.text());
  }
  add_owners(hasher, files);
  add_escapes(hasher, files);
}

// What came later goes in only where it says something: digests of before stay.
Digest TemplateSpec::digest() const {
  Hasher hasher;
  hasher.add(driver).add(canonical_json(defaults.json()));
  add(hasher, files);
  if (health != Health()) hasher.add("health").add(canonical_json(json_of(health)));
  if (hooks != Hooks()) hasher.add("hooks").add(canonical_json(json_of(hooks)));
  if (!values_schema.empty()) {
    hasher.add("valuesSchema").add(canonical_json(values_schema.json()));
  }
  return hasher.finish();
}

Result<void> check_hooks(const TemplateSpec& spec) {
  TITAN_TRY(check_hook(spec, spec.hooks.pre_apply, "preApply"));
  TITAN_TRY(check_hook(spec, spec.hooks.post_apply, "postApply"));
  return check_hook(spec, spec.hooks.pre_remove, "preRemove");
}

}  // namespace titan::model
