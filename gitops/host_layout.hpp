#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "gitops/host_state.hpp"

namespace titan::gitops {

// Git keeps of a file's mode only whether it may be executed.
constexpr std::uint32_t kPlainFileMode = 0100644;
constexpr std::uint32_t kExecutableFileMode = 0100755;

struct HostFile {
  std::uint32_t mode = kPlainFileMode;
  std::string_view content = {};  // borrowed from the HostState
};

// The files that hosts/<host>/ holds for a state. Pure.
struct HostLayout {
  // By path inside the host's folder, "<workspace>/<deployment>/…", without kustomization.yaml.
  std::map<std::string, HostFile> files = {};
  std::string kustomization = {};
};

// invalid, naming the deployment: a name or path that must not stand in a tree, two files at one
// path, a file where another has its folder, a deployment twice or of another organization.
// exhausted: more than kHostFilesMax files.
// REQUIRES: `state` outlives what is returned, unchanged.
Result<HostLayout> lay_out(const HostState& state);

}  // namespace titan::gitops
