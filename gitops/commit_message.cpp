#include "gitops/commit_message.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/text.hpp"

namespace titan::gitops {
namespace {

std::string trailer(std::string_view name, const std::string& value) {
  return std::string(name) + ": " + value + "\n";
}

// "deploy default/prod", "deploy 3, remove 1 deployments", or nothing.
std::string deployments_text(std::span<const ChangedHost> hosts) {
  using List = std::vector<std::string> HostChanges::*;
  constexpr std::array<std::pair<const char*, List>, 3> kVerbs = {
      {{"deploy ", &HostChanges::deployed},
       {"update ", &HostChanges::updated},
       {"remove ", &HostChanges::removed}}};
  std::set<std::string> different;
  std::vector<std::string> counts;
  for (const auto& [verb, list] : kVerbs) {
    std::size_t count = 0;
    for (const ChangedHost& host : hosts) {
      if (host.state.is_gone) continue;
      for (const std::string& name : host.changes.*list) different.insert(verb + name);
      count += (host.changes.*list).size();
    }
    if (count > 0) counts.push_back(verb + std::to_string(count));
  }
  if (different.size() == 1) return *different.begin();
  return counts.empty() ? "" : join(counts, ", ") + " deployments";
}

std::string host_trailers(const ChangedHost& host, const model::Bookmark& bookmark) {
  const HostState& state = host.state;
  std::vector<std::string> changed = host.changes.deployed;
  changed.insert(changed.end(), host.changes.updated.begin(), host.changes.updated.end());
  std::sort(changed.begin(), changed.end());
  std::map<std::string, const model::RenderedDeployment*> by_name;
  for (const model::RenderedDeployment& deployment : state.deployments) {
    std::string name = deployment.key.short_text();
    if (std::binary_search(changed.begin(), changed.end(), name)) {
      by_name.emplace(std::move(name), &deployment);
    }
  }

  std::string text = trailer(kHostTrailer, state.host);
  text += trailer("Titan-Bookmark", bookmark.text());
  for (const std::string& name : changed) {
    const model::RenderedDeployment& deployment = *by_name.at(name);
    text += trailer("Titan-Deployment",
                    deployment.key.text() + "@" + std::to_string(deployment.version));
  }
  for (const std::string& name : host.changes.removed) {
    text += trailer("Titan-Removed", state.organization + "/deployment/" + name);
  }
  text += trailer("Titan-Digest", state.digest.text());
  return text;
}

}  // namespace

std::string commit_subject(std::span<const ChangedHost> hosts) {
  const auto gone = static_cast<std::size_t>(
      std::ranges::count_if(hosts, [](const ChangedHost& host) { return host.state.is_gone; }));
  std::vector<std::string> parts;
  if (std::string text = deployments_text(hosts); !text.empty()) parts.push_back(std::move(text));
  if (gone == hosts.size()) {
    parts.emplace_back(gone == 1 ? "remove the host" : "remove the hosts");
  } else if (gone > 0) {
    parts.push_back("remove " + std::to_string(gone) + (gone == 1 ? " host" : " hosts"));
  }
  if (parts.empty()) {
    const bool all_first =
        std::ranges::all_of(hosts, [](const ChangedHost& host) { return host.changes.first; });
    parts.emplace_back(all_first ? "start without deployments" : "restore the rendered state");
  }
  const std::string who =
      hosts.size() == 1 ? hosts.front().state.host : std::to_string(hosts.size()) + " hosts";
  return who + ": " + join(parts, "; ");
}

std::string commit_message(std::span<const ChangedHost> hosts, const CommitInfo& info) {
  std::string text = commit_subject(hosts) + "\n\n";
  for (const ChangedHost& host : hosts) text += host_trailers(host, info.bookmark);
  return text;
}

}  // namespace titan::gitops
