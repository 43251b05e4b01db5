// Entities as JSON: what the server reads from the bodies of requests, and what it prints of them,
// also as YAML for people.

#include "model/entity.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/yaml.hpp"
#include "fuzz/target.hpp"

namespace titan::fuzz {
namespace {

void check_entity(const model::Entity& entity) {
  const std::string text = canonical_json(model::json_of(entity));
  const auto again = model::parse_entity(parse_json(text).value());
  require(again && *again == entity, "an entity reads back equal from its JSON", text);

  const std::string yaml = yaml_text(model::json_of(entity));
  const auto documents = parse_yaml(yaml);
  require(documents && documents->size() == 1, "an entity is one document of YAML", yaml);
  const auto from_yaml = model::parse_entity(documents->front());
  require(from_yaml && *from_yaml == entity, "an entity reads back equal from its YAML", yaml);
  (void)model::references_of(entity);
}

}  // namespace

void run(std::string_view input) {
  const auto json = parse_json(input);
  if (!json) {
    require(!json.error().message.empty(), "an error says something");
    return;
  }
  const std::string text = canonical_json(*json);
  const auto again = parse_json(text);
  require(again && canonical_json(*again) == text, "JSON reads back equal", text);
  const auto indented = parse_json(pretty_json(*json));
  require(indented && canonical_json(*indented) == text, "indented JSON reads back equal", text);

  const auto entity = model::parse_entity(*json);
  if (entity) {
    check_entity(*entity);
  } else {
    require(!entity.error().message.empty(), "an error says something");
  }
}

}  // namespace titan::fuzz
