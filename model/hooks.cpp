#include "model/hooks.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/duration.hpp"
#include "base/file_system.hpp"
#include "base/text.hpp"
#include "model/field_reader.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

json json_of_rule(const HookRule& rule) {
  json object = json::object();
  if (!rule.file.empty()) object["file"] = rule.file;
  if (rule.timeout.count() != 0) object["timeout"] = duration_text(rule.timeout);
  return object;
}

void read_rule(FieldReader& hooks, const char* field, HookRule& rule) {
  const json* object = hooks.object(field);
  if (object == nullptr) return;
  FieldReader reader(*object, hooks.path_of(field));
  rule.file = reader.text("file");
  rule.timeout = reader.parsed<std::chrono::seconds>("timeout", &parse_duration);
  if (rule.timeout > kHookTimeMax) {
    reader.refuse("timeout", "expected at most " + duration_text(kHookTimeMax) + ", found " +
                                 duration_text(rule.timeout));
  }
  if (const auto checked = check_relative_path(rule.file); !checked && !rule.file.empty()) {
    reader.refuse("file", checked.error().message);
  }
  const bool has_place = rule.file.empty() || rule.file.starts_with(kHooksFolder);
  if (!has_place || rule.file.find("{{") != std::string::npos) {
    reader.refuse("file", "expected a file below " + std::string(kHooksFolder) +
                              " without placeholders in its path, found " + quote(rule.file));
  }
  if (auto finished = reader.finish(); !finished) hooks.refuse(std::move(finished).error());
}

}  // namespace

json json_of(const Hooks& hooks) {
  json object = json::object();
  const auto put = [&](const char* field, const HookRule& rule) {
    if (rule != HookRule()) object[field] = json_of_rule(rule);
  };
  put("preApply", hooks.pre_apply);
  put("postApply", hooks.post_apply);
  put("preRemove", hooks.pre_remove);
  return object;
}

Result<Hooks> parse_hooks(const json& object, std::string_view path) {
  FieldReader reader(object, std::string(path));
  Hooks hooks;
  read_rule(reader, "preApply", hooks.pre_apply);
  read_rule(reader, "postApply", hooks.post_apply);
  read_rule(reader, "preRemove", hooks.pre_remove);
  TITAN_TRY(reader.finish());
  return hooks;
}

}  // namespace titan::model
