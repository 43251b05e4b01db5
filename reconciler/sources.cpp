#include "reconciler/sources.hpp"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "reconciler/delivery.hpp"
#include "reconciler/layers.hpp"

namespace titan::reconciler {
namespace {

using model::Entity;
using model::Key;
using nlohmann::json;

Source source_at(const EntityRecord& record, std::uint64_t seq) {
  Source source{.key = record.key};
  for (const Version& version : record.history) {
    if (version.seq <= seq) source.versions.push_back({version.seq, version.entity});
  }
  return source;
}

Source source_at(const Fleet& fleet, const HostRecord& host, std::uint64_t seq) {
  Source source{.key = host.key};
  for (const HostVersion& version : host.history) {
    if (version.seq > seq) break;
    SourceVersion one{.seq = version.seq};
    if (version.exists) {
      one.entity = std::make_shared<const Entity>(Entity{
          .name = host.key.name,
          .organization = host.key.organization,
          .spec = model::HostSpec{.labels = fleet.labels_of(version), .values = version.values}});
    }
    source.versions.push_back(std::move(one));
  }
  return source;
}

Source source_at(const Fleet& fleet, const Version* version, std::uint64_t seq) {
  if (version == nullptr) return {};
  const EntityRecord* record = fleet.find(version->entity->key());
  return record == nullptr ? Source() : source_at(*record, seq);
}

// The values that an entity gives; null: it gives none.
const model::Values* values_of(const Entity* entity) {
  if (entity == nullptr) return nullptr;
  if (const auto* spec = std::get_if<model::HostSpec>(&entity->spec)) return &spec->values;
  if (const auto* spec = std::get_if<model::WorkloadSpec>(&entity->spec)) return &spec->values;
  if (const auto* spec = std::get_if<model::DeploymentSpec>(&entity->spec)) return &spec->values;
  if (const auto* spec = std::get_if<model::TemplateSpec>(&entity->spec)) return &spec->defaults;
  return nullptr;
}

bool begins_with(const Place& place, const Place& start) {
  return place.size() >= start.size() && std::equal(start.begin(), start.end(), place.begin());
}

// What stands at the place, as canonical JSON; empty: nothing. Values are looked at where they are,
// as they may be long and have many versions.
std::string text_at(const Entity& entity, const Place& place) {
  const bool is_template = std::holds_alternative<model::TemplateSpec>(entity.spec);
  const Place start = {"spec", is_template ? "defaults" : "values"};
  if (const model::Values* values = values_of(&entity);
      values != nullptr && begins_with(place, start)) {
    const json* found = find_at(
        values->json(), {place.begin() + static_cast<std::ptrdiff_t>(start.size()), place.end()});
    return found == nullptr ? std::string() : canonical_json(*found);
  }
  if (place.size() == 1 && place.front() == "name") return entity.name;
  const json spec = {{"spec", model::json_of(entity.spec)}};
  const json* found = find_at(spec, place);
  return found == nullptr ? std::string() : canonical_json(*found);
}

std::string file_text(const Entity& entity, const std::string& path) {
  const auto& files = std::get<model::TemplateSpec>(entity.spec).files;
  const auto found = std::ranges::find(files, path, &model::TemplateFile::path);
  if (found == files.end()) return {};
  return found->digest.hex() + " " + std::to_string(found->mode) + " " + found->owner;
}

std::uint64_t changed_at(const Source& source, std::uint64_t horizon,
                         const std::function<std::string(const Entity&)>& text_of) {
  auto version = source.versions.rbegin();
  const std::string text = text_of(*version->entity);
  std::uint64_t seq = version->seq;
  for (++version; version != source.versions.rend(); ++version) {
    if (version->entity == nullptr || text_of(*version->entity) != text) break;
    seq = version->seq;
  }
  return seq > horizon ? seq : 0;
}

Place place_in_spec(const char* field, const std::vector<std::string>& names, std::size_t from) {
  Place place = {"spec", field};
  place.insert(place.end(), names.begin() + static_cast<std::ptrdiff_t>(from), names.end());
  return place;
}

InputSource source_of_value(const FormSources& sources, const std::vector<std::string>& names) {
  struct LayerName {
    const char* name;
    const Source* source;
  };
  const std::vector<LayerName> layers = {{"template", &sources.template_},
                                         {"workload", &sources.workload},
                                         {"deployment", &sources.deployment},
                                         {"host", &sources.host}};
  std::vector<model::Values> values;
  for (const LayerName& layer : layers) {
    const model::Values* theirs = values_of(layer.source->now());
    values.push_back(theirs == nullptr ? model::Values() : *theirs);
  }
  const std::vector<std::string> below(names.begin() + 1, names.end());
  auto found = layers_at(values, below);
  if (found.empty()) return {};
  // An object without members gives nothing, unless it is the only one.
  const auto last = std::remove_if(found.begin() + 1, found.end(), [&](std::size_t layer) {
    return find_at(values[layer].json(), below)->empty();
  });
  found.erase(last, found.end());
  if (found.size() > 1 && find_at(values[found.front()].json(), below)->empty()) {
    found.erase(found.begin());
  }
  const LayerName& strongest = layers[found.front()];
  const bool is_template = strongest.source == &sources.template_;
  InputSource source{.layer = strongest.name,
                     .source = strongest.source,
                     .place = place_in_spec(is_template ? "defaults" : "values", names, 1)};
  for (std::size_t i = 1; i < found.size(); ++i) {
    source.weaker_layers.emplace_back(layers[found[i]].name);
  }
  return source;
}

}  // namespace

std::optional<FormSources> sources_of(const Fleet& fleet, const Key& deployment, const Key& host,
                                      std::uint64_t seq) {
  const HostRecord* record = fleet.find_host(host);
  if (record == nullptr) return std::nullopt;
  for (const Delivery& delivery : deliveries_to(fleet, *record, seq)) {
    if (delivery.deployment->key != deployment) continue;
    FormSources sources{.template_ = source_at(fleet, delivery.template_, seq),
                        .workload = source_at(fleet, delivery.workload, seq),
                        .deployment = source_at(*delivery.deployment, seq),
                        .host = source_at(fleet, *record, seq)};
    const auto& spec = std::get<model::DeploymentSpec>(delivery.version->entity->spec);
    if (!spec.replicas) {
      if (delivery.version->target != nullptr) {
        sources.target = source_at(*delivery.version->target, seq);
      }
      return sources;
    }
    for (const EntityRecord* assignment : record->assignments) {
      const Version* assigned = assignment->at(seq);
      if (assigned == nullptr || assigned->host != record) continue;
      if (assigned->deployment == delivery.deployment) {
        sources.assignment = source_at(*assignment, seq);
      }
    }
    return sources;
  }
  return std::nullopt;
}

std::uint64_t changed_at(const Source& source, const Place& place, std::uint64_t horizon) {
  return changed_at(source, horizon, [&](const Entity& entity) { return text_at(entity, place); });
}

std::uint64_t file_changed_at(const Source& template_, const std::string& path,
                              std::uint64_t horizon) {
  return changed_at(template_, horizon,
                    [&](const Entity& entity) { return file_text(entity, path); });
}

InputSource source_of_input(const FormSources& sources, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  const std::string& root = names.front();
  const bool is_name = names.size() == 2 && names[1] == "name";
  if (root == "values") return source_of_value(sources, names);
  if (root == "host") {
    if (is_name) return {.layer = "host", .source = &sources.host, .place = {"name"}};
    if (names.size() < 2 || names[1] != "labels") return {};
    return {.layer = "host", .source = &sources.host, .place = place_in_spec("labels", names, 2)};
  }
  if (root == "deployment" && is_name) {
    return {.layer = "deployment", .source = &sources.deployment, .place = {"name"}};
  }
  if (root == "workload" && is_name) {
    return {.layer = "workload", .source = &sources.workload, .place = {"name"}};
  }
  if (root == "workload" && names.size() == 2 && names[1] == "repo") {
    return {.layer = "workload", .source = &sources.workload, .place = {"spec", "repo"}};
  }
  if ((root == "workspace" || root == "organization") && is_name) return {.layer = root};
  return {};
}

}  // namespace titan::reconciler
