#include "server-lite/template_renderer.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "model/secret_use.hpp"
#include "reconciler/host_query.hpp"
#include "render/health_rendering.hpp"
#include "server-lite/limits.hpp"

namespace titan::server_lite {
namespace {

// When full, a map starts anew: what is in use comes back at its next use.
template <class Map, class Value>
void keep(Map& map, std::size_t count_max, const typename Map::key_type& key, Value value) {
  if (map.size() >= count_max) map.clear();
  map.insert_or_assign(key, std::move(value));
}

// Too deep or too long: a property of the template, as any other mistake in it.
Error as_invalid(Error error) {
  if (error.code == ErrorCode::exhausted) error.code = ErrorCode::invalid;
  return error;
}

// The error's field, after where it is within.
Error within(const char* place, Error error) {
  error.field = place + (error.field.empty() ? "" : "." + error.field);
  return error;
}

// The outcome of compiling a part of a template's spec.
template <class Compiled>
Result<void> about(const Result<Compiled>& compiled, const char* field) {
  if (compiled) return {};
  Error error = as_invalid(compiled.error());
  if (error.field.empty()) error.field = field;
  return error;
}

}  // namespace

Result<void> TemplateRenderer::check(const model::TemplateSpec& spec,
                                     const std::string& organization) {
  for (std::size_t i = 0; i < spec.files.size(); ++i) {
    const model::TemplateFile& file = spec.files[i];
    const std::string field = "spec.files[" + std::to_string(i) + "]";
    const auto content = store_.get_blob({file.digest, organization});
    if (!content && content.error().code == ErrorCode::not_found) {
      return invalid_field(field + ".digest", "the content of " + quote(file.path) +
                                                  " is not here yet: PUT /v1/blobs/" +
                                                  file.digest.text() + " first");
    }
    if (!content) return content.error();
    if (content->size() != file.size) {
      return invalid_field(field + ".size", "expected " + std::to_string(content->size()) +
                                                ", the size of the content of " + quote(file.path) +
                                                ", found " + std::to_string(file.size));
    }
  }
  TITAN_TRY(about(compiled(spec.digest(), spec.files), "spec.files"));
  TITAN_TRY(about(render::compile_health(spec.health), "spec.health"));
  if (const auto hooks = model::check_hooks(spec); !hooks) return within("spec", hooks.error());
  return check_schema(spec);
}

Result<void> TemplateRenderer::check_schema(const model::TemplateSpec& spec) {
  if (spec.values_schema.empty()) return {};
  const auto schema = model::ValuesSchema::compile(spec.values_schema.json());
  if (!schema) return within("spec.valuesSchema", as_invalid(schema.error()));
  const auto problem = schema->check(spec.defaults.json(), model::ValuesSchema::Look::part);
  if (!problem) return {};
  const std::string path = problem->path.empty() ? "" : "." + problem->path;
  return invalid_field("spec.defaults" + path, problem->message + " (by spec.valuesSchema)");
}

Result<TemplateRenderer::SchemaPtr> TemplateRenderer::schema_of(
    const model::DesiredDeployment& desired) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = schemas_.find(desired.template_digest);
    if (found != schemas_.end()) return found->second;
  }
  auto compiled = model::ValuesSchema::compile(desired.values_schema.json());
  if (!compiled) return as_invalid(compiled.error().context("the template's valuesSchema"));
  auto schema = std::make_shared<const model::ValuesSchema>(*std::move(compiled));
  const std::lock_guard lock(mutex_);
  keep(schemas_, kCompiledTemplatesMax, desired.template_digest, schema);
  return schema;
}

// Nothing that does not fit is delivered: what a write could not see shows here.
Result<void> TemplateRenderer::check_values(const model::DesiredDeployment& desired) {
  if (desired.values_schema.empty()) return {};
  TITAN_ASSIGN(const SchemaPtr schema, schema_of(desired));
  const auto problem =
      schema->check(desired.inputs.json().at("values"), model::ValuesSchema::Look::whole);
  if (!problem) return {};
  const std::string path = problem->path.empty() ? "values" : "values." + problem->path;
  return invalid(path + ": " + problem->message + " (template " + quote(desired.template_name) +
                 ")");
}

Result<TemplateRenderer::CompiledPtr> TemplateRenderer::compile(
    const std::vector<model::TemplateFile>& files) {
  std::vector<render::SourceFile> sources;
  for (const model::TemplateFile& file : files) {
    TITAN_ASSIGN(std::string content, store_.get_blob(store::BlobName::of_anybody(file.digest)));
    sources.push_back(
        {file.path, file.mode, std::move(content), file.owner, render::parse_escape(file.escape)});
  }
  TITAN_ASSIGN(auto compiled, render::CompiledTemplate::compile(std::move(sources)));
  return std::make_shared<const render::CompiledTemplate>(std::move(compiled));
}

Result<TemplateRenderer::CompiledPtr> TemplateRenderer::compiled(
    const Digest& digest, const std::vector<model::TemplateFile>& files) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = compiled_.find(digest); found != compiled_.end()) return found->second;
  }
  TITAN_ASSIGN(CompiledPtr compiled, compile(files));
  const std::lock_guard lock(mutex_);
  keep(compiled_, kCompiledTemplatesMax, digest, compiled);
  return compiled;
}

Result<std::vector<model::RenderedFile>> TemplateRenderer::render(
    const model::DesiredDeployment& desired) {
  TITAN_ASSIGN(const model::Values inputs, model::inputs_with_placeholders(desired));
  return render(desired, inputs);
}

Result<std::vector<model::RenderedFile>> TemplateRenderer::render(
    const model::DesiredDeployment& desired, const model::Values& inputs) {
  TITAN_TRY(check_values(desired));
  TITAN_ASSIGN(const CompiledPtr compiled, this->compiled(desired.template_digest, desired.files));
  auto rendered = compiled->render(inputs.json());
  if (!rendered) return as_invalid(rendered.error());
  // Only whether a host can: it renders the checks itself.
  const auto health = render::render_health(desired.health, desired.inputs.json());
  if (!health) return as_invalid(health.error());
  return rendered;
}

Result<std::vector<render::TracedFile>> TemplateRenderer::trace(
    const model::DesiredDeployment& desired) {
  TITAN_ASSIGN(const model::Values inputs, model::inputs_with_placeholders(desired));
  TITAN_ASSIGN(const CompiledPtr compiled, this->compiled(desired.template_digest, desired.files));
  auto traced = compiled->trace(inputs.json());
  if (!traced) return as_invalid(traced.error());
  return traced;
}

Result<void> TemplateRenderer::fill_digest(model::DesiredDeployment& desired) {
  return reconciler::render_digest(desired, [this](const auto& form) { return digest_of(form); });
}

Result<TemplateRenderer::NamesPtr> TemplateRenderer::names_of(
    const model::DesiredDeployment& desired) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(desired.template_digest);
    if (found != names_.end()) return found->second;
  }
  TITAN_ASSIGN(const CompiledPtr compiled, this->compiled(desired.template_digest, desired.files));
  render::InputNames asked = compiled->input_names();
  add_names_to(asked, desired.health);
  auto names = std::make_shared<const render::InputNames>(std::move(asked));
  const std::lock_guard lock(mutex_);
  keep(names_, kInputNamesMax, desired.template_digest, names);
  return names;
}

std::optional<Result<Digest>> TemplateRenderer::known(const Work& work) {
  const std::lock_guard lock(mutex_);
  const auto found = digests_.find(work);
  return found == digests_.end() ? std::nullopt : std::optional(found->second);
}

// Only what the inputs decide is kept: a passing fault of the store must not stay.
Result<Digest> TemplateRenderer::digest_of(const model::DesiredDeployment& desired) {
  TITAN_ASSIGN(const model::Values inputs, model::inputs_with_placeholders(desired));
  TITAN_ASSIGN(const NamesPtr names, names_of(desired));
  // Health checks see the references to secrets, files what stands for the values.
  const auto with = [&](const auto& digest_of) -> Work {
    const Digest filled = digest_of(inputs.json());
    const bool looks_at_values = !desired.values_schema.empty();
    if (desired.health.checks.empty() && !looks_at_values) {
      return {desired.template_digest, filled};
    }
    Hasher all;
    all.add(filled.hex()).add(digest_of(desired.inputs.json()).hex());
    // Its schema is asked about all of them.
    if (looks_at_values) all.add(canonical_json(desired.inputs.json().at("values")));
    return {desired.template_digest, all.finish()};
  };
  const Work work = with([&](const nlohmann::json& json) { return names->digest_of(json); });
  if (const auto found = known(work)) return *found;
  // What is wrong is told in words that any of the inputs may be among.
  const Work whole =
      with([](const nlohmann::json& json) { return Digest::of(canonical_json(json)); });
  if (const auto found = known(whole)) return *found;
  const auto rendered = render(desired, inputs);
  if (!rendered && rendered.error().code != ErrorCode::invalid) return rendered.error();
  Result<Digest> digest =
      rendered ? Result<Digest>(model::digest_of(*rendered)) : Result<Digest>(rendered.error());
  const std::lock_guard lock(mutex_);
  keep(digests_, kRenderedDigestsMax, rendered ? work : whole, digest);
  return digest;
}

}  // namespace titan::server_lite
