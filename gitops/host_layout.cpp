#include "gitops/host_layout.hpp"

#include <set>

#include "base/text.hpp"
#include "gitops/kustomization.hpp"
#include "gitops/limits.hpp"
#include "model/rendered_path.hpp"

namespace titan::gitops {
namespace {

Result<void> check_key(const model::Key& key, const HostState& state) {
  if (key.kind != model::Kind::deployment) {
    return invalid("found a " + key.subject() + "; expected a deployment");
  }
  TITAN_TRY(model::check_name("workspace", key.workspace));
  TITAN_TRY(model::check_name("name", key.name));
  if (key.organization != state.organization) {
    return invalid("it is of organization " + quote(key.organization) + "; the repository is of " +
                   quote(state.organization));
  }
  return {};
}

HostFile host_file(const model::RenderedFile& file) {
  const bool executable = (file.mode & 0111U) != 0;
  return {executable ? kExecutableFileMode : kPlainFileMode, file.content};
}

Result<void> add_files(const model::RenderedDeployment& deployment, HostLayout& layout) {
  for (const model::RenderedFile& file : deployment.files) {
    TITAN_TRY(model::check_rendered_path(file.path));
    const std::string path = deployment.key.short_text() + "/" + file.path;
    if (!layout.files.emplace(path, host_file(file)).second) {
      return invalid("there are two files at the path " + quote(file.path));
    }
    if (layout.files.size() > kHostFilesMax) {
      return exhausted("the host has more than " + std::to_string(kHostFilesMax) + " files");
    }
  }
  return {};
}

Result<void> check_no_file_is_a_folder(const HostLayout& layout) {
  for (const auto& [path, file] : layout.files) {
    for (std::size_t end = path.find('/'); end != std::string::npos;
         end = path.find('/', end + 1)) {
      const std::string folder = path.substr(0, end);
      if (layout.files.contains(folder) || folder == kKustomizationFile) {
        return invalid("the path " + quote(folder) + " is both a file and the folder of " +
                       quote(path));
      }
    }
  }
  return {};
}

std::string kustomization_of(const HostState& state) {
  std::set<std::string> resources;
  for (const model::RenderedDeployment& deployment : state.deployments) {
    for (const model::RenderedFile& file : deployment.files) {
      if (!is_kubernetes_file(file.path, file.content)) continue;
      resources.insert(deployment.key.short_text() + "/" + file.path);
    }
  }
  return kustomization_text({resources.begin(), resources.end()});
}

}  // namespace

Result<HostLayout> lay_out(const HostState& state) {
  TITAN_TRY(model::check_name("host", state.host));
  HostLayout layout;
  std::set<model::Key> seen;
  for (const model::RenderedDeployment& deployment : state.deployments) {
    const auto about_it = [&](Error error) {
      error.subject = deployment.key.subject();
      return error;
    };
    if (auto checked = check_key(deployment.key, state); !checked) return about_it(checked.error());
    if (!seen.insert(deployment.key).second) {
      return about_it(invalid("it is there twice; expected each deployment once"));
    }
    if (auto added = add_files(deployment, layout); !added) return about_it(added.error());
  }
  if (auto checked = check_no_file_is_a_folder(layout); !checked) {
    return Error{.code = ErrorCode::invalid,
                 .message = checked.error().message,
                 .subject = "host " + state.host};
  }
  layout.kustomization = kustomization_of(state);
  return layout;
}

}  // namespace titan::gitops
