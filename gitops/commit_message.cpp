#include "gitops/commit_message.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"

namespace titan::gitops {
namespace {

std::string trailer(std::string_view name, const std::string& value) {
  return std::string(name) + ": " + value + "\n";
}

}  // namespace

std::string commit_subject(const std::string& host, const HostChanges& changes) {
  struct Part {
    std::string_view verb;
    const std::vector<std::string>& deployments;
  };
  const Part parts[] = {
      {"deploy ", changes.deployed}, {"update ", changes.updated}, {"remove ", changes.removed}};

  std::size_t total = 0;
  std::vector<std::string> counts;
  std::string only;
  for (const Part& part : parts) {
    if (part.deployments.empty()) continue;
    total += part.deployments.size();
    counts.push_back(std::string(part.verb) + std::to_string(part.deployments.size()));
    only = std::string(part.verb) + part.deployments.front();
  }
  if (total == 1) return host + ": " + only;
  if (total > 1) return host + ": " + join(counts, ", ") + " deployments";
  return host + (changes.first ? ": start without deployments" : ": restore the rendered state");
}

std::string commit_message(const HostState& state, const HostChanges& changes,
                           const CommitInfo& info) {
  std::vector<std::string> changed = changes.deployed;
  changed.insert(changed.end(), changes.updated.begin(), changes.updated.end());
  std::sort(changed.begin(), changed.end());
  std::map<std::string, const model::RenderedDeployment*> by_name;
  for (const model::RenderedDeployment& deployment : state.deployments) {
    std::string name = deployment.key.short_text();
    if (std::binary_search(changed.begin(), changed.end(), name)) {
      by_name.emplace(std::move(name), &deployment);
    }
  }

  std::string text = commit_subject(state.host, changes) + "\n\n";
  text += trailer(kHostTrailer, state.host);
  text += trailer("Titan-Bookmark", info.bookmark.text());
  for (const std::string& name : changed) {
    const model::RenderedDeployment& deployment = *by_name.at(name);
    text += trailer("Titan-Deployment",
                    deployment.key.text() + "@" + std::to_string(deployment.version));
  }
  for (const std::string& name : changes.removed) {
    text += trailer("Titan-Removed", state.organization + "/deployment/" + name);
  }
  text += trailer("Titan-Digest", info.digest.text());
  return text;
}

}  // namespace titan::gitops
