#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/manifest.hpp"
#include "model/rendered.hpp"
#include "model/template.hpp"
#include "model/values_schema.hpp"
#include "render/compiled_template.hpp"
#include "render/input_names.hpp"
#include "render/origins.hpp"
#include "store/store.hpp"

namespace titan::server_lite {

// Renders what a host would render, from the template blobs in the store. Compiled templates and
// rendered digests are kept, a bounded number of each; hosts that differ only in inputs that a
// template does not ask for are rendered once. Safe to share between threads; no lock is
// held while blobs are read or templates rendered.
class TemplateRenderer {
 public:
  // Borrows the store.
  explicit TemplateRenderer(store::Store& store) : store_(store) {}

  // invalid, naming the file: a blob is missing or has another size than `spec` says, or the
  // template does not compile, or its defaults are not as its schema says.
  Result<void> check(const model::TemplateSpec& spec, const std::string& organization);
  // With placeholders for the values of secrets.
  // invalid: the template cannot be rendered with these inputs, or its schema does not take their
  // values. REQUIRES: `desired.error` empty.
  Result<std::vector<model::RenderedFile>> render(const model::DesiredDeployment& desired);
  // The same, and where each line comes from. Errors as of render(), and when there are too many
  // pieces to remember. REQUIRES: as above.
  Result<std::vector<render::TracedFile>> trace(const model::DesiredDeployment& desired);
  // Fills in the digest of what render() gives, or why it cannot be rendered; see
  // reconciler::render_digest(). Errors: those of the store.
  Result<void> fill_digest(model::DesiredDeployment& desired);

 private:
  Result<Digest> digest_of(const model::DesiredDeployment& desired);
  Result<std::vector<model::RenderedFile>> render(const model::DesiredDeployment& desired,
                                                  const model::Values& inputs);
  // Shared, since a thread may still render with one that was dropped from the map meanwhile.
  using CompiledPtr = std::shared_ptr<const render::CompiledTemplate>;
  Result<CompiledPtr> compiled(const Digest& digest, const std::vector<model::TemplateFile>& files);
  Result<CompiledPtr> compile(const std::vector<model::TemplateFile>& files);
  static Result<void> check_schema(const model::TemplateSpec& spec);
  using SchemaPtr = std::shared_ptr<const model::ValuesSchema>;
  Result<SchemaPtr> schema_of(const model::DesiredDeployment& desired);
  Result<void> check_values(const model::DesiredDeployment& desired);
  using NamesPtr = std::shared_ptr<const render::InputNames>;
  Result<NamesPtr> names_of(const model::DesiredDeployment& desired);
  // A template, and what it asks for.
  using Work = std::pair<Digest, Digest>;
  std::optional<Result<Digest>> known(const Work& work);

  store::Store& store_;
  std::mutex mutex_;                        // guards the maps
  std::map<Digest, CompiledPtr> compiled_;  // by the template's digest
  std::map<Digest, NamesPtr> names_;        // likewise
  std::map<Digest, SchemaPtr> schemas_;     // likewise
  std::map<Work, Result<Digest>> digests_;  // of what is wrong: with all inputs
};

}  // namespace titan::server_lite
