#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/output_tail.hpp"
#include "base/result.hpp"
#include "model/hooks.hpp"
#include "model/key.hpp"
#include "model/rendered.hpp"

namespace titan::agent {

// One version of one deployment as it was rendered for this host.
struct Generation {
  model::Key key = {};  // of the deployment
  std::uint64_t version = 0;
  Digest digest = {};                           // of the files
  std::vector<model::RenderedFile> files = {};  // sorted by path; secrets' values are not in them
  // Where those of the files lie that Driver::unpacks() asks for, at their paths: an absolute path.
  // Read-only by agreement. Empty: none was asked for. It is there for all generations of a
  // DriverChange from before_files() on, and for drift(); not for check().
  std::string folder = {};
  model::Hooks hooks = {};
};

// A change of what a deployment is on the host. Which files below the host's root the deployment
// has is no matter of drivers, but for the moment of it: the agent places and removes them between
// before_files() and after_files().
struct DriverChange {
  // What may be there, the oldest first: usually the last good one alone. More when an apply was
  // cut off. Empty: nothing is.
  std::vector<const Generation*> before = {};
  const Generation* after = nullptr;  // what shall be there; null: the deployment leaves
  // Paths below the host's root that the agent writes anew or removes, sorted; after a kill also
  // those of the apply that was cut off.
  std::vector<std::string> written = {};
  std::vector<std::string> removed = {};
};

// How rendered files become something that runs. One object for each kind, which serves all
// deployments of it.
//
// All of it is done again after a kill or a power cut, from the start, and may find any part done
// already: every method has to be harmless when it is repeated. None keeps state of its own on the
// host but in what it drives.
//
// Errors: unavailable when trying again later may help (something that it needs is not there yet);
// exhausted (no space, no time); else the deployment cannot be as it is: invalid, denied, conflict,
// not_found, internal. The message says what failed in one sentence; what programs wrote goes to
// `output`. Not for use from several threads.
class Driver {
 public:
  virtual ~Driver() = default;

  // As a template names it: "systemd".
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Whether it can work on this host: its programs are there. unavailable, saying what is missing.
  // May run programs; the agent asks when it starts, not in each step.
  virtual Result<void> available() = 0;

  // Whether it does anything but what the agent does for all: false when before_files(),
  // after_files() and drift() never do, so that nobody has to prepare for them.
  [[nodiscard]] virtual bool acts() const { return true; }
  // Whether the files under `root/` are placed below the host's root.
  [[nodiscard]] virtual bool places_files() const { return true; }
  // Whether the file of the template is wanted in Generation::folder. Hooks are there anyway.
  [[nodiscard]] virtual bool unpacks(std::string_view path) const = 0;

  // Whether the files are of use for this driver, before anything is touched. invalid, naming the
  // file. Runs no programs.
  virtual Result<void> check(const Generation& generation) = 0;

  // Before files are written and removed: stops what will have no files any more.
  virtual Result<void> before_files(const DriverChange& change, OutputTail& output) = 0;
  // After it: starts, restarts and removes, until what runs is what the files say.
  virtual Result<void> after_files(const DriverChange& change, OutputTail& output) = 0;

  // What of the generation is not as after_files() left it, a short sentence each, at most
  // kDriftTextsMax: "mosquitto.service is not active". Files below the host's root are not looked
  // at. Changes nothing.
  virtual Result<std::vector<std::string>> drift(const Generation& generation) = 0;
};

}  // namespace titan::agent
