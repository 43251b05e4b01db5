#include "agent/drivers/kubernetes_objects.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/drivers/limits.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace titan::agent {
namespace {

using nlohmann::json;

constexpr std::size_t kNameDigits = 16;  // of a digest, in the inventory's name
constexpr const char* kInventoryKey = "objects";

std::string text_in(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const json& part_of(const json& object, const char* name) {
  static const json kNothing = json::object();
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : kNothing;
}

Result<KubernetesObject> read_object(const json& value) {
  if (!value.is_object()) return invalid("expected an object, and found another value");
  const json& metadata = part_of(value, "metadata");
  const json& annotations = part_of(metadata, "annotations");
  KubernetesObject object;
  const std::string api = text_in(value, "apiVersion");
  const auto slash = api.find('/');
  object.name.group = slash == std::string::npos ? "" : api.substr(0, slash);
  object.name.version = slash == std::string::npos ? api : api.substr(slash + 1);
  object.name.kind = text_in(value, "kind");
  object.name.space = text_in(metadata, "namespace");
  object.name.name = text_in(metadata, "name");
  if (api.empty() || object.name.kind.empty()) {
    return invalid("an object has no apiVersion or no kind");
  }
  if (object.name.name.empty()) return invalid("a " + quote(object.name.kind) + " has no name");
  object.uid = text_in(metadata, "uid");
  object.owner = text_in(annotations, kOwnerAnnotation);
  object.is_adopted = text_in(annotations, kAdoptAnnotation) == "true";
  object.with_contents = text_in(annotations, kContentsAnnotation) == "true";
  object.replaces_all = text_in(annotations, kReplaceAnnotation) == "true";
  object.json = canonical_json(value);
  return object;
}

Result<void> read_into(const json& value, std::vector<KubernetesObject>& objects) {
  const auto items = value.is_object() ? value.find("items") : value.end();
  if (text_in(value, "kind").ends_with("List") && items != value.end() && items->is_array()) {
    for (const json& item : *items) {
      TITAN_ASSIGN(KubernetesObject object, read_object(item));
      objects.push_back(std::move(object));
    }
  } else {
    TITAN_ASSIGN(KubernetesObject object, read_object(value));
    objects.push_back(std::move(object));
  }
  if (objects.size() > kKubernetesObjectsMax) {
    return exhausted("a deployment has at most " + std::to_string(kKubernetesObjectsMax) +
                     " objects");
  }
  return {};
}

// kubectl indents what it writes, so that a line "}" ends an object, and nothing else does.
std::vector<std::string_view> documents_of(std::string_view text) {
  std::vector<std::string_view> documents;
  while (!trim(text).empty()) {
    const auto end = text.find("\n}\n");
    const std::size_t length = end == std::string_view::npos ? text.size() : end + 3;
    documents.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return documents;
}

json name_json(const ObjectName& name) {
  json metadata = {{"name", name.name}};
  if (!name.space.empty()) metadata["namespace"] = name.space;
  return {{"apiVersion", name.api_version()}, {"kind", name.kind}, {"metadata", metadata}};
}

std::string list_text(json items) {
  return canonical_json({{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}});
}

json without_noise(const std::string& text) {
  auto parsed = parse_json(text, kKubernetesAnswerBytesMax);
  if (!parsed) return {};
  const auto metadata = parsed->find("metadata");
  if (metadata != parsed->end()) {
    for (const char* field : {"managedFields", "resourceVersion", "generation"}) {
      metadata->erase(field);
    }
  }
  return *parsed;
}

}  // namespace

std::string ObjectName::text() const {
  return kind + " " + (space.empty() ? "" : space + "/") + name;
}

std::string ObjectName::api_version() const {
  return group.empty() ? version : group + "/" + version;
}

bool ObjectName::may_be(const ObjectName& other) const {
  return group == other.group && kind == other.kind && name == other.name &&
         (space == other.space || space.empty() || other.space.empty());
}

bool KubernetesObject::is_container() const {
  return (name.group.empty() && name.kind == "Namespace") ||
         (name.group == "apiextensions.k8s.io" && name.kind == "CustomResourceDefinition");
}

bool KubernetesObject::says_the_same(const KubernetesObject& other) const {
  return without_noise(json) == without_noise(other.json);
}

Result<std::vector<KubernetesObject>> read_objects(std::string_view text) {
  std::vector<KubernetesObject> objects;
  for (const std::string_view document : documents_of(text)) {
    TITAN_ASSIGN(const json value, parse_json(document, kKubernetesAnswerBytesMax));
    TITAN_TRY(read_into(value, objects));
  }
  return objects;
}

std::string list_of(const std::vector<KubernetesObject>& objects) {
  json items = json::array();
  for (const KubernetesObject& object : objects) {
    auto value = parse_json(object.json, kKubernetesAnswerBytesMax);
    if (value) items.push_back(std::move(*value));
  }
  return list_text(std::move(items));
}

std::string list_of(const std::vector<ObjectName>& names) {
  json items = json::array();
  for (const ObjectName& name : names) items.push_back(name_json(name));
  return list_text(std::move(items));
}

std::string inventory_name(const model::Key& deployment) {
  std::string name = "titan-" + deployment.workspace + "-" + deployment.name;
  std::replace(name.begin(), name.end(), '.', '-');
  return name + "-" + Digest::of(deployment.short_text()).hex().substr(0, kNameDigits);
}

Result<std::string> inventory_text(const model::Key& deployment, const std::string& space,
                                   const std::vector<ObjectName>& names) {
  json listed = json::array();
  for (const ObjectName& name : names) {
    listed.push_back({{"group", name.group},
                      {"kind", name.kind},
                      {"name", name.name},
                      {"namespace", name.space},
                      {"version", name.version}});
  }
  const std::string text = canonical_json(listed);
  if (text.size() > kInventoryBytesMax) {
    return exhausted("the inventory of " + deployment.short_text() + " has more than " +
                     std::to_string(kInventoryBytesMax) + " bytes");
  }
  json map = name_json(
      {.kind = "ConfigMap", .space = space, .name = inventory_name(deployment), .version = "v1"});
  map["metadata"]["annotations"] = {{kOwnerAnnotation, deployment.short_text()}};
  map["metadata"]["labels"] = {{"app.kubernetes.io/managed-by", "titan"}};
  map["data"] = {{kInventoryKey, text}};
  return list_text(
      json::array({name_json({.kind = "Namespace", .name = space, .version = "v1"}), map}));
}

Result<std::vector<ObjectName>> read_inventory(const model::Key& deployment,
                                               const KubernetesObject& object) {
  if (object.owner != deployment.short_text()) {
    return conflict("the inventory " + object.name.text() + " is of deployment " +
                    quote(object.owner) + ", not of " + deployment.short_text());
  }
  const auto bad = [&] {
    return conflict("the inventory " + object.name.text() +
                    " cannot be read: somebody has changed it");
  };
  const auto map = parse_json(object.json, kKubernetesAnswerBytesMax);
  if (!map) return bad();
  const auto listed = parse_json(text_in(part_of(*map, "data"), kInventoryKey));
  if (!listed || !listed->is_array()) return bad();
  std::vector<ObjectName> names;
  for (const json& entry : *listed) {
    ObjectName name = {text_in(entry, "group"), text_in(entry, "kind"), text_in(entry, "namespace"),
                       text_in(entry, "name"), text_in(entry, "version")};
    if (name.kind.empty() || name.name.empty() || name.version.empty()) return bad();
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace titan::agent
