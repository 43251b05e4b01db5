#include "agent/drivers/systemd_driver.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "agent/drivers/limits.hpp"
#include "base/text.hpp"

namespace titan::agent {
namespace {

constexpr std::string_view kRoot = "root/";
constexpr const char* kProperties =
    "--property=Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload";

using Units = std::map<std::string, SystemdUnit>;
using Paths = std::set<std::string>;

// The placed files by their path below the root.
std::map<std::string, const model::RenderedFile*> placed(const Generation* generation) {
  std::map<std::string, const model::RenderedFile*> files;
  if (generation == nullptr) return files;
  for (const model::RenderedFile& file : generation->files) {
    if (file.path.starts_with(kRoot)) files.emplace(file.path.substr(kRoot.size()), &file);
  }
  return files;
}

// Every path below the root that this change writes or removes, or that a cut off one may have.
Paths touched_paths(const DriverChange& change) {
  Paths touched(change.written.begin(), change.written.end());
  touched.insert(change.removed.begin(), change.removed.end());
  const auto after = placed(change.after);
  if (change.before.empty()) {
    for (const auto& [path, file] : after) touched.insert(path);
  }
  for (const Generation* generation : change.before) {
    const auto before = placed(generation);
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

Result<Units> units_of(const Generation* generation) {
  if (generation == nullptr) return Units{};
  return systemd_units(generation->files);
}

// All that older generations have: a unit of several with the files of all of them, else as in the
// newest.
Result<Units> units_before(const DriverChange& change) {
  Units all;
  for (const Generation* generation : change.before) {
    TITAN_ASSIGN(Units units, units_of(generation));
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

bool is_touched(const SystemdUnit& unit, const Paths& touched) {
  const bool own = std::any_of(unit.files.begin(), unit.files.end(),
                               [&](const std::string& path) { return touched.contains(path); });
  return own || std::any_of(touched.begin(), touched.end(),
                            [&](const std::string& path) { return unit.restarts_on(path); });
}

bool is_active(const std::string& active, const std::string& sub) {
  return active == "active" || active == "reloading" ||
         (active == "activating" && sub != "auto-restart");
}

// What stands for the instances of a template: "app@*.service". A backslash is quoted, as it is in
// patterns.
std::string instances_of(const std::string& name) {
  std::string pattern;
  for (const char c : name) {
    pattern += c;
    if (c == '\\') pattern += c;
    if (c == '@') pattern += '*';
  }
  return pattern;
}

// "app.service, db.service and 3 more".
std::string listed(const std::vector<std::string>& units) {
  const auto shown = std::min(units.size(), kUnitsNamedMax);
  std::string text =
      join({units.begin(), units.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ");
  if (units.size() > shown) text += " and " + std::to_string(units.size() - shown) + " more";
  return text;
}

// A unit that this driver leaves to others restarts only when it runs, if it can at all.
bool may_restart(const SystemdUnit& unit) {
  const std::string type = unit.type();
  return type != "target" && type != "slice" && (!unit.is_oneshot || unit.is_started());
}

}  // namespace

SystemdDriver::SystemdDriver(ProcessRunner& runner, Options options)
    : runner_(runner), options_(std::move(options)) {}

Result<void> SystemdDriver::available() {
  if (options_.root != "/") {
    return unavailable("systemd runs the units of \"/\" alone, and this agent's root is " +
                       quote(options_.root));
  }
  std::error_code failed;
  if (!std::filesystem::is_directory(options_.runtime_folder, failed)) {
    return unavailable("systemd does not run: there is no " + options_.runtime_folder);
  }
  OutputTail output(kProgramLineBytesMax);
  Command ask = command("show", {});
  ask.arguments.push_back("--property=Version");
  ask.timeout = kProbeTimeout;
  if (const auto asked = run_to_success(runner_, ask, output); !asked) {
    return unavailable(asked.error().message);
  }
  return {};
}

Result<void> SystemdDriver::check(const Generation& generation) {
  TITAN_ASSIGN(const Units units, systemd_units(generation.files));
  if (!units.empty()) return {};
  return invalid(
      "the driver \"systemd\" needs a unit in root/etc/systemd/system/ or a quadlet in "
      "root/etc/containers/systemd/, and there is none");
}

Command SystemdDriver::command(const std::string& verb, const Names& units) const {
  Command command = {
      .arguments = {options_.program, "--no-ask-password", "--no-pager", verb},
      .environment = options_.environment,
      .clean_environment = true,
      .timeout = options_.timeout,
      .output_bytes_max = kProgramOutputBytesMax,
  };
  if (units.empty()) return command;
  command.arguments.push_back("--");
  command.arguments.insert(command.arguments.end(), units.begin(), units.end());
  return command;
}

Result<void> SystemdDriver::run(const std::string& verb, const Names& units, OutputTail& output) {
  TITAN_TRY(run_to_success(runner_, command(verb, units), output));
  return {};
}

// start, stop and the like: they wait until it is done, and fail for units, which are then named.
Result<void> SystemdDriver::run_jobs(const std::string& verb, const Names& units,
                                     OutputTail& output) {
  if (units.empty()) return {};
  Command jobs = command(verb, units);
  jobs.timeout = options_.start_timeout;
  const auto done = run_to_success(runner_, jobs, output);
  if (done) return {};
  if (done.error().code != ErrorCode::internal) return done.error().context(listed(units));
  return explain(units, done.error(), output);
}

// Which of the units failed, with the end of their logs. The answers are only of use to a person,
// so that it does not matter if there are none.
Error SystemdDriver::explain(const Names& units, Error error, OutputTail& output) {
  const auto states = states_of(units, output);
  if (!states) return error.context(listed(units));
  Names failed;
  for (const auto& [name, state] : *states) {
    if (!is_active(state.active, state.sub)) failed.push_back(name);
  }
  if (failed.empty()) return error.context(listed(units));
  Command status = command("status", {});
  status.arguments.insert(status.arguments.end(), {"--full", "--lines=20", "--"});
  status.arguments.insert(status.arguments.end(), failed.begin(), failed.end());
  static_cast<void>(run_program(runner_, status, output));
  return error.context(listed(failed));
}

Result<SystemdDriver::States> SystemdDriver::states_of(const Names& units, OutputTail& output) {
  if (units.empty()) return States{};
  Command show = command("show", {});
  show.arguments.insert(show.arguments.end(), {kProperties, "--"});
  show.arguments.insert(show.arguments.end(), units.begin(), units.end());
  TITAN_ASSIGN(const Outcome outcome, run_to_success(runner_, show, output, false));
  // A block for each unit in their order, an empty line between; Id differs where one is an alias.
  std::vector<State> blocks;
  bool in_block = false;
  for (const std::string& line : split(outcome.output, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) {
      in_block = false;
      continue;
    }
    if (!in_block) blocks.emplace_back();
    in_block = true;
    const std::string key = line.substr(0, equals);
    std::string value = line.substr(equals + 1);
    if (key == "LoadState") blocks.back().load = std::move(value);
    if (key == "ActiveState") blocks.back().active = std::move(value);
    if (key == "SubState") blocks.back().sub = std::move(value);
    if (key == "UnitFileState") blocks.back().file = std::move(value);
    if (key == "NeedDaemonReload") blocks.back().stale = value == "yes";
  }
  if (blocks.size() != units.size()) {
    return internal("\"systemctl show\" told of " + std::to_string(blocks.size()) +
                    " units when it was asked for " + std::to_string(units.size()));
  }
  States states;
  for (std::size_t i = 0; i < units.size(); ++i) states.emplace(units[i], std::move(blocks[i]));
  return states;
}

Result<void> SystemdDriver::before_files(const DriverChange& change, OutputTail& output) {
  TITAN_ASSIGN(const Units before, units_before(change));
  TITAN_ASSIGN(const Units after, units_of(change.after));
  Names asked;
  Names instances;
  for (const auto& [name, unit] : before) {
    if (!unit.is_own()) continue;
    const auto next = after.find(name);
    const bool leaves = next == after.end() || !next->second.is_own();
    const bool disabled = unit.is_enabled() && (leaves || !next->second.is_enabled());
    if (unit.is_template) {
      if (leaves) instances.push_back(instances_of(name));
    } else if (leaves || disabled) {
      asked.push_back(name);
    }
  }
  TITAN_ASSIGN(const States states, states_of(asked, output));
  Names stopped;
  Names disabled;
  for (const std::string& name : asked) {
    const State& state = states.at(name);
    const auto next = after.find(name);
    const bool leaves = next == after.end() || !next->second.is_own();
    if (leaves && state.active != "inactive" && state.active != "failed") stopped.push_back(name);
    const bool enabled = state.file == "enabled" || state.file == "enabled-runtime";
    if (before.at(name).is_enabled() && enabled) disabled.push_back(name);
  }
  stopped.insert(stopped.end(), instances.begin(), instances.end());
  TITAN_TRY(run_jobs("stop", stopped, output));
  if (!disabled.empty()) TITAN_TRY(run("disable", disabled, output));
  return {};
}

Result<void> SystemdDriver::after_files(const DriverChange& change, OutputTail& output) {
  TITAN_ASSIGN(const Units before, units_before(change));
  TITAN_ASSIGN(Units units, units_of(change.after));
  const Paths touched = touched_paths(change);
  std::set<std::string> changed;
  bool reload = false;
  for (auto& [name, unit] : units) {
    // Drop-ins that are there no more have changed it, too.
    const auto old = before.find(name);
    if (old != before.end()) {
      unit.files.insert(unit.files.end(), old->second.files.begin(), old->second.files.end());
    }
    if (is_touched(unit, touched)) changed.insert(name);
  }
  for (const auto& [name, unit] : before) {
    if (units.contains(name)) continue;
    reload = true;
    if (unit.is_own()) continue;
    units.emplace(name, unit);  // its drop-ins are gone, and it is restarted without them
    changed.insert(name);
  }
  for (const auto& [name, unit] : units) {
    reload = reload || std::any_of(unit.files.begin(), unit.files.end(),
                                   [&](const std::string& path) { return touched.contains(path); });
  }
  if (reload) TITAN_TRY(run("daemon-reload", {}, output));

  Names asked;
  for (const auto& [name, unit] : units) {
    if (!unit.is_template) asked.push_back(name);
  }
  TITAN_ASSIGN(States states, states_of(asked, output));
  // An apply that was cut off may have written files which differ from nothing that is known here.
  const bool unread = std::any_of(states.begin(), states.end(), [&](const auto& entry) {
    return entry.second.stale ||
           (entry.second.load == "not-found" && units.at(entry.first).is_own());
  });
  if (unread && !reload) {
    TITAN_TRY(run("daemon-reload", {}, output));
    TITAN_ASSIGN(states, states_of(asked, output));
  }
  for (const auto& [name, state] : states) {
    const SystemdUnit& unit = units.at(name);
    if (!unit.is_own() || state.load == "loaded") continue;
    if (state.load == "masked") return conflict(name + " is masked on this host");
    if (unit.is_quadlet && state.load == "not-found") {
      return not_found(unit.source + " gave no unit " + name +
                       ": the generator of podman is not installed, or refuses it");
    }
    return invalid("systemd does not load " + name + ": its state is " + quote(state.load));
  }
  TITAN_TRY(enable(units, change, states, output));
  return start(units, changed, states, output);
}

Result<void> SystemdDriver::enable(const Units& units, const DriverChange& change,
                                   const States& states, OutputTail& output) {
  Names enabled;
  Names enabled_anew;
  for (const auto& [name, unit] : units) {
    if (!unit.is_enabled()) continue;
    bool differs = false;
    for (const Generation* generation : change.before) {
      TITAN_ASSIGN(const Units before, units_of(generation));
      const auto old = before.find(name);
      differs = differs || (old != before.end() && old->second.install != unit.install);
    }
    if (differs) {
      enabled_anew.push_back(name);
    } else if (states.at(name).file != "enabled") {
      enabled.push_back(name);
    }
  }
  if (!enabled.empty()) TITAN_TRY(run("enable", enabled, output));
  if (!enabled_anew.empty()) TITAN_TRY(run("reenable", enabled_anew, output));
  return {};
}

Result<void> SystemdDriver::start(const Units& units, const std::set<std::string>& changed,
                                  const States& states, OutputTail& output) {
  Names failed;
  Names stopped;
  Names started;
  Names restarted;
  Names restarted_if_running;
  const auto is_running = [&](const std::string& name) {
    const auto state = states.find(name);
    return state != states.end() && is_active(state->second.active, state->second.sub);
  };
  for (const auto& [name, unit] : units) {
    const bool restarts = changed.contains(name) && may_restart(unit);
    if (unit.is_template) {
      if (restarts) restarted_if_running.push_back(instances_of(name));
      continue;
    }
    if (unit.is_started() && states.at(name).active == "failed") failed.push_back(name);
    if (restarts && unit.is_started()) {
      restarted.push_back(name);
    } else if (restarts && is_running(name)) {
      restarted_if_running.push_back(name);
    } else if (unit.is_lasting() && !is_running(name)) {
      started.push_back(name);
    }
    // A socket cannot be opened anew while the service has it.
    if (!restarts || unit.type() != "socket" || !is_running(name)) continue;
    for (const std::string& service : unit.activates) {
      if (!is_running(service)) continue;
      stopped.push_back(service);
      if (!changed.contains(service)) started.push_back(service);
    }
  }
  // systemd starts nothing that has failed too often until it is told to forget that.
  if (!failed.empty()) TITAN_TRY(run("reset-failed", failed, output));
  if (!stopped.empty()) {
    Command jobs = command("stop", stopped);
    jobs.timeout = options_.start_timeout;
    TITAN_TRY(run_to_success(runner_, jobs, output));
  }
  TITAN_TRY(run_jobs("restart", restarted, output));
  TITAN_TRY(run_jobs("try-restart", restarted_if_running, output));
  return run_jobs("start", started, output);
}

Result<std::vector<std::string>> SystemdDriver::drift(const Generation& generation) {
  TITAN_ASSIGN(const Units units, systemd_units(generation.files));
  Names asked;
  for (const auto& [name, unit] : units) {
    if (unit.is_own() && !unit.is_template) asked.push_back(name);
  }
  OutputTail output(kProgramLineBytesMax);
  TITAN_ASSIGN(const States states, states_of(asked, output));
  std::vector<std::string> texts;
  for (const auto& [name, state] : states) {
    const SystemdUnit& unit = units.at(name);
    if (state.load != "loaded") {
      texts.push_back(name + " is not loaded (" + state.load + ")");
    } else {
      if (unit.is_lasting() && !is_active(state.active, state.sub)) {
        texts.push_back(name + " is not active (" + state.active + ")");
      }
      if (unit.is_enabled() && state.file != "enabled") texts.push_back(name + " is not enabled");
      if (state.stale) texts.push_back(name + " has files that systemd has not read");
    }
  }
  return limited_drift(std::move(texts));
}

}  // namespace titan::agent
