#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "model/key.hpp"

namespace titan::reconciler {

// One file on a host, known by its digest.
struct FileState {
  std::string path;  // relative to the host's root
  std::uint32_t mode = 0644;
  Digest digest = {};      // empty: there may be something, but nobody knows what
  std::string owner = {};  // as model::TemplateFile::owner
  bool operator==(const FileState&) const = default;
};

// The files of one deployment on a host. `files` sorted by path.
struct DeploymentFiles {
  model::Key key = {};
  std::vector<FileState> files = {};
  bool operator==(const DeploymentFiles&) const = default;
};

// What to do for one deployment.
struct Step {
  model::Key key = {};
  std::vector<std::string> removals = {};
  std::vector<FileState> writes = {};
  bool leaves = false;  // nothing of the deployment is desired any more
  bool operator==(const Step&) const = default;
};

// A deployment that cannot be applied, and why. It keeps what it has.
struct Refusal {
  model::Key key = {};
  std::string reason = {};
  bool operator==(const Refusal&) const = default;
};

// The removals of all steps come before the writes of any: a path may pass from one deployment to
// another, as a file or as a folder.
struct Plan {
  std::vector<Step> steps = {};  // those that leave come first
  std::vector<Refusal> refusals = {};
};

// The steps from what a host has to what it should have. Pure; an empty plan when they agree.
// - `desired`: what should be there, rendered. `held`: deployments that should be there but of
//   which nobody can say what (they did not render): they keep what they have.
// - `actual`: what is there, as far as the host remembers. A deployment whose apply was cut off
//   lists every path that it may have touched, with an empty digest.
// One writer per path: of two deployments that claim one path, or of which one claims a file
// where the other needs a folder, the one that was there first keeps it (else the smaller key)
// and the other is refused. A path that passes from one deployment to another is not removed.
// All lists are sorted by key, without repeats.
Plan plan(const std::vector<DeploymentFiles>& desired, const std::vector<model::Key>& held,
          const std::vector<DeploymentFiles>& actual);

}  // namespace titan::reconciler
