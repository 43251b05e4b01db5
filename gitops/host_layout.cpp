#include "gitops/host_layout.hpp"

#include <algorithm>
#include <set>
#include <tuple>

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
  if (is_kustomization(key.workspace)) {
    return invalid("the workspace is named " + quote(key.workspace) +
                   ", as a file that each host has in Git");
  }
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

Result<void> check_no_file_is_a_folder(const DeploymentLayout& layout) {
  for (const auto& [path, file] : layout.files) {
    for (std::size_t end = path.find('/'); end != std::string::npos;
         end = path.find('/', end + 1)) {
      const std::string folder = path.substr(0, end);
      if (!layout.files.contains(folder)) continue;
      return invalid("the path " + quote(folder) + " is both a file and the folder of " +
                     quote(path));
    }
  }
  return {};
}

Result<DeploymentLayout> lay_out_files(const model::RenderedDeployment& deployment) {
  DeploymentLayout layout;
  if (deployment.files.size() > kHostFilesMax) {
    return exhausted("it has more than " + std::to_string(kHostFilesMax) + " files");
  }
  for (const model::RenderedFile& file : deployment.files) {
    TITAN_TRY(model::check_rendered_path(file.path));
    if (!layout.files.emplace(file.path, host_file(file)).second) {
      return invalid("there are two files at the path " + quote(file.path));
    }
    if (is_kubernetes_file(file.path, file.content)) layout.resources.push_back(file.path);
  }
  TITAN_TRY(check_no_file_is_a_folder(layout));
  std::ranges::sort(layout.resources);
  return layout;
}

}  // namespace

Result<void> check_host(const HostState& state) {
  TITAN_TRY(model::check_name("host", state.host));
  // Of so many keys no copies are made, since each commit looks at all of them.
  const auto is_before = [](const model::Key* left, const model::Key* right) {
    return std::tie(left->workspace, left->name) < std::tie(right->workspace, right->name);
  };
  std::set<const model::Key*, decltype(is_before)> seen(is_before);
  const auto check = [&](const model::Key& key) {
    auto checked = check_key(key, state);
    if (checked && !seen.insert(&key).second) {
      checked = invalid("it is there twice; expected each deployment once");
    }
    if (!checked) checked.error().subject = key.subject();
    return checked;
  };
  for (const auto& deployment : state.deployments) TITAN_TRY(check(deployment.key));
  for (const model::Key& key : state.kept) TITAN_TRY(check(key));
  return {};
}

Result<DeploymentLayout> lay_out(const model::RenderedDeployment& deployment) {
  auto layout = lay_out_files(deployment);
  if (!layout) layout.error().subject = deployment.key.subject();
  return layout;
}

}  // namespace titan::gitops
