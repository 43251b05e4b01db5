#pragma once

#include <span>
#include <string>

#include "base/timestamp.hpp"
#include "gitops/host_changes.hpp"
#include "gitops/host_state.hpp"
#include "model/bookmark.hpp"

namespace titan::gitops {

constexpr const char* kHostTrailer = "Titan-Host";

// What a commit says beside its tree and its hosts. The same states, info and parent give the same
// commit id.
struct CommitInfo {
  model::Bookmark bookmark = {};  // how far the states have come
  Timestamp time = {};            // of the server; Git keeps its whole seconds
  std::string author_name = {};   // "titan-agent"
  std::string author_email = {};  // "titan-agent@tim-pi"
};

// A host that a commit changes. Borrows the state.
struct ChangedHost {
  const HostState& state;
  HostChanges changes = {};
};

// The message of a commit: the subject, an empty line, and the trailers of
// docs/spec/git-layout.md, in the form of git-interpret-trailers(1): those of one host behind those
// of another, each host's from its kHostTrailer on. REQUIRES: `hosts` is not empty.
std::string commit_message(std::span<const ChangedHost> hosts, const CommitInfo& info);

// "tim-pi: deploy default/prod"; with several deployments "tim-pi: deploy 3, remove 1 deployments",
// with several hosts "2 hosts: deploy 3, remove 1 deployments". REQUIRES: as above.
std::string commit_subject(std::span<const ChangedHost> hosts);

}  // namespace titan::gitops
