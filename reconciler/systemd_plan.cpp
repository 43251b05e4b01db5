#include "reconciler/systemd_plan.hpp"

#include <algorithm>
#include <string_view>

namespace titan::reconciler {
namespace {

using Files = std::vector<model::RenderedFile>;
using Paths = std::set<std::string>;

// The placed files by their path below the root.
std::map<std::string, const model::RenderedFile*> placed(const Files* files) {
  std::map<std::string, const model::RenderedFile*> found;
  if (files == nullptr) return found;
  for (const model::RenderedFile& file : *files) {
    if (file.path.starts_with(model::kRootFolder))
      found.emplace(file.path.substr(model::kRootFolder.size()), &file);
  }
  return found;
}

// Every path below the root that the change writes or removes, or that a cut off one may have.
Paths touched_paths(const SystemdFiles& files) {
  Paths touched = files.touched;
  const auto after = placed(files.after);
  if (files.before.empty()) {
    for (const auto& [path, file] : after) touched.insert(path);
  }
  for (const Files* set : files.before) {
    const auto before = placed(set);
    for (const auto& [path, file] : after) {
      const auto old = before.find(path);
      if (old == before.end() || !(*old->second == *file)) touched.insert(path);
    }
    for (const auto& [path, file] : before) {
      if (!after.contains(path)) touched.insert(path);
    }
  }
  return touched;
}

// All that older sets have: a unit of several with the files of all of them, else as in the newest.
Result<SystemdUnits> units_before(const SystemdFiles& files) {
  SystemdUnits all;
  for (const Files* set : files.before) {
    TITAN_ASSIGN(SystemdUnits units, systemd_units(*set));
    for (auto& [name, unit] : units) {
      const auto old = all.find(name);
      if (old != all.end()) {
        unit.files.insert(unit.files.end(), old->second.files.begin(), old->second.files.end());
        if (unit.source.empty()) unit.source = old->second.source;
        if (unit.install.empty()) unit.install = old->second.install;
      }
      all.insert_or_assign(name, unit);
    }
  }
  return all;
}

bool has_touched_file(const SystemdUnit& unit, const Paths& touched) {
  return std::any_of(unit.files.begin(), unit.files.end(),
                     [&](const std::string& path) { return touched.contains(path); });
}

bool is_touched(const SystemdUnit& unit, const Paths& touched) {
  return has_touched_file(unit, touched) ||
         std::any_of(touched.begin(), touched.end(),
                     [&](const std::string& path) { return unit.restarts_on(path); });
}

// A unit that the driver leaves to others restarts only when it runs, if it can at all.
bool may_restart(const SystemdUnit& unit) {
  const std::string type = unit.type();
  return type != "target" && type != "slice" && (!unit.is_oneshot || unit.is_started());
}

}  // namespace

bool SystemdChange::leaves(const std::string& name) const {
  const auto next = after.find(name);
  return next == after.end() || !next->second.is_own();
}

Result<SystemdChange> systemd_change(const SystemdFiles& files) {
  SystemdChange change;
  TITAN_ASSIGN(change.before, units_before(files));
  if (files.after != nullptr) {
    TITAN_ASSIGN(change.after, systemd_units(*files.after));
  }
  change.units = change.after;
  const Paths touched = touched_paths(files);
  for (auto& [name, unit] : change.units) {
    // Drop-ins that are there no more have changed it, too.
    const auto old = change.before.find(name);
    if (old != change.before.end()) {
      unit.files.insert(unit.files.end(), old->second.files.begin(), old->second.files.end());
    }
    if (is_touched(unit, touched)) change.changed.insert(name);
  }
  for (const auto& [name, unit] : change.before) {
    if (change.units.contains(name)) continue;
    change.reload = true;
    if (unit.is_own()) continue;
    change.units.emplace(name, unit);  // its drop-ins are gone, and it is restarted without them
    change.changed.insert(name);
  }
  for (const auto& [name, unit] : change.units) {
    change.reload = change.reload || has_touched_file(unit, touched);
  }
  return change;
}

SystemdJobs jobs_of(const SystemdChange& change,
                    const std::function<Running(const std::string& unit)>& running) {
  SystemdJobs jobs;
  for (const auto& [name, unit] : change.units) {
    const bool restarts = change.changed.contains(name) && may_restart(unit);
    if (unit.is_template) {
      if (restarts) jobs.restarted_if_running.push_back(instances_of(name));
      continue;
    }
    const Running state = running(name);
    if (restarts && unit.is_started()) {
      jobs.restarted.push_back(name);
    } else if (restarts && state != Running::no) {
      jobs.restarted_if_running.push_back(name);
    } else if (unit.is_lasting() && state == Running::no) {
      jobs.started.push_back(name);
    }
    // A socket cannot be opened anew while the service has it.
    if (!restarts || unit.type() != "socket" || state != Running::yes) continue;
    for (const std::string& service : unit.activates) {
      if (running(service) != Running::yes) continue;
      jobs.stopped.push_back(service);
      if (!change.changed.contains(service)) jobs.started.push_back(service);
    }
  }
  return jobs;
}

std::string instances_of(const std::string& name) {
  std::string pattern;
  for (const char c : name) {
    pattern += c;
    if (c == '\\') pattern += c;
    if (c == '@') pattern += '*';
  }
  return pattern;
}

}  // namespace titan::reconciler
