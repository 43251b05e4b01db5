#include "model/entity_filter.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/limits.hpp"

namespace titan::model {
namespace {

using nlohmann::json;

bool has_tags(const Entity& entity, const Tags& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& tag) {
    const auto found = entity.tags.find(tag.first);
    return found != entity.tags.end() && found->second == tag.second;
  });
}

bool has_labels(const Entity& entity, const LabelSelector& wanted) {
  if (wanted == LabelSelector()) return true;
  const auto* host = std::get_if<HostSpec>(&entity.spec);
  return host != nullptr && wanted.matches(host->labels);
}

bool is_in(const Entity& entity, const std::vector<std::string>& workspaces) {
  const std::string& name = entity.kind() == Kind::workspace ? entity.name : entity.workspace;
  return workspaces.empty() || name.empty() ||
         std::find(workspaces.begin(), workspaces.end(), name) != workspaces.end();
}

bool has_status(const Entity& entity, const std::vector<Status>& wanted) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), entity.status) != wanted.end();
}

// The value that `path` leads to; null when there is none.
const json* find(const json& object, std::string_view path) {
  const json* at = &object;
  for (const std::string& name : split(path, '.')) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(name);
    if (found == at->end() || found->is_null()) return nullptr;
    at = &*found;
  }
  return at;
}

bool has_text(const json* value, const std::string& text) {
  if (value == nullptr) return text.empty();
  if (value->is_structured()) return false;
  if (value->is_string()) return value->get_ref<const std::string&>() == text;
  return canonical_json(*value) == text;
}

bool has_fields(const Entity& entity, const std::vector<EntityFilter::FieldEquals>& wanted) {
  if (wanted.empty()) return true;
  const json object = json_of(entity);
  return std::all_of(wanted.begin(), wanted.end(), [&](const EntityFilter::FieldEquals& field) {
    return has_text(find(object, field.path), field.value);
  });
}

std::string upper(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

bool is_path(std::string_view text) {
  const auto names = split(text, '.');
  return std::none_of(names.begin(), names.end(), [](const auto& name) { return name.empty(); });
}

}  // namespace

// What is quick to look at comes first: most entities are ruled out before any JSON is made.
bool EntityFilter::matches(const Entity& entity) const {
  return has_status(entity, statuses) && is_in(entity, workspaces) &&
         (!modified_after || entity.modified_time >= *modified_after) &&
         (!modified_before || entity.modified_time < *modified_before) && has_tags(entity, tags) &&
         has_labels(entity, labels) && has_fields(entity, fields);
}

Result<std::vector<Status>> parse_statuses(std::string_view text) {
  std::vector<Status> statuses;
  if (trim(text).empty()) return statuses;
  for (const std::string& word : split(text, ',')) {
    TITAN_ASSIGN(const Status status, parse_status(upper(trim(word))));
    const bool known = std::find(statuses.begin(), statuses.end(), status) != statuses.end();
    if (!known) statuses.push_back(status);
  }
  return statuses;
}

Result<std::vector<EntityFilter::FieldEquals>> parse_fields(std::string_view text) {
  std::vector<EntityFilter::FieldEquals> fields;
  if (trim(text).empty()) return fields;
  const auto parts = split(text, ',');
  if (parts.size() > kFilterFieldsMax) {
    return invalid("there are " + std::to_string(parts.size()) + " fields, the limit is " +
                   std::to_string(kFilterFieldsMax));
  }
  for (const std::string_view part : parts) {
    const std::size_t equals = part.find('=');
    const std::string_view path = trim(part.substr(0, equals));
    if (equals == std::string_view::npos || !is_path(path)) {
      return invalid("the field " + quote(part) + " is not of the form path=text, as in " +
                     R"("spec.workload=sensor")");
    }
    fields.push_back({std::string(path), std::string(trim(part.substr(equals + 1)))});
  }
  return fields;
}

Result<void> check_filter(const EntityFilter& filter, Kind kind) {
  if (kind != Kind::host && filter.labels != LabelSelector()) {
    return invalid_field("labels", "a " + std::string(singular_of(kind)) +
                                       " has no labels: only hosts can be picked by them");
  }
  return {};
}

}  // namespace titan::model
