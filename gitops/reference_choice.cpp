#include "gitops/reference_choice.hpp"

#include "base/text.hpp"

namespace titan::gitops {
namespace {

// Behind the name of a tag: what it leads to in the end (gitprotocol-pack(5)).
constexpr std::string_view kPeeled = "^{}";

}  // namespace

std::vector<std::string> references_of(const std::string& name) {
  if (name.empty()) return {"HEAD"};
  if (name.starts_with("refs/")) return {name};
  return {"refs/heads/" + name, "refs/tags/" + name};
}

Error no_reference(const std::string& name) {
  if (name.empty()) return not_found("it has no commit that its HEAD names");
  return not_found("it has no branch and no tag " + quote(name));
}

Result<std::string> commit_of(const Advertisement& advertisement, const std::string& name) {
  const auto& references = advertisement.references;
  for (const std::string& reference : references_of(name)) {
    const auto found = references.find(reference);
    if (found == references.end()) continue;
    const auto peeled = references.find(reference + std::string(kPeeled));
    return peeled == references.end() ? found->second : peeled->second;
  }
  return no_reference(name);
}

std::string object_for(const Advertisement& advertisement, const std::string& commit) {
  std::string tag;
  for (const auto& [name, id] : advertisement.references) {
    if (id != commit) continue;
    if (!name.ends_with(kPeeled)) return commit;
    const auto itself = advertisement.references.find(
        std::string_view(name).substr(0, name.size() - kPeeled.size()));
    if (itself != advertisement.references.end()) tag = itself->second;
  }
  return tag.empty() ? commit : tag;
}

}  // namespace titan::gitops
