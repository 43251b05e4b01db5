#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace titan::gitops {

constexpr std::string_view kKustomizationFile = "kustomization.yaml";

// Whether kustomize takes a file of this name for a kustomization: kustomization.yaml,
// kustomization.yml, or Kustomization.
bool is_kustomization(std::string_view name);

// Whether a deployment's file belongs into its host's kustomization: its name ends in .yaml or
// .yml, and each of its documents (there is at least one) has `apiVersion:` and `kind:` at the
// start of a line. It is a scan of lines, not a YAML reader, so one broken file cannot take the
// host's others with it. Not listed: files below `root/`, which the files driver places on the
// host, and kustomizations, which cannot be resources of another one.
bool is_kubernetes_file(std::string_view path, std::string_view content);

// The kustomization.yaml of a host (kustomize.config.k8s.io/v1beta1) that lists `resources`,
// which are paths beside it, in the order given; "resources: []" when there are none.
std::string kustomization_text(const std::vector<std::string>& resources);

}  // namespace titan::gitops
