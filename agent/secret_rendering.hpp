#pragma once

#include <string>
#include <vector>

#include "agent/secret_files.hpp"
#include "base/result.hpp"
#include "base/signing.hpp"
#include "model/manifest.hpp"
#include "model/rendered.hpp"
#include "render/compiled_template.hpp"

namespace titan::agent {

// Whose values of secrets are opened.
struct SecretReader {
  const SigningKey& device;
  std::string organization = {};
};

// The files of the form that hold values of secrets: those under `root/` that are others with the
// values than with what stands for them, sorted by path. `shown` is what the template gave with
// that. docs/spec/secret.md says how a value is sealed, and for what; a value that was sealed for
// another host, deployment's workspace, secret, key or digest is refused. Pure.
// No error quotes a value, or what was made of one.
// invalid, naming the secret and its key: a value did not come, or is not the one that the form
// names; it was sealed for another key; the template cannot be rendered with it; it would be part
// of a path. exhausted: the limits of rendering, with the values. And the errors of
// model::inputs_with_secrets().
Result<std::vector<SecretFile>> render_secret_files(const model::DesiredDeployment& form,
                                                    const render::CompiledTemplate& compiled,
                                                    const std::vector<model::RenderedFile>& shown,
                                                    const SecretReader& reader);

}  // namespace titan::agent
