#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gitops/host_state.hpp"

namespace titan::gitops {

// Git keeps of a file's mode only whether it may be executed.
constexpr std::uint32_t kPlainFileMode = 0100644;
constexpr std::uint32_t kExecutableFileMode = 0100755;

struct HostFile {
  std::uint32_t mode = kPlainFileMode;
  std::string_view content = {};  // borrowed from the deployment
};

// The files that hosts/<host>/<workspace>/<deployment>/ holds. Pure.
struct DeploymentLayout {
  std::map<std::string, HostFile> files = {};  // by path inside that folder
  std::vector<std::string> resources = {};     // the paths that kustomizations list, sorted
};

// What has to hold of a state before its files are looked at. invalid, naming the host or the
// deployment: a name that must not stand in a tree, a deployment twice or of another organization,
// or a workspace with a name that a host's own files have (kustomization.hpp).
Result<void> check_host(const HostState& state);

// invalid, naming the deployment: a path that must not stand in a tree, two files at one path, a
// file where another has its folder. exhausted: more than kHostFilesMax files.
// REQUIRES: `deployment` outlives what is returned, unchanged.
Result<DeploymentLayout> lay_out(const model::RenderedDeployment& deployment);

}  // namespace titan::gitops
