#include "agent/secret_rendering.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "agent/placing.hpp"
#include "base/text.hpp"
#include "model/secret_use.hpp"
#include "model/secret_value.hpp"

namespace titan::agent {
namespace {

using model::DesiredDeployment;
using model::RenderedFile;
using model::SecretUse;

Error about(const SecretUse& use, std::string_view what) {
  return invalid("the key " + quote(use.key) + " of the secret " + quote(use.name) + ": " +
                 std::string(what));
}

// The values of a form, opened, by what they are of.
class OpenedSecrets {
 public:
  static Result<OpenedSecrets> open(const DesiredDeployment& form, const SecretReader& reader) {
    OpenedSecrets opened;
    for (const SecretUse& use : form.secrets) {
      TITAN_ASSIGN(Secret value, open(use, form.key, reader));
      opened.values_.emplace(std::pair(use.name, use.key), std::move(value));
    }
    return opened;
  }
  [[nodiscard]] std::string_view value(const SecretUse& use) const {
    return values_.at({use.name, use.key}).bytes();
  }

 private:
  static Result<Secret> open(const SecretUse& use, const model::Key& deployment,
                             const SecretReader& reader) {
    const model::Key secret{.organization = reader.organization,
                            .kind = model::Kind::secret,
                            .workspace = deployment.workspace,
                            .name = use.name};
    auto value = model::open_on_host(reader.device, secret, use);
    if (!value) return about(use, value.error().message);
    return value;
  }

  std::map<std::pair<std::string, std::string>, Secret> values_;
};

// What rendering gives is wiped with the object.
struct WipedFiles {
  std::vector<RenderedFile> files;

  explicit WipedFiles(std::vector<RenderedFile> rendered) : files(std::move(rendered)) {}
  WipedFiles(const WipedFiles&) = delete;
  WipedFiles& operator=(const WipedFiles&) = delete;
  ~WipedFiles() {
    for (RenderedFile& file : files) wipe(file.content);
  }
};

// With the value of `only` and what stands for the others, or with all values.
Result<std::vector<RenderedFile>> render_with(const DesiredDeployment& form,
                                              const render::CompiledTemplate& compiled,
                                              const OpenedSecrets& opened,
                                              const SecretUse* only = nullptr) {
  std::string shown;
  TITAN_ASSIGN(
      const model::Values inputs,
      model::inputs_with_secrets(form, [&](const SecretUse& use) -> Result<std::string_view> {
        if (only == nullptr || *only == use) return opened.value(use);
        shown = model::placeholder_of(use);
        return std::string_view(shown);
      }));
  return compiled.render(inputs.json());
}

// An error of rendering may quote what it was given, so it is said in other words which value is
// to blame.
Error unusable(const DesiredDeployment& form, const render::CompiledTemplate& compiled,
               const OpenedSecrets& opened, ErrorCode code) {
  Error error = invalid("the template cannot be rendered with the values of its secrets");
  for (const SecretUse& use : form.secrets) {
    if (auto rendered = render_with(form, compiled, opened, &use); rendered) {
      const WipedFiles wiped(*std::move(rendered));
      continue;
    }
    error = about(use, "the template cannot be rendered with this value");
    break;
  }
  error.code = code == ErrorCode::exhausted ? code : ErrorCode::invalid;
  return error;
}

Result<void> check_same_places(const std::vector<RenderedFile>& shown,
                               const std::vector<RenderedFile>& filled) {
  const bool same = std::equal(shown.begin(), shown.end(), filled.begin(), filled.end(),
                               [](const RenderedFile& left, const RenderedFile& right) {
                                 return left.path == right.path && left.mode == right.mode;
                               });
  if (same) return {};
  return invalid("the value of a secret would be part of the path of a file");
}

}  // namespace

Result<std::vector<SecretFile>> render_secret_files(const DesiredDeployment& form,
                                                    const render::CompiledTemplate& compiled,
                                                    const std::vector<RenderedFile>& shown,
                                                    const SecretReader& reader) {
  std::vector<SecretFile> secret;
  if (form.secrets.empty()) return secret;
  TITAN_ASSIGN(const OpenedSecrets opened, OpenedSecrets::open(form, reader));
  auto rendered = render_with(form, compiled, opened);
  if (!rendered) return unusable(form, compiled, opened, rendered.error().code);
  WipedFiles filled(*std::move(rendered));
  TITAN_TRY(check_same_places(shown, filled.files));

  const auto placed = placed_files(filled.files);
  for (const auto& [path, file] : placed_files(shown)) {
    const RenderedFile& with_values = *placed.at(path);
    if (with_values.content == file->content) continue;
    secret.push_back(
        {.path = path, .mode = with_values.mode, .content = Secret::of(with_values.content)});
  }
  return secret;
}

}  // namespace titan::agent
