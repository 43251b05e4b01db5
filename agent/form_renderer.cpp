#include "agent/form_renderer.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/secret_rendering.hpp"
#include "model/secret_use.hpp"
#include "render/health_rendering.hpp"

namespace titan::agent {
namespace {

using model::DesiredDeployment;
using model::RenderedFile;

Result<std::vector<RenderedFile>> shown_files(const DesiredDeployment& form,
                                              const render::CompiledTemplate& compiled,
                                              const model::Values& inputs) {
  TITAN_ASSIGN(auto files, compiled.render(inputs.json()));
  const Digest digest = model::digest_of(files);
  if (digest != form.rendered_digest) {
    return internal("rendering gave " + digest.text() + ", the server expects " +
                    form.rendered_digest.text());
  }
  return files;
}

}  // namespace

Result<render::CompiledTemplate> FormRenderer::compile(const DesiredDeployment& form) {
  blob_missing_ = false;
  std::vector<render::SourceFile> sources;
  for (const model::TemplateFile& file : form.files) {
    auto content = blobs_.get(file);
    if (!content) {
      blob_missing_ = true;
      return content.error();
    }
    sources.push_back(
        {file.path, file.mode, *std::move(content), file.owner, render::parse_escape(file.escape)});
  }
  return render::CompiledTemplate::compile(std::move(sources));
}

Result<std::vector<RenderedFile>> FormRenderer::render_shown(const DesiredDeployment& form) {
  TITAN_ASSIGN(const auto compiled, compile(form));
  TITAN_ASSIGN(const model::Values inputs, model::inputs_with_placeholders(form));
  return shown_files(form, compiled, inputs);
}

Result<Rendering> FormRenderer::render(const DesiredDeployment& form) {
  TITAN_ASSIGN(const auto compiled, compile(form));
  TITAN_ASSIGN(const model::Values inputs, model::inputs_with_placeholders(form));
  Rendering rendering;
  TITAN_ASSIGN(rendering.files, shown_files(form, compiled, inputs));
  TITAN_ASSIGN(rendering.health, render::render_health(form.health, form.inputs.json()));
  if (form.secrets.empty()) return rendering;
  TITAN_ASSIGN(rendering.secret,
               render_secret_files(form, compiled, rendering.files,
                                   {identity_.key, identity_.identity.organization}));
  if (!rendering.secret.empty()) TITAN_TRY(secret_files_.check());
  return rendering;
}

}  // namespace titan::agent
