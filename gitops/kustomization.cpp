#include "gitops/kustomization.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/yaml.hpp"

namespace titan::gitops {
namespace {

// "apiVersion: v1" and "apiVersion:" alone, not "apiVersion:v1", which is no key in YAML.
bool has_key(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return false;
  line.remove_prefix(key.size());
  return line.starts_with(':') && (line.size() == 1 || line[1] == ' ' || line[1] == '\t');
}

bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) && (line.size() == marker.size() || line[marker.size()] == ' ' ||
                                      line[marker.size()] == '\t');
}

// What the lines of one document have shown so far.
struct Document {
  bool empty = true;
  bool api_version = false;
  bool kind = false;

  void see(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == '#') return;
    if (line[0] == '%') return;  // a directive, such as %YAML 1.2
    empty = false;
    api_version = api_version || has_key(line, "apiVersion");
    kind = kind || has_key(line, "kind");
  }
  [[nodiscard]] bool is_object() const { return api_version && kind; }
};

// Whether there are documents, and each is an object of Kubernetes.
bool holds_only_objects(std::string_view content) {
  bool found = false;
  Document document;
  const auto end_document = [&] {
    const Document ended = document;
    document = {};
    found = found || !ended.empty;
    return ended.empty || ended.is_object();
  };
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!is_marker(line, "---") && !is_marker(line, "...")) {
      document.see(line);
    } else if (!end_document()) {
      return false;
    }
  }
  return end_document() && found;
}

}  // namespace

bool is_kustomization(std::string_view name) {
  return name == kKustomizationFile || name == "kustomization.yml" || name == "Kustomization";
}

bool is_kubernetes_file(std::string_view path, std::string_view content) {
  if (!path.ends_with(".yaml") && !path.ends_with(".yml")) return false;
  if (path.starts_with("root/")) return false;
  if (is_kustomization(path.substr(path.rfind('/') + 1))) return false;
  return holds_only_objects(content);
}

std::string kustomization_text(const std::vector<std::string>& resources) {
  const nlohmann::json kustomization = {
      {"apiVersion", "kustomize.config.k8s.io/v1beta1"},
      {"kind", "Kustomization"},
      {"resources", resources},
  };
  return yaml_text(kustomization);
}

}  // namespace titan::gitops
