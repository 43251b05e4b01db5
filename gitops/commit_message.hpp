#pragma once

#include <string>

#include "base/digest.hpp"
#include "base/timestamp.hpp"
#include "gitops/host_changes.hpp"
#include "gitops/host_state.hpp"
#include "model/bookmark.hpp"

namespace titan::gitops {

constexpr const char* kHostTrailer = "Titan-Host";

// What a commit says beside its tree. The same state, info and parent give the same commit id.
struct CommitInfo {
  model::Bookmark bookmark = {};  // how far the state has come
  Digest digest = {};             // of the host's whole desired set
  Timestamp time = {};            // of the server; Git keeps its whole seconds
  std::string author_name = {};   // "titan-agent"
  std::string author_email = {};  // "titan-agent@tim-pi"
};

// The message of a commit: the subject, an empty line, and the trailers of
// docs/spec/git-layout.md, in the form of git-interpret-trailers(1).
std::string commit_message(const HostState& state, const HostChanges& changes,
                           const CommitInfo& info);

// "tim-pi: deploy default/prod"; with several deployments "tim-pi: deploy 3, remove 1 deployments".
std::string commit_subject(const std::string& host, const HostChanges& changes);

}  // namespace titan::gitops
