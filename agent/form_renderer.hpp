#pragma once

#include <vector>

#include "agent/blob_cache.hpp"
#include "agent/identity_store.hpp"
#include "agent/secret_files.hpp"
#include "base/result.hpp"
#include "model/health.hpp"
#include "model/manifest.hpp"
#include "model/rendered.hpp"
#include "render/compiled_template.hpp"

namespace titan::agent {

// What a form gives on this host.
struct Rendering {
  std::vector<model::RenderedFile> files = {};  // with what stands for the values of secrets
  std::vector<SecretFile> secret = {};          // those of them under `root/` that hold values
  model::Health health = {};                    // with its placeholders filled
};

// Makes files of forms, with the template files that the host has or can get. The digest has to be
// the server's. Not for use from several threads.
class FormRenderer {
 public:
  // Borrows all. Of `identity`, the key and the organization open the values of secrets.
  FormRenderer(BlobCache& blobs, SecretFiles& secret_files, const IdentityStore::Loaded& identity)
      : blobs_(blobs), secret_files_(secret_files), identity_(identity) {}

  // Errors: those of BlobCache::get(); of rendering; of render_secret_files() and
  // SecretFiles::check(); internal when the digest is another one.
  Result<Rendering> render(const model::DesiredDeployment& form);
  // The files alone: no value of a secret is opened.
  Result<std::vector<model::RenderedFile>> render_shown(const model::DesiredDeployment& form);
  // Whether the last call ended because a template file did not come: that is no fault of the form.
  [[nodiscard]] bool blob_missing() const { return blob_missing_; }

 private:
  Result<render::CompiledTemplate> compile(const model::DesiredDeployment& form);

  BlobCache& blobs_;
  SecretFiles& secret_files_;
  const IdentityStore::Loaded& identity_;
  bool blob_missing_ = false;
};

}  // namespace titan::agent
