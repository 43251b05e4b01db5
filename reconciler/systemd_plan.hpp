#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/rendered.hpp"
#include "reconciler/systemd_units.hpp"

// What a change of a deployment's files means for the units of systemd among them. Pure, and the
// same for the driver `systemd`, which asks systemd how the units are, and for a preview, which
// supposes that they are as they should be. docs/spec/drivers.md, "systemd", has the rules.
namespace titan::reconciler {

using SystemdUnits = std::map<std::string, SystemdUnit>;  // by name

// The files of a deployment before and after. Borrowed.
struct SystemdFiles {
  // What may be there, the oldest first: usually one. Empty: nothing is.
  std::vector<const std::vector<model::RenderedFile>*> before = {};
  const std::vector<model::RenderedFile>* after = nullptr;  // null: the deployment leaves
  // Paths below the host's root that are written or removed, whether or not these files tell.
  std::set<std::string> touched = {};
};

struct SystemdChange {
  SystemdUnits before = {};  // a unit of several sets with the files of all of them
  SystemdUnits after = {};
  // Those after, and those of which there were drop-ins alone; with the files of both sides.
  SystemdUnits units = {};
  std::set<std::string> changed = {};  // of `units`
  bool reload = false;                 // systemd has to read its files anew

  // Whether the unit, one of before, has no file of its own any more: it stops.
  [[nodiscard]] bool leaves(const std::string& name) const;
};

// The errors of systemd_units().
Result<SystemdChange> systemd_change(const SystemdFiles& files);

// Whether a unit runs, as far as who asks can know.
enum class Running : std::uint8_t { no, yes, unknown };

// What is done to units once their files are in place, in this order. By name.
struct SystemdJobs {
  std::vector<std::string> stopped = {};  // services in the way of a socket that is opened anew
  std::vector<std::string> restarted = {};
  std::vector<std::string> restarted_if_running = {};
  std::vector<std::string> started = {};
  bool operator==(const SystemdJobs&) const = default;
};
// Units that did not change and run as they should are in none of these.
SystemdJobs jobs_of(const SystemdChange& change,
                    const std::function<Running(const std::string& unit)>& running);

// What stands for the instances of a template: "app@*.service". A backslash is quoted, as it is in
// patterns.
std::string instances_of(const std::string& name);

}  // namespace titan::reconciler
