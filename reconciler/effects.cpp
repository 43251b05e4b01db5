#include "reconciler/effects.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "reconciler/limits.hpp"
#include "reconciler/systemd_plan.hpp"

namespace titan::reconciler {
namespace {

using nlohmann::json;
using Files = std::vector<model::RenderedFile>;

constexpr const char* kIfItRuns = "if it runs";

const Files& files_or_none(const Files* files) {
  static const Files kNone;
  return files == nullptr ? kNone : *files;
}

const model::RenderedFile* find(const Files& files, std::string_view path) {
  const auto found = std::ranges::find(files, path, &model::RenderedFile::path);
  return found == files.end() ? nullptr : &*found;
}

void add_hook(Effects& effects, const Files& files, std::string_view path) {
  if (find(files, path) == nullptr) return;
  effects.items.push_back({.action = Action::run, .subject = std::string(path)});
}

void add_all(Effects& effects, Action action, const std::vector<std::string>& subjects,
             std::string_view condition = {}) {
  for (const std::string& subject : subjects) {
    effects.items.push_back({action, subject, std::string(condition)});
  }
}

// ---- systemd -----------------------------------------------------------------------------------

// As if all ran that should.
Running supposed(const SystemdChange& change, const std::string& name) {
  const auto before = change.before.find(name);
  if (before != change.before.end() && before->second.is_own()) {
    return before->second.is_lasting() ? Running::yes : Running::unknown;
  }
  const auto after = change.after.find(name);
  const bool is_new = after != change.after.end() && after->second.is_own();
  return is_new ? Running::no : Running::unknown;
}

void add_systemd(Effects& effects, const Files* before, const Files* after) {
  SystemdFiles files;
  if (before != nullptr) files.before.push_back(before);
  files.after = after;
  const auto change = systemd_change(files);
  if (!change) {
    effects.note = "the units cannot be read: " + change.error().text();
    return;
  }
  for (const auto& [name, unit] : change->before) {
    if (!unit.is_own() || !change->leaves(name)) continue;
    const bool is_sure = !unit.is_template && unit.is_lasting();
    effects.items.push_back({.action = Action::stop,
                             .subject = unit.is_template ? instances_of(name) : name,
                             .condition = is_sure ? "" : kIfItRuns});
  }
  if (change->reload) effects.items.push_back({.action = Action::reload, .subject = "systemd"});
  const SystemdJobs jobs =
      jobs_of(*change, [&](const std::string& name) { return supposed(*change, name); });
  add_all(effects, Action::stop, jobs.stopped);
  std::vector<std::string> started = jobs.started;
  for (const std::string& name : jobs.restarted) {
    const bool is_new = supposed(*change, name) == Running::no;
    if (is_new) started.push_back(name);
    if (!is_new) effects.items.push_back({.action = Action::restart, .subject = name});
  }
  add_all(effects, Action::restart, jobs.restarted_if_running, kIfItRuns);
  std::ranges::sort(started);
  add_all(effects, Action::start, started);
}

// ---- compose -----------------------------------------------------------------------------------

constexpr std::array<std::string_view, 4> kComposeFiles = {
    "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"};

struct ComposeProject {
  std::map<std::string, std::string> services = {};  // what is said of each, canonical
  std::string beside = {};                           // the rest of the file
  Files others = {};                                 // that compose may read
};

// Nothing: there is no file, or it is no YAML that can be read here.
std::optional<ComposeProject> compose_project_of(const Files& files) {
  const model::RenderedFile* file = nullptr;
  ComposeProject project;
  for (const model::RenderedFile& one : files) {
    if (!model::is_free_path(one.path)) continue;
    const bool is_it = std::ranges::find(kComposeFiles, one.path) != kComposeFiles.end();
    if (is_it) file = &one;
    if (!is_it) project.others.push_back(one);
  }
  if (file == nullptr) return std::nullopt;
  const auto documents = parse_yaml(file->content);
  if (!documents || documents->size() != 1 || !documents->front().is_object()) return std::nullopt;
  json rest = documents->front();
  const auto services = rest.find("services");
  if (services == rest.end() || !services->is_object()) return std::nullopt;
  for (const auto& [name, service] : services->items()) {
    project.services[name] = canonical_json(service);
  }
  rest.erase("services");
  project.beside = canonical_json(rest);
  return project;
}

void add_compose(Effects& effects, const Files* before, const Files* after) {
  const auto old = compose_project_of(files_or_none(before));
  const auto fresh = compose_project_of(files_or_none(after));
  if ((before != nullptr && !old) || (after != nullptr && !fresh)) {
    effects.note = "the compose file cannot be read here: compose decides what restarts";
    return;
  }
  const ComposeProject was = old.value_or(ComposeProject());
  const ComposeProject will = fresh.value_or(ComposeProject());
  for (const auto& [name, service] : was.services) {
    if (!will.services.contains(name)) {
      effects.items.push_back({.action = Action::stop, .subject = name});
    }
  }
  const bool others_differ = old && fresh && was.others != will.others;
  for (const auto& [name, service] : will.services) {
    const auto known = was.services.find(name);
    if (known == was.services.end()) {
      effects.items.push_back({.action = Action::start, .subject = name});
    } else if (known->second != service) {
      effects.items.push_back({.action = Action::restart, .subject = name});
    } else if (others_differ || was.beside != will.beside) {
      effects.items.push_back({.action = Action::restart,
                               .subject = name,
                               .condition = "if it uses what changed, or runs by podman"});
    }
  }
}

// ---- kubernetes --------------------------------------------------------------------------------

// Group, kind, namespace, name: what one object is known by.
using ObjectId = std::array<std::string, 4>;

struct ManifestObject {
  std::string text = {};  // canonical
  bool stays = false;     // it is not deleted when it leaves the deployment
};

struct Manifests {
  std::map<ObjectId, ManifestObject> objects = {};
  bool is_readable = true;
};

std::string text_in(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void add_object(Manifests& manifests, const json& value) {
  const json metadata = value.is_object() ? value.value("metadata", json()) : json();
  const json annotations = metadata.is_object() ? metadata.value("annotations", json()) : json();
  const std::string api = text_in(value, "apiVersion");
  const auto slash = api.find('/');
  const ObjectId id = {slash == std::string::npos ? "" : api.substr(0, slash),
                       text_in(value, "kind"), text_in(metadata, "namespace"),
                       text_in(metadata, "name")};
  manifests.is_readable = manifests.is_readable && !id[1].empty() && !id[3].empty() &&
                          manifests.objects.size() < kEffectObjectsMax;
  if (!manifests.is_readable) return;
  const bool holds_others =
      (id[0].empty() && id[1] == "Namespace") ||
      (id[0] == "apiextensions.k8s.io" && id[1] == "CustomResourceDefinition");
  const bool stays = text_in(annotations, "titan/adopt") == "true" ||
                     (holds_others && text_in(annotations, "titan/delete-with-contents") != "true");
  manifests.objects[id] = {.text = canonical_json(value), .stays = stays};
}

bool is_kustomization(std::string_view path) {
  return path == "kustomization.yaml" || path == "kustomization.yml" || path == "Kustomization";
}

Manifests manifests_of(const Files& files) {
  Manifests manifests;
  for (const model::RenderedFile& file : files) {
    if (!model::is_free_path(file.path)) continue;
    if (is_kustomization(file.path)) manifests.is_readable = false;
    const bool is_manifest =
        file.path.ends_with(".yaml") || file.path.ends_with(".yml") || file.path.ends_with(".json");
    if (!is_manifest || !manifests.is_readable) continue;
    const auto documents = parse_yaml(file.content);
    if (!documents) {
      manifests.is_readable = false;
      continue;
    }
    for (const json& document : *documents) {
      const bool is_list = document.is_object() && document.contains("items") &&
                           document["items"].is_array() &&
                           text_in(document, "kind").ends_with("List");
      if (!is_list) add_object(manifests, document);
      if (!is_list) continue;
      for (const json& item : document["items"]) add_object(manifests, item);
    }
  }
  return manifests;
}

// "Deployment default/web".
std::string text_of(const ObjectId& id) {
  return id[1] + " " + (id[2].empty() ? "" : id[2] + "/") + id[3];
}

void add_kubernetes(Effects& effects, const Files* before, const Files* after) {
  const Manifests was = manifests_of(files_or_none(before));
  const Manifests will = manifests_of(files_or_none(after));
  if (!was.is_readable || !will.is_readable) {
    effects.note = "kubectl alone can read these manifests: what it applies is not told";
    return;
  }
  for (const auto& [id, object] : will.objects) {
    const auto known = was.objects.find(id);
    if (known != was.objects.end() && known->second.text == object.text) continue;
    effects.items.push_back({.action = Action::apply, .subject = text_of(id)});
  }
  for (const auto& [id, object] : was.objects) {
    if (object.stays || will.objects.contains(id)) continue;
    effects.items.push_back({.action = Action::remove, .subject = text_of(id)});
  }
}

void add_driver(Effects& effects, std::string_view driver, const Files* before,
                const Files* after) {
  if (driver == "systemd") return add_systemd(effects, before, after);
  if (driver == "compose") return add_compose(effects, before, after);
  if (driver == "kubernetes") return add_kubernetes(effects, before, after);
  if (driver == "files" || driver == "git") return;
  effects.note = "the driver " + quote(driver) + " decides what restarts";
}

}  // namespace

std::string_view name_of(Action action) {
  // In the order of enum Action.
  constexpr std::array<std::string_view, 7> kNames = {"run",   "reload", "stop",  "restart",
                                                      "start", "apply",  "remove"};
  return kNames[static_cast<std::size_t>(action)];
}

Effects effects_of(const FilesOfDriver& before, const FilesOfDriver& after) {
  Effects effects;
  const Files* const was = before.files;
  const Files* const will = after.files;
  const bool is_another = was != nullptr && will != nullptr && before.driver != after.driver;
  const bool is_same = was != nullptr && will != nullptr && !is_another && *was == *will;
  if (is_same || (was == nullptr && will == nullptr)) return effects;
  if (will == nullptr) {
    add_hook(effects, *was, "hooks/pre-remove");
    add_driver(effects, before.driver, was, nullptr);
    return effects;
  }
  add_hook(effects, *will, "hooks/pre-apply");
  if (is_another) add_driver(effects, before.driver, was, nullptr);
  add_driver(effects, after.driver, is_another ? nullptr : was, will);
  add_hook(effects, *will, "hooks/post-apply");
  return effects;
}

}  // namespace titan::reconciler
