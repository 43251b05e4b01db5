#include "cli/entity_flags.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/limits.hpp"
#include "cli/local_file.hpp"
#include "model/labels.hpp"

namespace titan::cli {
namespace {

using nlohmann::json;

// "{…}", or anything with a key in it, is the values themselves; all else is a path.
bool is_inline(std::string_view text) {
  return trim(text).starts_with('{') || text.find(": ") != std::string_view::npos ||
         text.find(":\n") != std::string_view::npos;
}

Result<json> read_values(const std::string& given, const Env& env) {
  std::string text = given;
  if (!is_inline(given)) {
    TITAN_ASSIGN(text, read_local_file(env, given, kValuesFileBytesMax));
  }
  auto documents = parse_yaml(text);
  if (!documents) return std::move(documents).error();
  if (documents->size() != 1 || !documents->front().is_object()) {
    return invalid("expected one object of values, or the path of a file with one");
  }
  return std::move(documents->front());
}

// Fills a spec's JSON, flag by flag.
class SpecWriter {
 public:
  explicit SpecWriter(const Env& env) : env_(env) {}

  void text(const char* field, const std::optional<std::string>& flag) {
    if (flag) spec_[field] = *flag;
  }
  void number(const char* field, const std::optional<std::uint64_t>& flag) {
    if (flag) spec_[field] = *flag;
  }
  void list(const char* field, const std::optional<std::string>& flag) {
    if (flag) spec_[field] = split(*flag, ',');
  }
  Result<void> labels(const char* field, const std::optional<std::string>& flag) {
    if (!flag) return {};
    auto labels = model::parse_labels(*flag);
    if (!labels) return std::move(labels).error().context("--labels");
    spec_[field] = *labels;
    return {};
  }
  Result<void> values(const char* field, const std::optional<std::string>& flag) {
    if (!flag) return {};
    auto values = read_values(*flag, env_);
    if (!values) return std::move(values).error().context("--values");
    spec_[field] = *std::move(values);
    return {};
  }
  void git(const EntityFlags& flags) {
    if (!flags.repository) return;
    spec_["git"]["repository"] = *flags.repository;
    if (flags.ref) spec_["git"]["ref"] = *flags.ref;
    if (flags.path) spec_["git"]["path"] = *flags.path;
  }
  [[nodiscard]] json take() { return std::move(spec_); }

 private:
  const Env& env_;
  json spec_ = json::object();
};

Result<json> spec_of(const EntityFlags& flags, const Env& env) {
  SpecWriter spec(env);
  TITAN_TRY(spec.labels("labels", flags.labels));
  TITAN_TRY(spec.values("values", flags.values));
  spec.text("delivery", flags.delivery);
  spec.list("drivers", flags.drivers);
  spec.number("capacity", flags.capacity);
  spec.text("lease", flags.lease);
  spec.text("directory", flags.directory);
  spec.git(flags);
  spec.text("repo", flags.repo);
  spec.text("template", flags.template_name);
  spec.text("selector", flags.selector);
  spec.text("workload", flags.workload);
  spec.text("target", flags.target);
  spec.number("replicas", flags.replicas);
  spec.text("spreadBy", flags.spread_by);
  spec.text("rescheduleAfter", flags.reschedule_after);
  spec.list("dependsOn", flags.depends_on);
  spec.text("driftPolicy", flags.drift_policy);
  spec.text("description", flags.description);
  return spec.take();
}

// Unlike labels, a tag's value may be any text, so it ends at the next comma.
Result<json> tags_of(const std::string& flag) {
  json tags = json::object();
  for (const std::string& part : split(flag, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0) {
      return invalid("--tags: expected KEY=VALUE, found " + quote(part));
    }
    const std::string key = part.substr(0, equals);
    if (tags.contains(key)) return invalid("--tags: the key " + quote(key) + " stands there twice");
    tags[key] = part.substr(equals + 1);
  }
  return tags;
}

}  // namespace

Result<Draft> draft_of(model::Kind kind, const std::string& name, const EntityFlags& flags,
                       const DraftPlace& place, const Env& env) {
  json document = {{"kind", model::name_of(kind)}, {"name", name}};
  TITAN_ASSIGN(document["spec"], spec_of(flags, env));
  if (flags.tags) {
    TITAN_ASSIGN(document["tags"], tags_of(*flags.tags));
  }
  return draft_of(document, place);
}

}  // namespace titan::cli
