#include "cli/entity_text.hpp"

#include <nlohmann/json.hpp>

#include "base/yaml.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

json spec_and_tags(const model::Entity& entity) {
  json document = {{"spec", model::json_of(entity.spec)}};
  if (!entity.tags.empty()) document["tags"] = entity.tags;
  return document;
}

std::string lines_of(const json& document) {
  std::string text = yaml_text(document);
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

}  // namespace

std::string editable_text(const model::Entity& entity) {
  json document = spec_and_tags(entity);
  document["kind"] = model::name_of(entity.kind());
  document["name"] = entity.name;
  if (!entity.workspace.empty()) document["workspace"] = entity.workspace;
  return lines_of(document);
}

std::string spec_text(const model::Entity& entity) {
  return lines_of(spec_and_tags(entity));
}

}  // namespace titan::cli
