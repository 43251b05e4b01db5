#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/bookmark.hpp"
#include "model/manifest.hpp"
#include "reconciler/fleet.hpp"

namespace titan::reconciler {

// What changed for one host: which part of what it should have is news, and what it should no
// longer have. Not yet rendered, so it is cheap to make and needs no I/O.
struct HostChanges {
  bool full = false;                                   // the bookmark told nothing: all is news
  std::uint64_t seq = 0;                               // where this stands in the feed
  std::vector<model::DesiredDeployment> changed = {};  // by key
  std::vector<model::Tombstone> tombstones = {};       // by key
  std::vector<model::DesiredDigest> desired = {};      // all of it, by key; unless nothing is new

  [[nodiscard]] bool nothing_new() const { return !full && changed.empty() && tombstones.empty(); }
};

// The host query: labels -> targets -> deployments -> workloads -> templates, compared between
// the bookmark and the fleet's head. A deployment is news when anything that makes its desired
// form differs between the two moments; it is a tombstone when it reached the host then and does
// not now. Without `since`, with one of another epoch, of the future or from before the horizon,
// the answer is full. Asking again with the same bookmark gives the same answer: a repeat is
// harmless. Nothing new is found in constant time, whatever the fleet's size, when no change since
// the bookmark touched the host, or when it was found for that bookmark before; else the cost is
// that of the host's own deployments.
// Several threads may ask at once.
// not_found: the fleet has no such host.
Result<HostChanges> changes_for_host(const Fleet& fleet, std::string_view epoch,
                                     const model::Key& host,
                                     const std::optional<model::Bookmark>& since);

// The digest of all that the host should have now. not_found: the fleet has no such host.
Result<Digest> digest_for_host(const Fleet& fleet, const model::Key& host);

// Gives the digest of what rendering `desired` would give. invalid: it cannot be rendered.
using RenderDigest = std::function<Result<Digest>(const model::DesiredDeployment& desired)>;

// Fills in the rendered digest of a desired deployment, or its error when it cannot be rendered;
// one that has an error already stays as it is. Errors: what `render` gives, but invalid: a
// passing fault must not be told to a host as a property of its deployment.
Result<void> render_digest(model::DesiredDeployment& desired, const RenderDigest& render);

// The manifest that says `changes`. REQUIRES: render_digest() was applied to all that is changed.
model::Manifest manifest_of(std::string_view epoch, const std::string& host, HostChanges changes);

}  // namespace titan::reconciler
